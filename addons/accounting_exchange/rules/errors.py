"""The one error of these rules: a code that the models turn into a sentence, and what it speaks of."""


class ExchangeError(Exception):
    """What cannot be handed over or taken in; `code` tells why, `values` name what is meant."""

    def __init__(self, code: str, **values: object):
        super().__init__(code, values)
        self.code = code
        self.values = values
