from . import financing
from . import portal
