"""What a plan tells its customer on the portal, and the documents that are kept with it."""

from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 10


class InstallmentPlan(models.Model):
    _inherit = 'installment.plan'

    agreement_id = fields.Many2one(
        'ir.attachment', "Agreement as PDF", readonly=True, copy=False, ondelete='set null',
        help="The agreement as it was when it was made.",
    )
    document_ids = fields.Many2many(
        'ir.attachment', 'installment_plan_document_rel', string="Documents", readonly=True, copy=False,
        help="Kept with the agreement; the customer reads them on the portal.",
    )

    def _compute_access_url(self):
        super()._compute_access_url()
        for plan in self:
            plan.access_url = f'/my/installments/{plan.id}'

    # === NEXT PAYMENT === #

    def _portal_pay_url(self) -> str:
        """Return where the next open invoice of the plan is paid, '' if nothing is to be paid now."""
        self.ensure_one()
        due = self._invoices_to_pay().sorted(lambda move: (move.invoice_date_due or move.date, move.id))[:1]
        return due.get_portal_url(query_string='&payment=True') if due else ''

    def _portal_next_line(self):
        """Return the installment that is paid next, maybe none."""
        return self.line_ids.filtered('amount_residual').sorted('date_maturity')[:1]

    def _ask_for_payoff(self, day) -> None:
        """Tell the responsible person that the customer wants to end the plan; one open request at a time."""
        summary = self.env._("The customer wants to pay off %s", self.name)
        if self.activity_ids.filtered(lambda activity: activity.summary == summary):
            return
        self.activity_schedule(
            'mail.mail_activity_data_todo', user_id=(self.user_id or self.env.ref('base.user_admin')).id,
            summary=summary, note=self.env._("Asked on the portal for %s.", day),
        )

    # === DOCUMENTS === #

    def _keep_document(self, attachments) -> None:
        """Keep documents with the plan, where the customer reads them."""
        attachments.write({'res_model': self._name, 'res_id': self.id})
        self.document_ids |= attachments

    @api.model
    def _agreement_domain(self) -> Domain:
        return Domain('agreement_id', '=', False) & Domain('state', '=', 'active')

    @api.model
    def _cron_keep_agreements(self):
        """Keep the PDF of every new agreement; making it takes a second, so not while the customer waits."""
        cron, last = self.env['ir.cron'], 0
        cron._commit_progress(remaining=self.search_count(self._agreement_domain()))
        while plans := self.search(self._agreement_domain() & Domain('id', '>', last), order='id', limit=BATCH):
            last = plans[-1].id
            for plan in plans.try_lock_for_update(allow_referencing=True).filtered_domain(self._agreement_domain()):
                plan._keep_agreement()
            if not cron._commit_progress(len(plans)):
                return

    def _keep_agreement(self) -> None:
        report = self.env['ir.actions.report']
        content, _kind = report._render_qweb_pdf('installment_sales.installment_plan_report_action', self.ids)
        self.agreement_id = self.env['ir.attachment'].create({
            'name': f'{self._get_report_base_filename()}.pdf'.replace('/', '-'),
            'raw': content, 'mimetype': 'application/pdf', 'res_model': self._name, 'res_id': self.id,
        })
