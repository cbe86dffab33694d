"""Events: what happened, noted in the transaction in which it happened, and told to whoever asked for it.

Invoices and payments, and the states of contracts and notices where their modules are installed, are watched by
triggers of the database. A billing run writes invoices as rows, past every
method that could be extended, and an extension of posting would send all of them the slow way; a trigger sees each
of them, in the same transaction, whoever wrote it.
"""

import json

from odoo import api, fields, models
from odoo.tools import SQL

from .exchange_event_sql import DROP, EMIT, WATCH, WATCH_STATE

KEEP_DAYS = 90
WATCHED = {'service.contract': 'contract', 'dunning.notice': 'notice', 'installment.plan': 'plan'}
"""Models of other modules whose states are told, and by which noun; a model may say so itself by `_exchange_watch`."""


class ExchangeEvent(models.Model):
    _name = 'exchange.event'
    _description = "Event"
    _order = 'id desc'
    _rec_name = 'event_type'
    _log_access = False  # written by triggers

    event_id = fields.Char("Event ID", required=True, readonly=True, help="Never changes, however often it is sent.")
    event_type = fields.Char("Type", required=True, readonly=True, index=True)
    company_id = fields.Many2one('res.company', required=True, readonly=True, ondelete='cascade', index=True)
    model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference("Record", model_field='model', readonly=True)
    occurred_on = fields.Datetime("Happened", required=True, readonly=True, index=True)
    data = fields.Json(readonly=True, help="What is told of the record; kept from the first sending on.")
    data_text = fields.Text("Content", compute='_compute_data_text')
    delivery_ids = fields.One2many('exchange.delivery', 'event_id', "Deliveries", readonly=True)
    waiting_count = fields.Integer("Waiting", compute='_compute_counts')
    dead_count = fields.Integer("Given up", compute='_compute_counts')

    _once = models.UniqueIndex("(event_id)", "The event is known already.")

    def init(self):
        # The delivery's table may not be there yet: functions name it, and are not run before it is.
        self.env.cr.execute(EMIT)
        self.env.cr.execute(WATCH)
        self.env.cr.execute(WATCH_STATE)

    def _register_hook(self):
        """Watch the states of models that came since: their modules need not know of the exchange."""
        super()._register_hook()
        for name, model in self.env.registry.items():
            noun = getattr(model, '_exchange_watch', WATCHED.get(name))
            if noun and self._can_be_watched(model):
                self._watch(model, noun)

    def _can_be_watched(self, model) -> bool:
        names = [model._fields.get(name) for name in ('state', 'company_id')]
        return not model._abstract and all(field is not None and field.store for field in names)

    def _watch(self, model, noun: str) -> None:
        (known,), = self.env.execute_query(SQL(
            "SELECT count(*) FROM pg_trigger WHERE tgname = 'exchange_state_changed' AND tgrelid = to_regclass(%s)",
            model._table,
        ))
        if not known:
            self.env.cr.execute(SQL(
                """CREATE OR REPLACE TRIGGER exchange_state_changed AFTER UPDATE OF state ON %s FOR EACH ROW
                   WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION exchange_watch_state(%s, %s)""",
                SQL.identifier(model._table), noun, model._name,
            ))

    @api.model
    def _drop_triggers(self) -> None:
        """Take the triggers away, when the module goes."""
        self.env.cr.execute(DROP)

    @api.depends('data')
    def _compute_data_text(self):
        for event in self:
            event.data_text = json.dumps(event.data, indent=2, ensure_ascii=False) if event.data else ''

    def _compute_counts(self):
        groups = self.env['exchange.delivery']._read_group(
            [('event_id', 'in', self.ids), ('state', 'in', ('waiting', 'dead'))], ['event_id', 'state'], ['__count'],
        )
        counts = {(event.id, state): count for event, state, count in groups}
        for event in self:
            event.waiting_count = counts.get((event.id, 'waiting'), 0)
            event.dead_count = counts.get((event.id, 'dead'), 0)

    # === EMIT === #

    @api.model
    def _emit(self, event_type: str, record, payload: dict) -> bool:
        """Note that something happened to a record; it is told once this transaction is committed, or never.

        Other modules call it as ``if (events := self.env.get('exchange.event')) is not None: events._emit(…)``.

        :param event_type: such as ``contract.suspended``; small letters, one dot.
        :param record: one record; its company, else the current one, decides who is told.
        :param payload: what JSON can hold.
        :return: whether anybody asked for it.
        """
        company = record.company_id if 'company_id' in record._fields and record.company_id else self.env.company
        self.env['exchange.webhook.endpoint'].flush_model()
        (made,), = self.env.execute_query(SQL(
            'SELECT exchange_emit(%s, %s, %s, %s, %s::jsonb)',
            company.id, event_type, record._name, record.id, json.dumps(payload, default=str),
        ))
        if made:
            self.invalidate_model(flush=False)
            self.env.ref('accounting_exchange.ir_cron_deliver').sudo()._trigger()  # sudo: wakes the sender
        return bool(made)

    # === CONTENT === #

    def _complete(self) -> None:
        """Fill in what is told of records that triggers noted, once and for good."""
        for model, events in self.filtered(lambda event: not event.data).grouped('model').items():
            records = self.env[model].browse(events.mapped('res_id')).exists() if model in self.env else None
            known = {record.id: record for record in records} if records is not None else {}
            for event in events:
                record = known.get(event.res_id)
                event.data = self._describe(record) if record is not None else {'id': event.res_id, 'deleted': True}

    @api.model
    def _describe(self, record) -> dict:
        """Return what is told of a record; extend it for further models."""
        if record._name == 'account.move':
            return self._jsonable(self.env['exchange.kind.invoices']._row(record))
        if record._name == 'account.payment':
            return self._jsonable(self.env['exchange.kind.payments']._row(record))
        told = {'id': record.id, 'name': record.display_name}
        told |= {name: record[name] or '' for name in ('state', 'external_ref') if name in record._fields}
        if 'partner_id' in record._fields:
            told['partner'] = record.partner_id.ref or ''
        return told

    @api.model
    def _jsonable(self, row: dict) -> dict:
        named = {('id' if name == '_id' else name): value for name, value in row.items()}
        return {
            name: value if isinstance(value, (str, int, bool, type(None))) else str(value)
            for name, value in named.items()
        }

    def _body(self) -> bytes:
        """Return the message as it is sent, the same every time."""
        return json.dumps(self._message(), ensure_ascii=False, sort_keys=True).encode()

    def _message(self) -> dict:
        self.ensure_one()
        return {
            'id': self.event_id,
            'type': self.event_type,
            'sequence': self.id,
            'occurred_at': self.occurred_on.isoformat() + 'Z',
            'company': self.company_id.id,
            'data': self.data,
        }

    # === REPLAY === #

    def action_replay(self) -> bool:
        """Send the events again to every endpoint that asks for them now, with their old ids."""
        self.check_access('read')
        self._check_may_replay()
        deliveries_sudo = self.env['exchange.delivery'].sudo()  # one gate for screens and triggers
        for event in self:
            for endpoint in deliveries_sudo.env['exchange.webhook.endpoint'].search([
                ('company_id', '=', event.company_id.id),
            ]).filtered(lambda endpoint, event=event: endpoint._wants(event.event_type)):
                known = event.sudo().delivery_ids.filtered(
                    lambda delivery, endpoint=endpoint: delivery.endpoint_id == endpoint,
                )
                if known:
                    known._wait_again()
                else:
                    deliveries_sudo.create({'event_id': event.id, 'endpoint_id': endpoint.id})
        self.env.ref('accounting_exchange.ir_cron_deliver').sudo()._trigger()  # sudo: wakes the sender
        return True

    def _check_may_replay(self) -> None:
        self.env['exchange.webhook.endpoint'].check_access('write')

    def action_open_record(self) -> dict:
        """Open the record of the event."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'res_model': self.model, 'res_id': self.res_id, 'view_mode': 'form',
            'views': [(False, 'form')],
        }

    @api.autovacuum
    def _gc_events(self):
        """Forget events of long ago, but those that still wait for an endpoint that works."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=KEEP_DAYS)
        self.search([('occurred_on', '<', limit), ('delivery_ids', 'not any', [
            ('state', '=', 'waiting'), ('endpoint_id.active', '=', True), ('endpoint_id.paused_since', '=', False),
        ])], limit=10_000).unlink()

    # === WORDS === #

    @api.model
    def _address_problem(self, error: Exception, url: str) -> str:
        """Return why an address is not called."""
        sentences = {
            'scheme': lambda: self.env._("The address “%s” must begin with https://.", url),
            'private': lambda: self.env._("The address “%s” lies in a private network. Use a public one.", url),
        }
        code = getattr(error, 'code', '')
        return sentences.get(code, lambda: self.env._("“%s” is no address that can be called.", url))()
