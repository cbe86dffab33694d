"""The key of the gates: values that only the add-on's own methods may write.

A context comes with every remote call, so a flag in it proves nothing; an object cannot be sent.
"""

from odoo import models
from odoo.exceptions import AccessError

DUNNING_GATE = object()


def has_passed_gate(env) -> bool:
    """Tell whether the write comes from a method of this add-on that checked what it does."""
    return env.context.get('dunning_gate') is DUNNING_GATE


class DunningGateMixin(models.AbstractModel):
    _name = 'dunning.gate.mixin'
    _description = "Kept by the Add-on Alone"

    _gated = ()
    """Fields that only the add-on's own methods write; a remote call that names one is refused."""

    def create(self, vals_list):
        self._check_gate(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_gate(vals)
        return super().write(vals)

    def _check_gate(self, *vals_list) -> None:
        """Refuse values of gated fields unless they come from the add-on itself.

        :raises AccessError: naming the field.
        """
        if has_passed_gate(self.env):
            return
        for vals in vals_list:
            for name in vals:
                if name in self._gated and (vals[name] or self.ids):
                    raise AccessError(self.env._(
                        "“%(field)s” of %(model)s is worked out by the system. Use the buttons of the form.",
                        field=self._fields[name].get_description(self.env)['string'], model=self._description,
                    ))

    def _passed(self):
        """Return the records with the gate open."""
        return self.with_context(dunning_gate=DUNNING_GATE)
