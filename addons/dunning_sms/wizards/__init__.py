from . import account_statement_wizard
from . import collection_ageing_date
from . import dunning_preview
