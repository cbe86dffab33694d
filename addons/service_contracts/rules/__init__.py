"""The rules of service contracts: plain values in, plain decisions out, no Odoo and no clock."""
