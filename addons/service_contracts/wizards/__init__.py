from . import service_contract_change_wizard
from . import service_contract_end
from . import service_contract_pause_wizard
from . import service_contract_remove
from . import service_usage_import
from . import service_allocation_reading_import
from . import service_option_wizard
from . import service_forecast_wizard
