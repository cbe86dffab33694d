"""The errors the rules raise; a model turns them into words for its user."""


class RuleError(ValueError):
    """A value no rule can work with, such as a window that closes before it opens."""


class TransitionError(RuleError):
    """A change of state that the gate of the state machine does not allow."""
