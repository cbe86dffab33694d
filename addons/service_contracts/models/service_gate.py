"""The key of the gates: values that only the add-on's own methods may write.

A context comes with every remote call, so a flag in it proves nothing; an object cannot be sent.
"""

SERVICE_GATE = object()


def has_passed_gate(env) -> bool:
    """Tell whether the write comes from a method of this add-on that checked what it does."""
    return env.context.get('service_gate') is SERVICE_GATE
