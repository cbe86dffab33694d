from . import choice
from . import financing
from . import plan_card
from . import plan_list
from . import plan_page
from . import portal
