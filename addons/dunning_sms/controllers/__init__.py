from . import gateway_calls
from . import reminder_pages
from . import statement_workbook
from . import collection_workbook
from . import statement_page
