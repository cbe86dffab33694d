from . import gateways, models


def uninstall_hook(env):
    """Take the triggers away before their tables go."""
    env['exchange.event']._drop_triggers()
