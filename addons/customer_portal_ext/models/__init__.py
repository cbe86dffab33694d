from . import account_move_line
from . import account_move_line_pay
from . import payment_transaction
from . import res_company
from . import res_config_settings
from . import res_partner
from . import transfer_report
from . import transfer_report_form
