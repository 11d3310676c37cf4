"""Plain values of a book, read strictly: what is wrong goes to `faults`, what is odd to `warnings`, with its place.

A reader never raises on a book: it notes a fault and goes on with a harmless value, so that all faults come at once.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from engine.errors import Fault
from engine.strictjson import Decimal, shown

MAX_TEXT = 200
_WITHOUT_NULLS = ("when", "where", "who", "limit", "reward", "each", "gift")


class PlainReader:
    """Faults and warnings, and the readers of plain values that note them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._where = ""

    def _fault(self, code: str, text: str) -> None:
        self.faults.append(Fault(code, self._where, text))

    def _warn(self, code: str, text: str) -> None:
        self.warnings.append(Fault(code, self._where, text))

    def _keys(self, value: dict[str, Any], known: Container[str], what: str) -> None:
        for key in value:
            if key not in known:
                self._fault("unknown_key", f"{what} has no key {shown(key)}")

    def _no_nulls(self, value: dict[str, Any]) -> None:
        for key, part in value.items():
            if part is None:
                self._fault("null", f"{shown(key)} is null; leave the key out instead")

    def _object(self, value: Any, what: str) -> dict[str, Any] | None:
        if isinstance(value, dict):
            if what in _WITHOUT_NULLS:
                self._no_nulls(value)
            return value
        if value is not None:
            self._fault("bad_type", f"{what} must be an object, not {shown(value)}")
        return None

    def _list(self, value: Any, what: str) -> list[Any]:
        if isinstance(value, list):
            if None in value:
                self._fault("null", f"{what} holds a null")
            return [part for part in value if part is not None]
        if value is not None:
            self._fault("bad_type", f"{what} must be a list, not {shown(value)}")
        return []

    def _names(self, value: Any, what: str) -> list[str]:
        out: list[str] = []
        for name in self._list(value, what):
            if isinstance(name, str) and not isinstance(name, Decimal):
                out.append(name)
            else:
                self._fault("bad_type", f"{what} holds text only, not {shown(name)}")
        return out

    def _text(self, value: dict[str, Any], key: str, otherwise: str) -> str:
        text = value.get(key, otherwise)
        if isinstance(text, str) and not isinstance(text, Decimal) and len(text) <= MAX_TEXT:
            return text
        if text is not None:
            self._fault("bad_type", f"{key} must be text of at most {MAX_TEXT} characters, not {shown(text)}")
        return otherwise

    def _whole(self, value: Any, what: str, least: int, most: int) -> int:
        """`value`, or `least` after a fault."""
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        if value is not None:
            code = "too_small" if isinstance(value, int) and value < least else "bad_number"
            self._fault(code, f"{what} must be a whole number from {least} to {most}, not {shown(value)}")
        return least

    def _percent(self, value: Any, what: str) -> int:
        """Hundredths of a percent, 1 to 10,000."""
        if isinstance(value, Decimal):
            whole, point, part = value.partition(".")
            part = part.rstrip("0")
            if point and whole.isdecimal() and len(whole) <= 3 and (not part or part.isdecimal()) and len(part) <= 2:
                hundredths = int(whole) * 100 + int((part + "00")[:2])
                if 0 < hundredths <= 10_000:
                    return hundredths
        elif isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 100:
            return value * 100
        if value is not None:
            text = f"{what} must be above 0 and at most 100, with at most two decimals, not {shown(value)}"
            self._fault("bad_percent", text)
        return 100

    def _clock(self, value: Any, read: Callable[[str], int], what: str) -> int:
        """Seconds, or -1 after a fault."""
        try:
            if isinstance(value, str):
                return read(value)
            reason = "it must be text"
        except ValueError as e:
            reason = str(e)
        if value is not None:
            self._fault("bad_time", f"{what} cannot be read, {shown(value)}: {reason}")
        return -1
