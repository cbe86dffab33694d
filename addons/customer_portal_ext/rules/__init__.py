"""Decisions of the customer panel, without Odoo, clock or database."""
