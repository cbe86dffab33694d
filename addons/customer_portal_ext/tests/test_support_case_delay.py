"""Answers that are late: the customer hears of it on the day of the deadline, once a day that passes."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PanelPageCase


@tagged('post_install', '-at_install')
class TestSupportCaseDelay(PanelPageCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls.env['support.case'].create({
            'subject': "Slow", 'description': "Slow.", 'partner_id': cls.customer.id, 'company_id': cls.company.id,
            'type_id': cls.env.ref('customer_portal_ext.case_type_request').id, 'date_received': '2026-02-24',
        })

    def _told(self):
        with self.enter_registry_test_mode():
            self.env.ref('customer_portal_ext.ir_cron_tell_of_delays').method_direct_trigger()
        return self.case.message_ids.filtered(lambda message: "takes longer" in (message.subject or ''))

    def test_the_customer_is_told_of_the_new_day_once(self):
        """I14: ten working days from 24 February end on 10 March; five more on 17 March."""
        self.assertEqual(str(self.case.date_deadline), '2026-03-10')
        self._told()
        told = self._told()
        self.assertEqual(len(told), 1)
        self.assertIn("03/17/2026", told.body)
        self.authenticate('ana', 'ana')
        self.assertIn("It takes longer", self.url_open(self.case.access_url).text)

    def test_the_customer_is_told_again_when_the_promised_day_passes(self):
        self.case.write({'date_promised': '2026-03-12', 'delay_reason': "The technician is ill."})
        self.assertIn("technician is ill", self._told().body)
        self.assertEqual(str(self.case.date_promised), '2026-03-12')
        self.case.date_received = '2026-02-10'
        self.case.date_promised = '2026-03-09'
        self.assertEqual(len(self._told()), 2)
        self.assertEqual(str(self.case.date_promised), '2026-03-17')

    def test_who_has_an_answer_or_time_left_is_not_told(self):
        self.case.date_received = '2026-02-25'
        self.assertFalse(self._told())
        self.case.date_received = '2026-02-01'
        self.case.action_close()
        self.assertFalse(self._told())

    def test_the_new_day_lies_after_the_deadline_and_a_kind_takes_no_more_than_it_had(self):
        with self.assertRaisesRegex(ValidationError, "later one"):
            self.case.date_promised = '2026-03-10'
        self.case.type_id.extension_days = 11
        self.assertEqual(self.case.type_id._late_days(), 10)
