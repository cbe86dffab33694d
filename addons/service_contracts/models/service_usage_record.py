"""Usage records: what was measured, at which moment, for which service; taken in bulk, each exactly once."""

from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from .usage_intake import RefusedRecord, UsageIntake, UsageRow

ITEM_LIMIT = 10_000
LIMIT = 10**12


class ServiceUsageRecord(models.Model):
    _name = 'service.usage.record'
    _description = "Usage Record"
    _order = 'moment desc, id desc'
    _rec_name = 'external_ref'
    _log_access = False  # millions of rows that never change

    meter_id = fields.Many2one('service.meter', required=True, readonly=True, ondelete='restrict')
    contract_line_id = fields.Many2one(
        'service.contract.line', "Service", required=True, readonly=True, ondelete='restrict',
    )
    contract_id = fields.Many2one(related='contract_line_id.contract_id')
    partner_id = fields.Many2one(related='contract_line_id.partner_id')
    company_id = fields.Many2one(related='contract_line_id.company_id')
    unit = fields.Char(related='meter_id.unit')
    moment = fields.Datetime(required=True, readonly=True, help="When it was used; kept in UTC.")
    quantity = fields.Float(digits=(18, 6), required=True, readonly=True, default=1.0)
    key = fields.Char(readonly=True, help="What meters of different keys count, such as a user or a device.")
    external_ref = fields.Char(
        "Reference", required=True, readonly=True, help="Unique for the meter: sent twice, a record counts once.",
    )
    late_state = fields.Selection(
        [('open', "Late, to be settled"), ('settled', "Late, settled")], "Late", readonly=True,
        help="Of a record whose period was billed before it came.",
    )
    received_on = fields.Datetime("Received", required=True, readonly=True, default=fields.Datetime.now)

    _external_ref_is_unique = models.UniqueIndex(
        "(meter_id, external_ref)", "The meter has a record with this reference already.",
    )
    _by_line_and_moment = models.Index("(contract_line_id, moment)")
    _late = models.Index("(contract_line_id) WHERE late_state = 'open'")
    # PostgreSQL takes NaN for greater than every number, so the upper bound keeps it and infinity out.
    _quantity_in_range = models.Constraint(
        f'CHECK (quantity > -{LIMIT} AND quantity < {LIMIT})',
        "A quantity is a finite number below one million million.",
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Take records typed in by hand: the same checks as for those of other systems."""
        intake = UsageIntake(self.env, [_item(vals) for vals in vals_list])
        rows = []
        for vals in vals_list:
            try:
                rows.append(intake.row(_item(vals)))
            except RefusedRecord as error:
                raise ValidationError(str(error)) from error
        records = super().create([_vals(row) for row in rows])
        self._stamp(intake.due_line_ids)
        self._announce_late({row.line_id for row in rows if row.is_late})
        return records

    def write(self, vals):
        raise UserError(self.env._(
            "Usage records stay as they came. Send another one with the difference as its quantity.",
        ))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._(
            "Usage records stay as they came. Send another one with the difference as its quantity.",
        ))

    # === REMOTE === #

    @api.model
    def send_usage(self, records: list[dict], partial: bool = True) -> dict:
        """Take usage records of the current company; safe to repeat, since a known reference changes nothing.

        :param records: at most 10,000 objects with

            * ``external_ref``: text of at most 200 characters, unique for the meter
            * ``meter``: code or database id of the meter
            * ``contract``: external reference, number or database id of the contract; or ``line``: database id
              of the contracted service
            * ``moment``: when it was used, ``YYYY-MM-DD HH:MM:SS`` in UTC (a time with offset is converted);
              not in the future
            * ``quantity``: finite number below 10^12, 1 if left out; a negative one takes usage back
            * ``key``: text that a meter of different keys counts

        :param partial: true takes the good ones and tells of the others; false takes all or none.
        :return: ``new`` and ``known`` (numbers of records), and ``refused``: objects with ``place`` (from 1),
            ``external_ref`` and ``reason`` (a sentence). With ``partial`` false and anything refused, ``new`` and
            ``known`` are 0 and nothing was taken.
        :raises UserError: if records is no list of at most 10,000.
        :raises AccessError: without the role Contracts: Integrator or Contracts: Manager.
        """
        self._check_remote_access()
        if not isinstance(records, list) or len(records) > ITEM_LIMIT:
            raise UserError(self.env._("“records” must be a list of at most %s objects.", ITEM_LIMIT))
        if not isinstance(partial, bool):
            raise UserError(self.env._("“partial” must be true or false."))
        rows, refused, due_line_ids = self._check_items(records)
        if refused and not partial:
            return {'new': 0, 'known': 0, 'refused': refused}
        self._stamp(due_line_ids)
        new = self._insert(rows)
        return {'new': new, 'known': len(rows) - new, 'refused': refused}

    def _check_remote_access(self) -> None:
        groups = ('service_contracts.group_contract_integrator', 'service_contracts.group_contract_manager')
        if not self.env.su and not any(self.env.user.has_group(group) for group in groups):
            raise AccessError(self.env._("Usage records need the role Contracts: Integrator or Contracts: Manager."))

    def _check_items(self, items: list) -> tuple[list[UsageRow], list[dict], set[int]]:
        """Return the records to be stored, what is wrong with the others, and the services that may be billed now."""
        intake = UsageIntake(self.env, items)
        rows, refused = [], []
        for place, item in enumerate(items, 1):
            try:
                rows.append(intake.row(item))
            except RefusedRecord as error:
                ref = item.get('external_ref') if type(item) is dict else None
                refused.append({
                    'place': place, 'external_ref': ref[:200] if type(ref) is str else '', 'reason': str(error),
                })
        return rows, refused, intake.due_line_ids

    # === BUSINESS === #

    @api.model
    def _insert(self, rows: list[UsageRow]) -> int:
        """Store records that passed the checks, leave out those whose reference is known, return how many are new."""
        if not rows:
            return 0
        # SQL because one statement takes a whole batch, and the unique index decides what is known
        (count, late_ids), = self.env.execute_query(SQL(
            """
            WITH new AS (
                INSERT INTO service_usage_record (
                    meter_id, contract_line_id, moment, quantity, key, external_ref, late_state, received_on)
                SELECT meter_id, line_id, moment, round(quantity, 6), key, ref, late, %s
                  FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::numeric[], %s::text[], %s::text[], %s::text[])
                    AS v (meter_id, line_id, moment, quantity, key, ref, late)
                ON CONFLICT (meter_id, external_ref) DO NOTHING
                RETURNING contract_line_id, late_state
            )
            SELECT count(*), array_agg(DISTINCT contract_line_id) FILTER (WHERE late_state = 'open') FROM new
            """,
            fields.Datetime.now(), *_columns(rows),
        ))
        self.invalidate_model(flush=False)
        self._announce_late(set(late_ids or ()))
        return count

    @api.model
    def _stamp(self, line_ids: set[int]) -> None:
        """Touch services whose period is over: a run that is billing it at this moment has to look again.

        Both write the service; whoever comes second is told by PostgreSQL to start anew.
        """
        if line_ids:
            self.env.cr.execute(
                'UPDATE service_contract_line SET usage_stamp = %s WHERE id = ANY(%s)',
                (fields.Datetime.now(), sorted(line_ids)),
            )

    @api.model
    def _announce_late(self, line_ids: set[int]) -> None:
        """Let billing know of services with late usage."""
        # sudo: whoever sends usage, the correction follows from the agreed policy
        lines_sudo = self.env['service.contract.line'].sudo().browse(sorted(line_ids))
        for company, lines in lines_sudo.filtered(lambda line: not line.late_usage_on).grouped('company_id').items():
            lines.late_usage_on = company._service_today()

    @api.model
    def _settle_late(self, lines) -> None:
        """Note that the late usage of services has been billed."""
        self.env.cr.execute(
            """UPDATE service_usage_record SET late_state = 'settled'
                WHERE late_state = 'open' AND contract_line_id = ANY(%s)""", (lines.ids,),
        )
        self.invalidate_model(['late_state'], flush=False)
        lines.late_usage_on = False


def _item(vals: dict) -> dict:
    """Return a record of the ORM as an object that was sent."""
    moment = vals.get('moment')
    return {
        'external_ref': vals.get('external_ref'),
        'meter': vals.get('meter_id') or None,
        'line': vals.get('contract_line_id') or None,
        'moment': fields.Datetime.to_datetime(moment) if isinstance(moment, date) else moment,
        'quantity': vals.get('quantity', 1.0),
        'key': vals.get('key') or None,
    }


def _vals(row: UsageRow) -> dict:
    return {
        'meter_id': row.meter_id, 'contract_line_id': row.line_id, 'moment': row.moment, 'quantity': row.quantity,
        'key': row.key, 'external_ref': row.external_ref, 'late_state': 'open' if row.is_late else False,
    }


def _columns(rows: list[UsageRow]) -> tuple:
    """Return the rows as one array literal a column: PostgreSQL reads these faster than as many values."""
    return (
        _array(str(row.meter_id) for row in rows),
        _array(str(row.line_id) for row in rows),
        _array(f'"{row.moment}"' for row in rows),
        _array(repr(row.quantity) for row in rows),
        _array('NULL' if row.key is None else _quoted(row.key) for row in rows),
        _array(_quoted(row.external_ref) for row in rows),
        _array('open' if row.is_late else 'NULL' for row in rows),
    )


def _array(texts) -> str:
    return '{' + ','.join(texts) + '}'


def _quoted(text: str) -> str:
    escaped = text.replace('\\', '\\\\').replace('"', '\\"')
    return f'"{escaped}"'
