from . import account_statement_wizard
from . import collection_ageing_date
