from . import test_fast_posting
from . import test_reservation
from . import test_turnover
