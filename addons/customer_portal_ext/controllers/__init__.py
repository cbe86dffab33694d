from . import panel
from . import pay
from . import receipts
from . import transfers
