from . import cases
from . import circulars
from . import help
from . import panel
from . import pay
from . import receipts
from . import transfers
