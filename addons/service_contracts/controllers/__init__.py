from . import contract_list
from . import contract_page
from . import contract_trial
from . import cost_share_page
from . import credit_page
from . import document_access
from . import figures_download
from . import reading_page
