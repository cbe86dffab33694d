"""Documents and workbooks of contracts."""
