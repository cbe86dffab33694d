from . import test_car_insurance
from . import test_refrigerator
from . import test_school_course
from . import test_travel_plan
from . import test_school_year
from . import test_telephone
from . import test_statement_of_contracts
