from . import ratio_mixin
from . import installment_cash_week
from . import installment_portfolio
from . import installment_sales_report
