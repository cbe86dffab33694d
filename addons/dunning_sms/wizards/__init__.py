from . import account_statement_wizard
