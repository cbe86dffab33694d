"""Mails of the outbox: made for a whole batch at once, handed over one by one, kept as Odoo's own mails.

Nothing is worked out between the word that a mail is being handed over and the call itself: the time in which
a dead sender leaves a doubt is as short as the call.
"""

from __future__ import annotations

import logging
import smtplib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup
from odoo import models
from odoo.addons.base.models.ir_mail_server import MailDeliveryException
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from ..rules import outbox
from ..rules.outbox import Outcome
from .dunning_gate import DUNNING_GATE

_logger = logging.getLogger(__name__)
PASSING = (SerializationFailure, DeadlockDetected, LockNotAvailable)
"""Errors that go away when the transaction is tried again."""


@dataclass
class ReadyMail:
    """A mail that only has to be handed over; or the `outcome` for one that could not be made."""

    mail: Any = None
    through: Any = None
    server_id: int = 0
    smtp_from: str = ''
    message: Any = None
    outcome: Outcome | None = None


class DunningMailer(models.AbstractModel):
    _name = 'dunning.mailer'
    _description = "Reminder Mailer"

    # === MAKE === #

    def _make(self, deliveries) -> dict[int, ReadyMail]:
        """Return by message its mail, ready to be handed over; one that cannot be made holds up no other."""
        if not deliveries:
            return {}
        try:
            with self.env.cr.savepoint():
                return self._made(deliveries)
        except PASSING:
            raise
        except Exception as error:  # whatever a text or an override does; nothing was handed over
            if len(deliveries) == 1:
                _logger.exception("The mail of message %s could not be made", deliveries.id)
                return {deliveries.id: ReadyMail(outcome=Outcome('later', type(error).__name__))}
        return {key: ready for delivery in deliveries for key, ready in self._make(delivery).items()}

    def _made(self, deliveries) -> dict[int, ReadyMail]:
        Mail = self.env['mail.mail'].sudo().with_context(dunning_gate=DUNNING_GATE)  # the scheduler's own mails
        mails = Mail.create([self._prepare_mail_vals(delivery) for delivery in deliveries])
        owners = dict(zip(mails.ids, deliveries, strict=True))
        result = {}
        for server_id, alias_id, smtp_from, mail_ids in mails._split_by_mail_configuration():
            for mail in Mail.browse(mail_ids):
                owners[mail.id]._passed().mail_id = mail
                result[owners[mail.id].id] = self._built(mail, server_id, alias_id, smtp_from)
        self.env.flush_all()
        return result

    def _prepare_mail_vals(self, delivery) -> dict:
        """Return the mail of a message; override to change its frame, sender or headers."""
        company, notice = delivery.company_id, delivery.notice_id
        link = notice._link(company.get_base_url(), notice.id, 'o')
        body = self.env['ir.qweb'].with_context(lang=delivery.lang)._render('dunning_sms.dunning_mail_frame', {
            'body': Markup(delivery.body), 'company': company, 'opt_out_link': link, 'lang': delivery.lang,
        }, minimal_qcontext=True)
        headers = {'X-Auto-Response-Suppress': 'OOF'}
        if urlsplit(link).scheme == 'https':
            headers |= {'List-Unsubscribe': f'<{link}>', 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click'}
        return {
            'subject': delivery.subject, 'body_html': body, 'email_to': delivery.recipient,
            'email_from': company.dunning_email_from or company.email_formatted or self.env.user.email_formatted,
            'reply_to': company.email_formatted or False, 'message_id': delivery.message_id,
            'model': 'res.partner', 'res_id': delivery.partner_id.id, 'auto_delete': False, 'state': 'outgoing',
            'headers': repr(headers), 'dunning_delivery_id': delivery.id, 'message_type': 'email_outgoing',
        }

    def _built(self, mail, server_id: int, alias_id: int, smtp_from: str) -> ReadyMail:
        """Return one mail as it goes over the wire, built the way Odoo builds its own."""
        server = self.env['ir.mail_server'].sudo().browse(server_id)
        if server and not mail._filter_mail_mail_servers(server):
            return ReadyMail(mail, outcome=Outcome('refused', 'mail server not allowed'))
        email = mail._prepare_outgoing_list(mail_server=server or mail.mail_server_id)[0]
        through = self.env['ir.mail_server'].with_context(send_validated_to=email.get('email_to_normalized', []))
        alias = self.env['mail.alias.domain'].sudo().browse(alias_id)
        through = through.with_context(  # worked out here, and not between the word and the call
            domain_notifications_email=alias.default_from_email or through._get_default_from_address(),
            domain_bounce_address=email['headers'].get('Return-Path') or alias.bounce_email
            or through._get_default_bounce_address(),
        )
        message = through._build_email__(
            email_from=mail.email_from, email_to=email['email_to'], subject=email['subject'], body=email['body'],
            body_alternative=email['body_alternative'], email_cc=email['email_cc'], reply_to=email['reply_to'],
            attachments=email['attachments'], message_id=email['message_id'], references=email['references'],
            object_id=email['object_id'], subtype='html', subtype_alternative='plain', headers=email['headers'],
        )
        return ReadyMail(mail, through, server_id, smtp_from, message)

    # === HAND OVER === #

    def _hand_over(self, ready: ReadyMail, sessions: dict) -> Outcome:
        """Give one mail to its server and return what became of it."""
        if ready.outcome:
            return ready.outcome
        try:
            session = self._session(sessions, ready.server_id, ready.smtp_from)
        except Exception as error:  # no connection, no login: nothing was handed over
            return Outcome('later', f'{type(error).__name__}', state='down')
        try:
            reference = ready.through.send_email(
                ready.message, mail_server_id=ready.server_id, smtp_session=session)
        except AssertionError as error:  # Odoo's word for an address that is none
            return Outcome('refused', str(error)[:200])
        except (smtplib.SMTPServerDisconnected, MailDeliveryException, OSError) as error:
            sessions.pop((ready.server_id, ready.smtp_from), None)
            return self._outcome(error)
        return Outcome('accepted', reference=reference or '')

    def _outcome(self, error: Exception) -> Outcome:
        cause = error.__context__ if isinstance(error, MailDeliveryException) else error
        if isinstance(cause, smtplib.SMTPRecipientsRefused) and cause.recipients:
            return outbox.smtp_outcome(next(iter(cause.recipients.values()))[0], True, True)
        if isinstance(cause, smtplib.SMTPResponseException):
            return outbox.smtp_outcome(cause.smtp_code, True, True)
        if isinstance(error, MailDeliveryException) and cause is None:
            return Outcome('refused', str(error)[:200])
        return outbox.smtp_outcome(None, True, True)

    def _session(self, sessions: dict, server_id: int, smtp_from: str):
        if (server_id, smtp_from) not in sessions:
            # sudo: mail servers and their passwords are for administrators only
            sessions[server_id, smtp_from] = self.env['ir.mail_server'].sudo()._connect__(
                mail_server_id=server_id, smtp_from=smtp_from)
        return sessions[server_id, smtp_from]

    def _close_sessions(self, sessions: dict) -> None:
        for session in sessions.values():
            try:
                if session:
                    session.quit()
            except (smtplib.SMTPException, OSError):
                continue

    # === KEEP === #

    def _keep(self, made: dict[int, ReadyMail], outcomes: dict[int, Outcome]) -> None:
        """Write down in Odoo's mails what became of a batch; those nobody handed over leave no trace."""
        sent, unused = self.env['mail.mail'].sudo(), self.env['mail.mail'].sudo()
        for delivery_id, ready in made.items():
            outcome = outcomes.get(delivery_id)
            if not ready.mail:
                continue
            if outcome is None:
                unused |= ready.mail
            elif outcome.kind == 'accepted':
                sent |= ready.mail
            else:
                ready.mail.write({'state': 'cancel', 'failure_reason': outcome.reason})
        sent.write({'state': 'sent'})
        sent._postprocess_sent_message(success_pids=[], success_emails=sent.mapped('email_to'))
        unused.unlink()
