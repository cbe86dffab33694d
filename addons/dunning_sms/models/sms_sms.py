"""Ordinary text messages of companies with a gateway go through it, each in a call and a transaction of its own."""

from odoo import api, models


class SmsSms(models.Model):
    _inherit = 'sms.sms'

    def _split_by_api(self):
        others = self.browse()
        for sms in self:
            company = sms._get_sms_company()
            if not company.dunning_gateway_id:
                others |= sms
                continue
            api_of_company = company._get_sms_api_class()(self.env)
            api_of_company._set_company(company)
            yield api_of_company, sms
        if others:
            yield from super(SmsSms, others)._split_by_api()

    @api.model
    def _process_queue(self):
        """Work off the messages of companies with a gateway one by one, then leave the rest to the queue."""
        domain = [('state', '=', 'outgoing'), ('to_delete', '!=', True)]
        if self.env['res.company'].sudo().search_count([('dunning_gateway_id', '!=', False)], limit=1):
            for sms in self.search(domain, order='id', limit=self._get_send_batch_size()):
                if sms._get_sms_company().dunning_gateway_id:
                    sms.send(unlink_failed=False, unlink_sent=True)
                    self.env['ir.cron']._commit_progress(1)
        return super()._process_queue()
