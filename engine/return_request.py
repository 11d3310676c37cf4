"""A return from plain values (JSON or msgpack), read strictly: the sale's basket and receipt, and what comes back.

    {"basket": BASKET, "receipt": RECEIPT, "returned": [EARLIER, ...], "return": [{"line": 0, "qty": 1}, ...]}

`basket` and `return` are required; `receipt` is the one that the sale was closed with. An entry of `return` names
`line` (of the basket, from 0) or `code` (barcode or sku), and `qty` or, for weighed goods, `milli`; with `line` and
neither, all that is left of it comes back. EARLIER is a list of such entries, or `{"refund": n, "lines": [...]}` with
what was really given, or an answer of `lane price --return` as it was written. Limits: 100 earlier returns, 1,000
entries in each, and those of a basket.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from engine.basket import MAX_LINES, MAX_MILLI, MAX_QTY, MAX_TEXT, read_basket
from engine.errors import ReturnError
from engine.strictjson import is_text, shown
from engine.values import Basket

BY_CODE = -1
MAX_RETURNS = 100
MAX_REFUND = 10**15

_KEYS = frozenset({"basket", "receipt", "returned", "return"})
_LINE = frozenset({"line", "code", "qty", "milli"})
_LINE_ANSWERED = _LINE | {"sku", "refund"}
_ANSWER = frozenset(
    {
        *("id", "rule", "total", "refunded", "refund", "remaining", "lines"),
        *("coupons_free", "coupons_taken", "kept_lines", "kept"),
    }
)


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """What comes back of one line, or of a code where `line` is BY_CODE. `qty` and `milli` 0: all that is left of
    the line. A code of weighed goods needs `milli`, any other `qty`."""

    line: int = BY_CODE
    code: str = ""
    qty: int = 0
    milli: int = 0

    def __post_init__(self) -> None:
        if self.qty < 0 or self.milli < 0 or (self.qty and self.milli):
            raise ValueError(f"{self.qty} pieces and {self.milli} g come back")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A return before this one. `refund` is what was really given (minor units), None: what the book's rule gives."""

    lines: tuple[ReturnLine, ...]
    refund: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    basket: Basket
    receipt: dict[str, Any] | None  # plain, as its record keeps it
    earlier: tuple[Earlier, ...]
    back: tuple[ReturnLine, ...]


def read_return_request(plain: object) -> ReturnRequest:
    """The return in `plain`. Raises ReturnError (`bad_return`), and BasketError as `read_basket` does."""
    value = _object(plain, "a return", _KEYS)
    if value.get("basket") is None:
        raise _bad("basket is missing")
    basket = read_basket(value["basket"])
    receipt = value.get("receipt")
    if receipt is not None and not isinstance(receipt, dict):
        raise _bad("receipt must be an object")
    returned = value.get("returned")
    if returned is None:
        returned = []
    if not isinstance(returned, list | tuple) or len(returned) > MAX_RETURNS:
        raise _bad(f"returned must be a list of at most {MAX_RETURNS} earlier returns")
    return ReturnRequest(
        basket=basket,
        receipt=receipt,
        earlier=tuple(_earlier(one, basket.id) for one in returned),
        back=_lines(value.get("return"), "return", _LINE),
    )


def _earlier(plain: object, basket_id: str) -> Earlier:
    if isinstance(plain, list | tuple):
        return Earlier(_lines(plain, "an earlier return", _LINE))
    value = _object(plain, "an earlier return", _ANSWER)
    if value.get("id", basket_id) != basket_id:
        raise _bad("an earlier return is of another sale")
    given = value.get("refund")
    if given is not None:
        given = _number(given, "refund", 0, MAX_REFUND)
    return Earlier(_lines(value.get("lines"), "an earlier return's lines", _LINE_ANSWERED), given)


def _lines(plain: object, what: str, keys: Container[str]) -> tuple[ReturnLine, ...]:
    if not isinstance(plain, list | tuple) or len(plain) > MAX_LINES:
        raise _bad(f"{what} must be a list of at most {MAX_LINES} lines")
    return tuple(_line(one, keys) for one in plain)


def _line(plain: object, keys: Container[str]) -> ReturnLine:
    value = _object(plain, "a line that comes back", keys)
    line, code, qty, milli = (value.get(key) for key in ("line", "code", "qty", "milli"))
    if (line is None) == (code is None):
        raise _bad("what comes back has either line or code")
    if qty is not None and milli is not None:
        raise _bad("what comes back has qty or milli, not both")
    if code is not None:
        if not isinstance(code, str) or not code or len(code) > MAX_TEXT or not is_text(code):
            raise _bad(f"code must be text of 1 to {MAX_TEXT} characters")
        if qty is None and milli is None:
            raise _bad("a code that comes back has qty or milli")
    return ReturnLine(
        line=BY_CODE if line is None else _number(line, "line", 0, MAX_LINES),
        code=code or "",
        qty=0 if qty is None else _number(qty, "qty", 1, MAX_QTY),
        milli=0 if milli is None else _number(milli, "milli", 1, MAX_MILLI),
    )


def _number(value: object, what: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _bad(f"{what} must be a whole number from {least} to {most}, not {shown(value)}")
    return value


def _object(plain: object, what: str, keys: Container[str]) -> dict[str, Any]:
    if not isinstance(plain, dict):
        raise _bad(f"{what} must be an object")
    for key in plain:
        if key not in keys:
            raise _bad(f"{what} has no key {shown(key)}")
    return plain


def _bad(reason: str) -> ReturnError:
    return ReturnError("bad_return", {"reason": reason})
