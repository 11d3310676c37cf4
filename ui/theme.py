"""Colours and type, in one place. Every text keeps WCAG 2 AA against its ground (4.5 to 1): a test measures PAIRS."""

from __future__ import annotations

GROUND = "#E9EDF2"  # behind everything
PAPER = "#FFFFFF"  # lists and cards
PAPER_ALT = "#F4F6F9"  # every other row
INK = "#13202D"
QUIET = "#4B5A69"  # second texts
RULE = "#CBD3DC"
HEADER = "#16324F"
ON_DARK = "#FFFFFF"
QUIET_ON_DARK = "#C9D8E6"
ACTION = "#0A5AA8"  # the one thing to do next
KEY = "#FFFFFF"
PRESSED = "#BFD3E6"
CHOSEN = "#D5E7F8"
GOOD = "#0D6A3A"
GOOD_GROUND = "#E2F3E9"
INFO = "#0A5AA8"
INFO_GROUND = "#E1EEFA"
BAD = "#A81A1A"
BAD_GROUND = "#FBE5E4"
SAVING = "#A3300B"

PAIRS: tuple[tuple[str, str], ...] = (
    (INK, PAPER), (INK, PAPER_ALT), (INK, GROUND), (INK, CHOSEN), (INK, PRESSED), (INK, GOOD_GROUND),
    (INK, INFO_GROUND), (INK, BAD_GROUND), (QUIET, PAPER), (QUIET, PAPER_ALT), (QUIET, GROUND), (QUIET, CHOSEN),
    (QUIET, PRESSED), (ON_DARK, HEADER), (QUIET_ON_DARK, HEADER), (ON_DARK, ACTION), (ON_DARK, GOOD), (ON_DARK, BAD),
    (BAD, PAPER), (BAD, BAD_GROUND), (GOOD, PAPER), (GOOD, GOOD_GROUND), (INFO, INFO_GROUND), (SAVING, PAPER),
    (SAVING, PAPER_ALT), (SAVING, CHOSEN),
)  # fmt: skip


def rgb(colour: str) -> tuple[float, float, float]:
    """`#RRGGBB` as parts of 1, as Kivy wants them."""
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]  # three, by range


def contrast(one: str, other: str) -> float:
    """The WCAG 2 contrast ratio, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
