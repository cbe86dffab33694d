from . import test_access
from . import test_panel
from . import test_pay
from . import test_portal_circular
from . import test_service_request
from . import test_support_case
from . import test_tours
from . import test_transfer_report
