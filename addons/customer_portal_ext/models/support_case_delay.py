"""Answers that will be late: the customer is told before the deadline passes, with the new day and the reason."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..rules.working_days import add_working_days

BATCH = 100


class SupportCaseType(models.Model):
    _inherit = 'support.case.type'

    extension_days = fields.Integer(
        "More working days", default=5, required=True,
        help="What a customer is promised when the answer will be late; never more than the answer had.",
    )

    _extension_positive = models.Constraint(
        'CHECK (extension_days BETWEEN 1 AND 365)', "A late answer takes 1 to 365 working days more.",
    )

    def _late_days(self) -> int:
        """Return the working days that a late answer takes more.

        Colombia (Ley 1755 de 2015, art. 14): at most as many again as the answer had.
        """
        return min(self.extension_days, max(self.working_days, 1))


class SupportCase(models.Model):
    _inherit = 'support.case'

    date_promised = fields.Date("Late, promised for", tracking=True, copy=False,
                                help="The day that the customer is told when the deadline cannot be kept.")
    delay_reason = fields.Char("Why it is late", tracking=True, copy=False, help="The customer reads this.")
    told_late_for = fields.Date(readonly=True, copy=False, help="The day whose passing the customer was told of.")

    @api.constrains('date_promised', 'date_deadline')
    def _check_date_promised(self):
        for case in self:
            if case.date_promised and case.date_promised <= case.date_deadline:
                raise ValidationError(self.env._(
                    "%s: the new day lies after the deadline. Choose a later one.", case.display_name))

    def _due_day(self):
        """Return the day by which the customer waits for the answer."""
        return self.told_late_for and self.date_promised or self.date_deadline

    # === CRON === #

    @api.model
    def _cron_tell_of_delays(self) -> None:
        """Tell customers on the day of the deadline that the answer will be late, each day once."""
        today = fields.Date.context_today(self)
        waiting = Domain('state', 'in', ('new', 'open')) & Domain('date_deadline', '<=', today)
        cases = self.search(waiting).filtered(
            lambda case: case._due_day() <= today and case.told_late_for != case._due_day())
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(cases))
        for start in range(0, len(cases), BATCH):
            for case in (batch := cases[start:start + BATCH]):
                case._tell_of_delay(today)
            if not cron._commit_progress(len(batch)):
                return

    def _tell_of_delay(self, today) -> None:
        """Send the new day and the reason, where staff gave none the days of the kind of case."""
        due = self._due_day()
        if not self.date_promised or self.date_promised <= today:
            self.date_promised = add_working_days(today, self.type_id._late_days(), *self._calendar())
        self.told_late_for = due
        template = self.env.ref('customer_portal_ext.mail_template_case_late')
        self.message_post_with_source(template, subtype_xmlid='mail.mt_comment')
