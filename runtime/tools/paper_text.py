"""A paper as text, for a person without the printer. Pure."""

from __future__ import annotations

import unicodedata
from typing import Any

from drivers.api import QR, Barcode, Columns, Document, Feed, Rule, Text

CELLS = 42


def document_text(document: Document, cells: int = CELLS) -> str:
    """What stands on the paper, line by line, `cells` half-width cells wide."""
    lines: list[str] = []
    for one in document:
        match one:
            case Text(text=text, align=align):
                lines += [_aligned(part, cells, align) for part in _broken(text, cells)]
            case Columns(cells=columns):
                lines.append(_columns(columns, cells))
            case Rule():
                lines.append("-" * cells)
            case Barcode(data=data) | QR(data=data):
                lines.append(_aligned(f"[{data}]", cells, "centre"))
            case Feed(lines=count):
                lines += [""] * count
            case _:
                lines.append("~" * cells)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _broken(text: str, cells: int) -> list[str]:
    lines, line = [], ""
    for character in text:
        if _width(line + character) > cells:
            lines.append(line)
            line = ""
        line += character
    return [*lines, line]


def _aligned(text: str, cells: int, align: str) -> str:
    room = max(0, cells - _width(text))
    left = {"left": 0, "centre": room // 2, "right": room}[align]
    return " " * left + text + " " * (room - left)


def _columns(columns: tuple[tuple[str, int, Any], ...], cells: int) -> str:
    left_over = max(1, cells - sum(width for _, width, _ in columns))
    parts = []
    for text, width, align in columns:
        room = width or left_over
        kept = _broken(text, room)[0] if align == "left" else text
        parts.append(_aligned(kept, room, align))
    return "".join(parts)
