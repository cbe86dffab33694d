from . import test_reservation
from . import test_turnover
