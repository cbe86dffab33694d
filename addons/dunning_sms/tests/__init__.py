from . import test_account_statement
from . import test_account_statement_run
