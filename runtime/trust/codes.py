"""Enrolment codes: twelve letters and digits that prove a till to its gateway, and the gateway to the till. Pure.

    K7QM-2XHD-9RVA      35 bits secret, 20 bits mark, one check character; Crockford's base 32, which has no I, L, O, U

**The secret** is random. The gateway keeps its hash, takes five wrong ones for a terminal and then none.
**The mark** is an HMAC of the chain's root, store and terminal under the secret. Whoever answers the till shows a root
first; the till compares, and sends the code only to a server under that root. A false gateway does not know the secret,
so it cannot look for a root that fits: it has one try in a million for each code that is typed.
**The check character** (a polynomial over GF(32)) finds every single wrong character and every two swapped, before
anybody is asked.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from runtime.trust.errors import TrustError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS = 12
SECRET_BITS = 35
MARK_BITS = 20
MAX_TEXT = 64  # characters that are looked at: a code with its hyphens and spaces
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_SALT_BYTES = 16
_SCRYPT = {"n": 1 << 13, "r": 8, "p": 1}  # 8 MiB and some 20 ms; tries are counted, so it is asked a few times a code


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    secret: int
    mark: int

    @property
    def text(self) -> str:
        """As a person reads and types it."""
        bits = self.secret << MARK_BITS | self.mark
        values = [bits >> shift & 31 for shift in range(SECRET_BITS + MARK_BITS - 5, -1, -5)]
        letters = "".join(ALPHABET[value] for value in (*values, _check(values)))
        return "-".join(letters[at : at + 4] for at in range(0, CHARACTERS, 4))

    def marks(self, root_der: bytes, store: str, terminal: str) -> bool:
        """Whether the code was made for this root, store and terminal."""
        return hmac.compare_digest(_mark(self.secret, root_der, store, terminal).to_bytes(4, "big"), self._mark_bytes)

    @property
    def _mark_bytes(self) -> bytes:
        return self.mark.to_bytes(4, "big")


def make_code(random_bytes: bytes, root_der: bytes, store: str, terminal: str) -> EnrolmentCode:
    """A code of at least 5 random bytes. `root_der`: the chain's root certificate in DER."""
    if len(random_bytes) < 5:
        raise ValueError("a code takes 5 random bytes")
    secret = int.from_bytes(random_bytes[:5], "big") >> (40 - SECRET_BITS)
    return EnrolmentCode(secret, _mark(secret, root_der, store, terminal))


def read_code(text: str) -> EnrolmentCode:
    """What a person typed: small letters, spaces and hyphens as they like, O for 0, I and L for 1.

    Raises TrustError `code_length`, `code_letter`, `code_check`.
    """
    letters = text[:MAX_TEXT].upper().translate(_MEANT)
    wrong = next((letter for letter in letters if letter not in _VALUE), None)
    if wrong is not None:
        raise TrustError("code_letter", letter=wrong if wrong.isprintable() else f"U+{ord(wrong):04X}")
    if len(letters) != CHARACTERS or len(text) > MAX_TEXT:
        raise TrustError("code_length", count=len(letters))
    values = [_VALUE[letter] for letter in letters]
    if _check(values[:-1]) != values[-1]:
        raise TrustError("code_check")
    bits = 0
    for value in values[:-1]:
        bits = bits << 5 | value
    return EnrolmentCode(bits >> MARK_BITS, bits & ((1 << MARK_BITS) - 1))


def keep_code(code: EnrolmentCode, salt: bytes) -> bytes:
    """What is kept of a code: the salt, and scrypt (RFC 7914) of all of it."""
    salt = salt[:_SALT_BYTES]
    return salt + hashlib.scrypt(code.text.encode(), salt=salt, dklen=32, **_SCRYPT)


def is_kept(code: EnrolmentCode, kept: bytes) -> bool:
    """Whether `kept` is of this code."""
    return hmac.compare_digest(keep_code(code, kept[:_SALT_BYTES]), kept)


def _mark(secret: int, root_der: bytes, store: str, terminal: str) -> int:
    said = b"\0".join((b"lanekit enrolment", hashlib.sha256(root_der).digest(), store.encode(), terminal.encode()))
    digest = hmac.digest(secret.to_bytes(5, "big"), said, "sha256")
    return int.from_bytes(digest[:3], "big") >> (24 - MARK_BITS)


def _check(values: list[int]) -> int:
    """Horner's rule at x over GF(2)[x]/(x^5+x^2+1): x has order 31, so no two of twelve places weigh the same."""
    total = 0
    for value in values:
        total = _times_x(total ^ value)
    return total


def _times_x(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 32 else value
