from . import test_billing_entry
from . import test_billing_run
from . import test_fast_posting
