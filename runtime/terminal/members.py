"""Numbers of persons, as they may be written down: in no row, record, log or paper are they as they were given.

A number that is a telephone's or may be a card's becomes what a screen shows of it and 26 characters of a keyed hash:

    13800138000  ->  138****8000~k5ojx3kq2m6y7v4c1... (HMAC-SHA256 under the key, the first 130 bits in base 32)

The same number is the same text at every terminal that has the key, and at head office, which so knows whom to credit
(docs/adr/0022). Every other number, such as a chain's own short ones, is kept as it was given. Pure, but for `key_of`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Callable
from pathlib import Path

from runtime.terminal.names import is_private, mobile_of, private_form

KEY_BYTES = 32
SEAL_CHARACTERS = 26
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


class MemberKeyError(Exception):
    """A file of a key that cannot be used, or written; the message says why."""


class MemberNumbers:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def written(self, number: str) -> str:
        """The number as rows and records have it."""
        if not is_private(number):
            return number
        plain = mobile_of(number) or re.sub(r"[^0-9]", "", number)
        seal = base64.b32encode(hmac.digest(self._key, plain.encode("ascii"), hashlib.sha256))
        return f"{private_form(number)}~{seal[:SEAL_CHARACTERS].decode('ascii').lower()}"


def key_of(path: Path, *, make: bool, random_bytes: Callable[[int], bytes] = os.urandom) -> bytes:
    """The key in a file of 64 hexadecimal digits. `make`: a file that is not there is made, for its owner's eyes alone.
    Raises MemberKeyError."""
    try:
        if make and not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(random_bytes(KEY_BYTES).hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
        text = path.read_bytes()[:200].decode("ascii", "replace").strip()
    except OSError as error:
        raise MemberKeyError(f"{path}: {error.strerror or error}") from error
    if not _KEY.fullmatch(text):
        raise MemberKeyError(f"{path} does not hold a key: 64 hexadecimal digits, as `openssl rand -hex 32` gives them")
    return bytes.fromhex(text)
