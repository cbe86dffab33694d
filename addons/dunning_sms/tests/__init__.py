from . import test_account_statement
from . import test_account_statement_run
from . import test_collection_figures
from . import test_dunning_plan
from . import test_collection_worklist
from . import test_statement_page
from . import test_statement_access
