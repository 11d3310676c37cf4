"""What the terminal does not take: the shell's own refusals, beside those of the pure machine."""

from __future__ import annotations

from runtime.sale.refusals import MONEY_ARGS, Refused
from runtime.terminal.money import amount_text
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence


class NotTaken(Exception):
    """A code, key or command that does not become an event. `code` is one of the sentences."""

    def __init__(self, code: str, /, **args: str | int) -> None:
        super().__init__(code, args)
        self.code = code
        self.args_named = args


REFUSALS = (NotTaken, Refused)


def why(refusal: NotTaken | Refused, exponent: int) -> Sentence:
    """The sentence of a refusal, with its amounts written out."""
    args = {
        name: amount_text(value, exponent) if name in MONEY_ARGS and isinstance(value, int) else value
        for name, value in refusal.args_named.items()
    }
    return sentence(refusal.code, **args)
