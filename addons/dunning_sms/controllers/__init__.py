from . import statement_workbook
from . import collection_workbook
