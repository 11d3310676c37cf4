"""A basket from plain values (JSON or msgpack), read strictly.

Only `at` and `lines` are required. An unknown key is refused: a misspelt one would silently change a price; null
counts as absent for a key that is not required. Limits: 1,000 lines, `qty` 1 to 9,999, `milli` 1 to 999,999 (grams),
100 coupons, groups or member tags, 10,000 promotions in `used`, texts of 200 characters. Lines count from 0.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from engine.errors import BasketError
from engine.strictjson import is_text, shown
from engine.times import birthday, stamp_s
from engine.values import Basket, BasketLine, Member

MAX_LINES = 1_000
MAX_QTY = 9_999
MAX_MILLI = 999_999
MAX_LIST = 100
MAX_USED = 10_000
MAX_TEXT = 200
MAX_GONE = 999_999_999_999

_KEYS = frozenset({"id", "at", "store", "groups", "channel", "member", "coupons", "tender", "used", "lines"})
_MEMBER = frozenset({"id", "level", "tags", "birthday"})
_LINE = frozenset({"code", "qty", "milli"})
_USED = frozenset({"member_day", "member_total", "total"})


def read_basket(plain: object) -> Basket:
    """The basket in `plain`. Raises BasketError (`bad_basket`, `bad_quantity`)."""
    value = _object(plain, "a basket", _KEYS)
    at = value.get("at")
    if not isinstance(at, str):
        raise _bad("at is missing" if at is None else "at must be text")
    try:
        stamp_s(at)
    except ValueError as e:
        raise _bad(f"at is {shown(at)}: {e}") from e
    lines = value.get("lines")
    if not isinstance(lines, list | tuple):
        raise _bad("lines are missing" if lines is None else "lines must be a list")
    if len(lines) > MAX_LINES:
        raise _bad(f"it has more than {MAX_LINES} lines")
    return Basket(
        id=_text(value, "id"),
        at=at,
        lines=tuple(_line(line, number) for number, line in enumerate(lines)),
        store=_text(value, "store"),
        groups=_texts(value, "groups"),
        channel=_text(value, "channel"),
        member=_member(value.get("member")),
        coupons=_texts(value, "coupons"),
        tender=_text(value, "tender"),
        used=_used(value.get("used")),
    )


def _line(plain: object, number: int) -> BasketLine:
    value = _object(plain, "a line", _LINE, number)
    code = value.get("code")
    if not isinstance(code, str) or not code or len(code) > MAX_TEXT or not is_text(code):
        raise _bad(f"code must be text of 1 to {MAX_TEXT} characters", number)
    qty, milli = value.get("qty"), value.get("milli")
    if (qty is None) == (milli is None):
        raise BasketError("bad_quantity", {"reason": "a line has either qty or milli"}, number)
    if qty is not None:
        return BasketLine(code, qty=_amount(qty, "qty", MAX_QTY, number))
    return BasketLine(code, milli=_amount(milli, "milli", MAX_MILLI, number))


def _amount(value: object, what: str, most: int, line: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        reason = f"{what} must be a whole number from 1 to {most}, not {shown(value)}"
        raise BasketError("bad_quantity", {"reason": reason}, line)
    return value


def _member(plain: object) -> Member | None:
    if plain is None:
        return None
    value = _object(plain, "member", _MEMBER)
    born = _text(value, "birthday")
    if born:
        try:
            birthday(born)
        except ValueError as e:
            raise _bad(f"the member's birthday: {e}") from e
    return Member(_text(value, "id"), _text(value, "level"), _texts(value, "tags"), born)


def _used(plain: object) -> dict[str, dict[str, int]]:
    if plain is None:
        return {}
    if not isinstance(plain, dict) or len(plain) > MAX_USED:
        raise _bad(f"used must be an object of at most {MAX_USED} promotions")
    used: dict[str, dict[str, int]] = {}
    for name, counts in plain.items():
        if not isinstance(name, str):
            raise _bad("used must name promotions by id")
        gone: dict[str, int] = {}
        for key, count in _object(counts, "used", _USED).items():
            if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MAX_GONE:
                raise _bad(f"used.{key} must be a whole number from 0")
            gone[key] = count
        used[name] = gone
    return used


def _object(plain: object, what: str, keys: Container[str], line: int | None = None) -> dict[str, Any]:
    if not isinstance(plain, dict):
        raise _bad(f"{what} must be an object", line)
    for key in plain:
        if key not in keys:
            raise _bad(f"{what} has no key {shown(key)}", line)
    return plain


def _text(value: dict[str, Any], key: str) -> str:
    text = value.get(key)
    if text is None:
        return ""
    if not isinstance(text, str) or len(text) > MAX_TEXT or not is_text(text):
        raise _bad(f"{key} must be text of at most {MAX_TEXT} characters")
    return text


def _texts(value: dict[str, Any], key: str) -> tuple[str, ...]:
    texts = value.get(key)
    if texts is None:
        return ()
    if not isinstance(texts, list | tuple) or len(texts) > MAX_LIST:
        raise _bad(f"{key} must be a list of at most {MAX_LIST} texts")
    for text in texts:
        if not isinstance(text, str) or len(text) > MAX_TEXT or not is_text(text):
            raise _bad(f"{key} must be a list of texts")
    return tuple(texts)


def _bad(reason: str, line: int | None = None) -> BasketError:
    return BasketError("bad_basket", {"reason": reason}, line)
