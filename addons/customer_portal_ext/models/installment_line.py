"""Installments in process: the plan page and the receipts ask the same question of the same receivables."""

from odoo import models


class InstallmentLine(models.Model):
    _inherit = 'installment.line'

    def _amounts_in_process(self) -> dict[int, float]:
        # EXTENDS installment_sales: reported transfers count as payments under way do, exactly as on the receipts
        covered = self.move_line_ids._in_process_by_line()
        return {
            line.id: float(sum(covered.get(item.id, 0) for item in line.move_line_ids)) for line in self
        }
