"""What the engine refuses, and the sentence for each.

A code is for programs, the sentence for people: `SENTENCES` has for every code the English text (the gettext key) and
the remedy, both with `{named}` arguments. Whose fault it is: `BookError` head office's, `BasketError` and
`ReturnError` the caller's, `SnapshotError` the file's (copied badly, damaged, or of another version).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SENTENCES: dict[str, tuple[str, str]] = {
    "unknown_item": (
        "No item has the code {code}.",
        "Scan it again, or key in the number printed on the shelf label.",
    ),
    "bad_quantity": (
        "This quantity cannot be sold: {reason}.",
        "Enter a whole number of pieces, or weigh the goods.",
    ),
    "bad_basket": (
        "The basket cannot be read: {reason}.",
        "Void the line or the sale and ring it again; tell support.",
    ),
    "bad_return": (
        "The return cannot be read: {reason}.",
        "Scan the receipt again, or choose the goods from its lines; tell support.",
    ),
    "return_no_line": ("The sale has no line {line}.", "Choose the goods from the lines of the receipt."),
    "return_not_bought": (
        "{code} is not on this receipt.",
        "Look for the receipt that it is on, or take it back without a receipt.",
    ),
    "return_too_much": (
        "Of {sku} {wanted} cannot come back: {left} are left on this receipt.",
        "Enter what is left, or look for the other receipt.",
    ),
    "return_weight": (
        "Weighed goods come back whole: {sku} was sold as {weight_g} g.",
        "Return the whole line, or none of it.",
    ),
    "return_nothing": ("Nothing comes back.", "Choose what comes back, or leave the return."),
    "receipt_mismatch": (
        "The receipt does not fit the sale: {reason}.",
        "Use the prices that the sale was made with; if they are gone, ask a supervisor for a return by hand.",
    ),
    "book_faults": ("The book has {count} faults.", "Correct every line that is listed, then compile it again."),
    "snapshot_damaged": (
        "The price file is damaged ({section}): {reason}.",
        "Fetch it again from the gateway; until then the last good one stays in use.",
    ),
    "snapshot_version": (
        "The price file is of another version ({section}): {reason}.",
        "Compile the book with this version of lanekit, or update this terminal.",
    ),
    "snapshot_untrusted": (
        "The price file is not from a source that this terminal trusts ({section}): {reason}.",
        "Fetch it again from the gateway, or have head office sign it; until then the last good one stays in use.",
    ),
    "snapshot_missing": ("The price file cannot be opened: {reason}.", "Check the path, or fetch the file again."),
}


class EngineError(Exception):
    """The root of what the engine raises on purpose. `code` is a key of SENTENCES, `values` its arguments."""

    def __init__(self, code: str, values: Mapping[str, object], message: str = "") -> None:
        self.code = code
        self.values = dict(values)
        self.message = message or SENTENCES[code][0].format(**self.values)
        super().__init__(self.message)

    @property
    def remedy(self) -> str:
        return SENTENCES[self.code][1].format(**self.values)


class BasketError(EngineError):
    """A basket that cannot be priced. `line` counts from 0 and is None where no one line is to blame."""

    def __init__(self, code: str, values: Mapping[str, object], line: int | None = None) -> None:
        super().__init__(code, values)
        self.line = line


class ReturnError(BasketError):
    """A return that cannot be worked out. `line` is the sale's, from 0, and None where no one line is to blame."""


class SnapshotError(EngineError):
    """A snapshot that cannot be used. `section` names the part of the file that is wrong."""

    def __init__(self, code: str, section: str, reason: str) -> None:
        super().__init__(code, {"section": section, "reason": reason})
        self.section = section


class Fault:
    """One thing wrong with a book: `where` is a file with its line, or a promotion's id."""

    __slots__ = ("code", "text", "where")

    def __init__(self, code: str, where: str, text: str) -> None:
        self.code = code
        self.where = where
        self.text = text

    def __str__(self) -> str:
        return f"{self.where}: {self.text} [{self.code}]"

    def __repr__(self) -> str:
        return f"Fault({self.code!r}, {self.where!r}, {self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and (self.code, self.where, self.text) == (other.code, other.where, other.text)

    def __hash__(self) -> int:
        return hash((self.code, self.where, self.text))


class BookError(EngineError):
    """A book that was refused whole. `faults` has every one of its faults, in the order of files and lines."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("book_faults", {"count": len(self.faults)})
