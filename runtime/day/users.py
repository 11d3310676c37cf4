"""Users, their roles and their PINs, and how long a wrong PIN makes the next one wait. Pure but for `hash_pin`.

A PIN is kept as scrypt (RFC 7914) of it with a salt of its own: `scrypt:LOG2N:R:P:SALT:HASH`, salt and hash in hex. A
short PIN is guessed by whoever has the file, whatever hashes it: what protects it is the file's mode (0600) and, at the
till, the wait, which doubles with every wrong PIN and survives a restart, because wrong PINs are rows of the journal.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from runtime.day.permissions import ROLES

MAX_USERS = 500
MAX_ID = 20
MAX_USER_NAME = 40
PIN_DIGITS = range(4, 13)
FREE_TRIES = 3  # wrong PINs without a wait
FIRST_WAIT_S = 5
LONGEST_WAIT_S = 900

LOG2N, BLOCK, PARALLEL = 14, 8, 1  # 16 MiB and some 50 ms on a till of today
_MOST_LOG2N, _MOST_BLOCK, _MOST_PARALLEL = 16, 8, 4  # a file must not make the till run out of memory
_ID = re.compile(r"[A-Za-z0-9]{1,20}")
_HASH = re.compile(r"scrypt:(\d{1,2}):(\d{1,2}):(\d):([0-9a-f]{32}):([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class PinHash:
    log2n: int
    block: int
    parallel: int
    salt: bytes = field(repr=False)
    hash: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"scrypt:{self.log2n}:{self.block}:{self.parallel}:{self.salt.hex()}:{self.hash.hex()}"


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    role: str  # one of ROLES
    pin: PinHash


Users = Mapping[str, User]


def read_pin_hash(text: str) -> PinHash:
    """Raises ValueError for text that is none, or that would cost more than a till has."""
    match = _HASH.fullmatch(text)
    if not match:
        raise ValueError("this is no hash of a PIN; set it with lane users pin")
    log2n, block, parallel = int(match[1]), int(match[2]), int(match[3])
    if not (1 <= log2n <= _MOST_LOG2N and 1 <= block <= _MOST_BLOCK and 1 <= parallel <= _MOST_PARALLEL):
        raise ValueError("this hash of a PIN costs too much or nothing; set it with lane users pin")
    return PinHash(log2n, block, parallel, bytes.fromhex(match[4]), bytes.fromhex(match[5]))


def is_user_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def pin_fault(pin: str) -> str:
    """Why this can be nobody's PIN, or empty."""
    if not (pin.isascii() and pin.isdigit()) or len(pin) not in PIN_DIGITS:
        return f"a PIN is {PIN_DIGITS[0]} to {PIN_DIGITS[-1]} digits"
    steps = {int(b) - int(a) for a, b in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        return "a PIN is neither one digit again and again nor a row of them"
    return ""


def hash_pin(pin: str, salt: bytes, log2n: int = LOG2N) -> PinHash:
    """Takes some 50 ms and 16 MiB: never on the daemon's loop."""
    return PinHash(log2n, BLOCK, PARALLEL, salt, _scrypt(pin, salt, log2n, BLOCK, PARALLEL))


def is_pin(pin: str, known: PinHash) -> bool:
    """Takes as long as `hash_pin`. Text that can be nobody's PIN is hashed too, so that it takes as long."""
    return hmac.compare_digest(_scrypt(pin[:64], known.salt, known.log2n, known.block, known.parallel), known.hash)


NOBODY = PinHash(LOG2N, BLOCK, PARALLEL, bytes(16), bytes(32))  # what an unknown user's PIN is compared with


def _scrypt(pin: str, salt: bytes, log2n: int, block: int, parallel: int) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # only where there are users: it takes memory

    return Scrypt(salt=salt, length=32, n=1 << log2n, r=block, p=parallel).derive(pin.encode("utf-8", "replace"))


def wait_s(failed_times: int) -> int:
    """How long after so many wrong PINs in a row the next one must wait."""
    over = failed_times - FREE_TRIES
    if over < 0:
        return 0
    return min(FIRST_WAIT_S << min(over, 16), LONGEST_WAIT_S)


def check_user(id: str, name: str, role: str) -> str:
    """What is wrong with a user, or empty."""
    if not is_user_id(id):
        return f"a user's number is 1 to {MAX_ID} letters A to Z and digits"
    if not 1 <= len(name) <= MAX_USER_NAME or not name.isprintable():
        return f"a user's name is 1 to {MAX_USER_NAME} printable characters"
    if role not in ROLES:
        return f"a role is one of {', '.join(ROLES)}"
    return ""


def by_id(users: Iterable[User]) -> dict[str, User]:
    return {user.id: user for user in users}
