"""What a promotion's record in a snapshot may hold, and how many slots it has.

Compiling writes nothing else; but whoever can seal a snapshot can put anything into it, and pricing trusts its plans.
So a record is looked at once, when it is first used. Keys that nobody here reads are left alone.
"""

from __future__ import annotations

from typing import Any

MAX_AMOUNT = 999_999_999  # minor units, of any price or amount
MAX_COUNT = 999_999_999  # of times and limits
MAX_QTY = 9_999  # units in one application
MAX_PARTS = 20  # entries of a set, or tiers
_WHOLE_PERCENT = 10_000  # hundredths of a percent
_MAX_TIME_S = 10_000 * 366 * 86_400
_DAY_S = 86_400
_LIMIT = frozenset({"member_day", "member_total", "total"})
_WHERE = frozenset({"stores", "groups", "channels"})
_WHO = frozenset({"member", "levels", "tags", "birthday"})
_WHEN = frozenset({"from", "until", "weekdays", "hours"})
_CONDITIONS = frozenset({"coupon", "group", "max_times", "except_discounted", "limit", "where", "who", "when"})
_MODES: dict[str, frozenset[str]] = {
    "price": frozenset({"price", "off", "percent"}),
    "set": frozenset({"price", "off", "percent"}),
    "tender": frozenset({"off", "percent"}),
}
_TIER_MODES: dict[str, frozenset[str]] = {
    "tier": frozenset({"price", "percent"}),
    "threshold": frozenset({"off", "percent"}),
}


def slots_of(record: dict[str, Any]) -> int:
    """How many slots (selectors) a promotion has, from its record, which is looked at.

    Raises ValueError where anything that pricing reads is not what compiling writes.
    """
    kind = record.get("kind")
    _need(type(record.get("id")) is str and type(record.get("name")) is str)
    _common(record)
    if kind == "price":
        _reward(record, "price")
        return 1
    if kind == "set":
        _reward(record, "set")
        return _set(record)
    if kind == "tier":
        _tiers(record, MAX_QTY, "tier")
        return 1
    if kind == "threshold":
        return _threshold(record)
    _need(kind == "tender")
    _reward(record, "tender")
    _texts(record.get("tenders"))
    if "least" in record:
        _number(record["least"], 0, MAX_AMOUNT)
    if "most" in record:
        _number(record["most"], 1, MAX_AMOUNT)
    return 0


def _need(true: bool) -> None:
    if not true:
        raise ValueError("a promotion is not what it should be")


def _number(value: Any, least: int, most: int) -> None:
    _need(type(value) is int and least <= value <= most)


def _texts(value: Any) -> None:
    _need(type(value) is list and all(type(text) is str for text in value))


def _table(value: Any, known: frozenset[str]) -> dict[str, Any]:
    _need(type(value) is dict and known.issuperset(value))
    table: dict[str, Any] = value
    return table


def _common(record: dict[str, Any]) -> None:
    for key in _CONDITIONS.intersection(record):
        value = record[key]
        if key in ("coupon", "group"):
            _need(type(value) is str and value != "")
        elif key == "max_times":
            _number(value, 1, MAX_COUNT)
        elif key == "except_discounted":
            _need(value is True)
        elif key == "limit":
            for limit in _table(value, _LIMIT).values():
                _number(limit, 1, MAX_COUNT)
        elif key == "where":
            for names in _table(value, _WHERE).values():
                _texts(names)
        elif key == "who":
            _who(_table(value, _WHO))
        else:
            _when(_table(value, _WHEN))


def _who(who: dict[str, Any]) -> None:
    for key in ("levels", "tags"):
        if key in who:
            _texts(who[key])
    _need(who.get("member", True) is True and who.get("birthday", "day") in ("day", "month"))


def _when(when: dict[str, Any]) -> None:
    for key in ("from", "until"):
        if key in when:
            _number(when[key], 0, _MAX_TIME_S)
    _each(when.get("weekdays", []), 1, 7)
    hours = when.get("hours", [])
    _need(type(hours) is list)
    for pair in hours:
        _each(pair, 0, _DAY_S - 1, 2)


def _each(values: Any, least: int, most: int, length: int = -1) -> None:
    """A list of numbers, of `length` of them where it is given."""
    _need(type(values) is list and (length < 0 or len(values) == length))
    for value in values:
        _number(value, least, most)


def _amount(mode: Any, amount: Any) -> None:
    _number(amount, 0 if mode == "price" else 1, _WHOLE_PERCENT if mode == "percent" else MAX_AMOUNT)


def _reward(record: dict[str, Any], kind: str) -> None:
    mode = record.get("mode")
    _need(type(mode) is str and mode in _MODES[kind])
    _amount(mode, record.get("amount"))


def _set(record: dict[str, Any]) -> int:
    buy = record.get("buy")
    _each(buy, 1, MAX_QTY)
    assert isinstance(buy, list)
    _need(0 < len(buy) <= MAX_PARTS and record.get("qty") == sum(buy))
    _number(record["qty"], 1, MAX_PARTS * MAX_QTY)
    units = record["qty"]
    if "entry" in record:
        _number(record["entry"], 0, len(buy) - 1)
        units = buy[record["entry"]]
    if "cheapest" in record:
        _number(record["cheapest"], 1, units)
    return len(buy)


def _tiers(record: dict[str, Any], most: int, kind: str) -> None:
    """Tiers that rise."""
    tiers = record.get("tiers")
    _need(type(tiers) is list and 0 < len(tiers) <= MAX_PARTS)
    assert isinstance(tiers, list)
    before = 0
    for tier in tiers:
        _need(type(tier) is list and len(tier) == 3)
        at, mode, amount = tier
        _number(at, before + 1, most)
        _need(type(mode) is str and mode in _TIER_MODES[kind])
        _amount(mode, amount)
        before = at


def _threshold(record: dict[str, Any]) -> int:
    _need(sum([key in record for key in ("tiers", "each", "gift")]) == 1)
    if "tiers" in record:
        _tiers(record, MAX_AMOUNT, "threshold")
        return 1
    if "each" in record:
        _each(record["each"], 1, MAX_AMOUNT, 2)
        return 1
    gift = record["gift"]
    _each(gift, 0, MAX_AMOUNT, 4)
    _need(gift[0] > 0 and 0 < gift[1] <= MAX_QTY and gift[3] <= 1)
    return 2
