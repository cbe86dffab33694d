"""What installment sales decide, in plain Python: no database, no clock, no Odoo."""
