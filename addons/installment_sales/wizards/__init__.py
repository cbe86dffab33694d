from . import installment_comparison
from . import installment_document
from . import installment_payoff
from . import installment_reschedule
