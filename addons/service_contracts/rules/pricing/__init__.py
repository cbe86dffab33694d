"""Price models: how a measured quantity becomes an amount that can explain itself."""

from .curve import Cliff, price_cliffs, price_curve
from .explanation import Rated, Step, recompute, steps_from_json, steps_to_json
from .limits import true_up
from .model import KINDS, TIERED, PriceModel
from .rating import price
from .tiers import Tier
