"""Text of others as people may be shown it: names of goods without tricks, numbers of persons without the person.

A book's names are any text. A control character in one can move a screen's line, a direction mark can turn a receipt's
amounts round, and a name as long as a page makes a basket that no message holds. Pure.
"""

from __future__ import annotations

import re
import unicodedata

MAX_NAME_BYTES = 240  # UTF-8: 80 Han, more than any label prints; 1,000 of them still fit a record and a View
MAX_PROMOTION_BYTES = 160
MAX_MEMBER = 64  # characters

_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d)\d{4}(\d{4})", re.ASCII)  # of mainland China
_LONGEST_PLAIN = 14  # digits: a longer number may be a bank's or a wallet's


def goods_text(name: str, sku: str) -> str:
    """An item's name in one plain line; its sku where nothing is left of it."""
    return _plain(name, MAX_NAME_BYTES) or sku


def promotion_text(name: str) -> str:
    return _plain(name, MAX_PROMOTION_BYTES)


def is_member_number(text: str) -> bool:
    return 1 <= len(text) <= MAX_MEMBER and text.isprintable()


def masked(number: str) -> str:
    """The number of a person as a screen may show it: a telephone or a card by its ends only."""
    digits = re.sub(r"[\s()-]", "", number)
    mobile = _MOBILE.fullmatch(digits)
    if mobile:
        return f"{mobile[1]}****{mobile[2]}"
    if sum(character.isdigit() for character in digits) > _LONGEST_PLAIN:
        return "****" + digits[-4:]
    return number


def _plain(text: str, max_bytes: int) -> str:
    kept = "".join(_shown(character) for character in text[: 4 * max_bytes])
    line = " ".join(kept.split())
    data = line.encode("utf-8", "replace")
    if len(data) <= max_bytes:
        return line
    return data[: max_bytes - 3].decode("utf-8", "ignore").rstrip() + "…"


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return "" if unicodedata.category(character) == "Cf" else " "
