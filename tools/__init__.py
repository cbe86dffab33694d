"""What ./run, ./test and ./bench share: get Odoo, start PostgreSQL, build a database."""
