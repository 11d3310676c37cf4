"""The keys for the question of the customer's age."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from runtime.sale import events as ev
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till


def age_ok(till: Till, born: str = "") -> Sentence:
    """With a date of birth (`YYYY-MM-DD`) it is worked out; the date goes no further."""
    least = till.checkout.sale.age_open
    if born and least:
        try:
            years = years_on(date.fromisoformat(born), till.clock.now().date())
        except ValueError:
            raise NotTaken("bad_birth_date") from None
        if years < least:
            raise NotTaken("too_young", age=least)
    till.accept(ev.AgeConfirmed(least))
    return sentence("age_confirmed", age=least)


def age_no(till: Till) -> Sentence:
    till.accept(ev.AgeRefused(till.checkout.sale.age_open))
    return sentence("age_refused_now")


def years_on(born: date, day: date) -> int:
    """Whole years; who was born on 29 February has them on 1 March. Raises ValueError before birth."""
    if born > day:
        raise ValueError("not born yet")
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


COMMANDS: dict[str, Callable[..., Sentence | None]] = {"age_ok": age_ok, "age_no": age_no}
