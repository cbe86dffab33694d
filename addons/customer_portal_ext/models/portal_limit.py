"""How often the same address or user may send a form, so that nobody floods the office or its mail (G13)."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import hmac

LIMIT, WINDOW = 30, timedelta(minutes=10)
"""So many forms of a kind in so long a time."""
KEPT = timedelta(days=1)


class PortalLimitHit(models.Model):
    _name = 'portal.limit.hit'
    _description = "Form Sent"
    _order = 'id'
    _log_access = False

    key = fields.Char(required=True, help="The form and who sent it, not to be read back.")
    sent_at = fields.Datetime(required=True)

    _key_sent_at = models.Index('(key, sent_at)')

    @api.model
    def _count(self, form: str, senders: list[str], limit: int = LIMIT) -> bool:
        """Count a form for each of its senders (address, user); False if one of them sent too many.

        It is counted on a cursor of its own, so that a rollback of the request does not forget it.
        """
        env = self.env(su=True)
        keys = [hmac(env, 'portal-limit', f'{form} {sender}')[:32] for sender in senders]
        with env.registry.cursor() as cr:
            cr.execute(SQL(
                "SELECT count(*) FROM portal_limit_hit WHERE key = ANY(%s) AND sent_at > now() AT TIME ZONE 'UTC' - %s"
                " GROUP BY key ORDER BY 1 DESC LIMIT 1", keys, WINDOW))
            sent = cr.fetchone()
            if sent and sent[0] >= limit:
                return False
            cr.execute(SQL(
                "INSERT INTO portal_limit_hit (key, sent_at) SELECT unnest(%s), now() AT TIME ZONE 'UTC'", keys))
        return True

    @api.autovacuum
    def _gc_hits(self):
        self.search([('sent_at', '<', fields.Datetime.now() - KEPT)]).unlink()
