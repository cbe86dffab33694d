from . import installment_stock_turnover
