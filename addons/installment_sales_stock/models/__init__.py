from . import installment_plan
from . import installment_terms
from . import sale_order
from . import stock_move
from . import stock_picking
