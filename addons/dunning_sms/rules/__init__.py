"""The rules of reminders and collection: plain values in, plain decisions out, no Odoo and no clock."""
