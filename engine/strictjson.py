"""JSON as a book may have it: every doubtful thing is a fault, and no bytes raise anything else.

Refused beyond RFC 8259's grammar: a key given twice, NaN and Infinity, integers of more than 18 digits, text with
half a surrogate pair, nesting deeper than 60. A number with a point or an exponent stays text (`Decimal`), because
floats appear nowhere in a price.
"""

from __future__ import annotations

import json
from typing import Any

from engine.errors import Fault

MAX_DIGITS = 18
MAX_DEPTH = 60


class Decimal(str):
    """A number with a point or an exponent, as it was written."""

    __slots__ = ()


class _Bad:
    """A value that JSON's grammar allows and a book does not."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


class _Twice(dict[str, Any]):
    """An object that had a key more than once."""

    keys_twice: tuple[str, ...] = ()


def _integer(text: str) -> Any:
    return int(text) if len(text.lstrip("-")) <= MAX_DIGITS else _Bad("a number is too large")


def _constant(text: str) -> Any:
    return _Bad(f"{text} is not a number")


def _pairs(pairs: list[tuple[str, Any]]) -> Any:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    seen: set[str] = set()
    twice: list[str] = []
    for key, _ in pairs:
        if key in seen and key not in twice:
            twice.append(key)
        seen.add(key)
    marked = _Twice(plain)
    marked.keys_twice = tuple(twice)
    return marked


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=Decimal, parse_int=_integer, parse_constant=_constant, strict=True
)


def read_json(data: bytes, file: str, faults: list[Fault]) -> Any:
    """The value in `data`, or None after adding to `faults`. A byte order mark at the beginning is allowed."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        faults.append(Fault("bad_text", f"{file}:{line}", "the bytes here are not UTF-8"))
        return None
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as e:
        faults.append(Fault("bad_json", f"{file}:{e.lineno}", f"this is not JSON: {e.msg} (column {e.colno})"))
    except RecursionError:
        faults.append(Fault("bad_json", f"{file}:1", "lists and objects are nested too deep"))
    return None


def doubts(value: Any, depth: int = 0) -> list[str]:
    """Everything in `value` that a book may not have, as sentences; empty when all is well."""
    if depth > MAX_DEPTH:
        return ["lists and objects are nested too deep"]
    found: list[str] = []
    if isinstance(value, _Bad):
        found.append(value.why)
    elif isinstance(value, Decimal):
        pass
    elif isinstance(value, str):
        if not is_text(value):
            found.append("text holds half of a surrogate pair")
    elif isinstance(value, dict):
        if isinstance(value, _Twice):
            found.extend(f"the key {shown(key)} is given twice" for key in value.keys_twice)
        for key, inner in value.items():
            found.extend(doubts(key, depth + 1))
            found.extend(doubts(inner, depth + 1))
    elif isinstance(value, list):
        for inner in value:
            found.extend(doubts(inner, depth + 1))
    return found


def is_text(value: str) -> bool:
    """False where `value` is a number that stayed as it was written, or cannot be written as UTF-8."""
    if isinstance(value, Decimal):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def plain(value: Any) -> Any:
    """`value` with numbers as numbers again: for the free keys of book.json, which no price is made of."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def shown(value: Any) -> str:
    """A short, printable form of any value, for a fault's sentence; what a reader can read stays as it is."""
    if isinstance(value, Decimal):
        return str(value)[:40]
    if isinstance(value, _Bad):
        return "a number that cannot be used"
    try:
        text = json.dumps(value, ensure_ascii=False, default=lambda _: "?")
    except (RecursionError, TypeError, ValueError):
        return "something that is not JSON"
    text = text if len(text) <= 60 else text[:57] + "..."
    return "".join([c if c.isprintable() else json.dumps(c)[1:-1] for c in text])
