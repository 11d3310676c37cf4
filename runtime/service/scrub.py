"""Takes numbers of cards and telephones out of text before it is written to a log.

What may be a card's number: 13 to 19 digits that pass Luhn's check, alone or in groups set apart by single spaces or
hyphens; any run of more digits, for a card's may be in it. What may be a telephone's: a mobile number of mainland
China, with or without +86. What is left are its ends.

One in ten goods' codes (EAN-13) passes Luhn's check too and is masked. That is meant: nobody can tell it from an old
card of 13 digits, a log is for faults of machines, and the goods that were scanned stand in the journal, whole.
"""

from __future__ import annotations

import re

CARD_DIGITS = range(13, 20)
_RUN = re.compile(r"\d(?:[ -]?\d){10,}")
_GROUP = re.compile(r"\d+")
_MOBILE = re.compile(r"(?:0086|86)?(1[3-9]\d)\d{4}(\d{4})")
_MOST_DIGITS = max(CARD_DIGITS)


def scrub(text: str) -> str:
    """The text without whole numbers of cards and telephones, and without control characters."""
    if not text.isprintable():
        text = "".join(one if one.isprintable() or one in "\n\t" else "?" for one in text)
    return _RUN.sub(_scrubbed_run, text)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _scrubbed_run(found: re.Match[str]) -> str:
    """Groups of digits: from each one on, the longest number that is a person's."""
    text = found[0]
    groups = [(one.start(), one.end()) for one in _GROUP.finditer(text)]
    out, at, first = "", 0, 0
    while first < len(groups):
        masked, last = _person(text, groups, first)
        if masked:
            out += text[at : groups[first][0]] + masked
            at, first = groups[last][1], last + 1
        else:
            first += 1
    return out + text[at:]


def _person(text: str, groups: list[tuple[int, int]], first: int) -> tuple[str, int]:
    """What stands for the number that begins with this group, and its last group; empty where there is none."""
    digits, best = "", ("", first)
    for last in range(first, len(groups)):
        digits += text[slice(*groups[last])]
        if len(digits) > _MOST_DIGITS and last > first:
            break
        mobile = _MOBILE.fullmatch(digits)
        if mobile:
            best = (f"{mobile[1]}****{mobile[2]}", last)
        elif len(digits) > _MOST_DIGITS or (len(digits) in CARD_DIGITS and luhn(digits)):
            best = (f"****{digits[-4:]}", last)
    return best
