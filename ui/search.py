"""Searching the operations: by Chinese, by the first letters of its pinyin, by English, by key. Pure.

The 3,755 common characters of GB 2312 (level 1, rows 16 to 55) stand in the order of their pinyin, so a character's
code says its first letter: 23 boundaries are the whole table. A character that is read in two ways has both letters.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

# The first GB 2312 code of each letter; no Chinese syllable begins with i, u or v.
_BEGINS = (
    0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8, 0xC4C3, 0xC5B6,
    0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1,
)  # fmt: skip
_LETTERS = "abcdefghjklmnopqrstwxyz"
_END = 0xD7FA
_ALSO = {"重": "c", "行": "h", "长": "z", "调": "t", "单": "s", "会": "k", "弹": "t", "便": "p"}


@lru_cache(maxsize=2048)
def letters(character: str) -> str:
    """The letters that its pinyin may begin with; the character itself, in small, where it is not Chinese."""
    if character < "\u2e80":
        return character.lower()
    try:
        high, low = character.encode("gb2312")
    except (UnicodeEncodeError, ValueError):
        return character
    code = high << 8 | low
    if not _BEGINS[0] <= code < _END:
        return character
    return _LETTERS[bisect_right(_BEGINS, code) - 1] + _ALSO.get(character, "")


def initials_match(query: str, text: str) -> bool:
    """Whether the query's letters are those of characters in a row of the text (`gj` finds 改价)."""
    heads = [letters(one) for one in text if one.isalnum()]
    wanted = query.lower()
    last = len(heads) - len(wanted)
    return any(all(w in head for w, head in zip(wanted, heads[at:], strict=False)) for at in range(last + 1))


def matches(query: str, *texts: str) -> bool:
    """Whether every word of the query is in one of the texts, as itself or as initials."""
    return all(
        any(word.lower() in text.lower() or initials_match(word, text) for text in texts) for word in query.split()
    )
