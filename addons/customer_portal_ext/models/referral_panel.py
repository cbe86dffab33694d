"""What a referrer sees: the own link, who joined by a first name only, and what was earned and is on its way.

Earnings are shown by month and never by customer: what a friend pays is not the referrer's to know.
"""

from odoo import api, fields, models

FRIENDS = 50
MONTHS = 24


class ReferralCode(models.Model):
    _inherit = 'referral.code'

    def _panel_values(self) -> dict:
        """Return what the page of a referrer shows.

        :return: ``friends`` (rows of ``name``, ``joined``, ``counts``), ``months`` (rows of ``month``, ``amount``),
            and the sums ``earned``, ``pending``, ``open`` (approved, not paid out) and ``paid``.
        """
        self.ensure_one()
        sums = self._sums_by_state()
        return {
            'friends': [referral._panel_row() for referral in self.referral_ids[:FRIENDS]],
            'months': self._sums_by_month(), 'pending': sums.get('waiting', 0.0),
            'open': sums.get('approved', 0.0), 'paid': sums.get('paid', 0.0), 'earned': sum(sums.values()),
        }

    def _own_domain(self) -> list:
        return [('partner_id', '=', self.partner_id.id), ('programme_id', '=', self.programme_id.id),
                ('state', 'not in', ('none', 'refused'))]

    def _sums_by_state(self) -> dict[str, float]:
        return dict(self.env['referral.commission']._read_group(self._own_domain(), ['state'], ['amount:sum']))

    def _sums_by_month(self) -> list[dict]:
        rows = self.env['referral.commission']._read_group(
            self._own_domain(), ['date:month'], ['amount:sum'], order='date:month desc', limit=MONTHS)
        return [{'month': month, 'amount': amount} for month, amount in rows]

    @api.model
    def _offer_for(self, partner, company) -> dict:
        """Return what pages offer a customer: the programme of the company, and the own code if there is one."""
        return {'programme': self.env['referral.programme']._offered(company),
                'code': self._of_customer(partner, company)}


class ReferralReferral(models.Model):
    _inherit = 'referral.referral'

    def _panel_row(self) -> dict:
        """Return what a referrer may know: a first name, or the initial of a company, and the month of joining."""
        words = (self.partner_id.name or '').split()
        name = (f'{words[0][0]}.' if self.partner_id.is_company else words[0]) if words else '…'
        return {'name': name, 'counts': self.state == 'active',
                'joined': fields.Date.start_of(self.date_joined, 'month')}
