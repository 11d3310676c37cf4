"""Which gateways' certificates count no more: head office's own list, a file beside its keys.

    revoked.json    {"revoked": [{"store": "S001", "before_ms": ..., "number": "", "by": "...", "at_ms": ...}, ...]}

`lane hq revoke` adds to it, and the server looks with every request whether the file is another. A file and no table:
who gets in must be known while the database is away, for prices are given then too. Nothing ever leaves the list.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runtime.hq.errors import HqError
from runtime.tools.files import one_at_a_time, read_limited, write_whole
from runtime.trust.names import Peer

FILE = "revoked.json"
MAX_BYTES = 4 << 20
SECOND_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Of one certificate of a store's gateway by its `number` (hex), or, where that is empty, of all that were made
    before `before_ms`. `at_ms`: when it was written. Times in milliseconds since 1970, UTC."""

    store: str
    number: str = ""
    before_ms: int = 0
    by: str = ""
    at_ms: int = 0

    def covers(self, peer: Peer) -> bool:
        if peer.role != "gateway" or peer.store != self.store:
            return False
        return int(self.number, 16) == peer.serial if self.number else peer.made_ms < self.before_ms


class RevokedList:
    """The list as the server asks it."""

    def __init__(self, path: Path) -> None:
        """Raises HqError `revoked_unread`. Where there is no file nothing was revoked yet."""
        self._path = path
        self._seen = _state(path)
        self._list: Sequence[Revocation] = read(path) if self._seen is not None else ()

    def check(self, peer: Peer) -> None:
        """Raises HqError `revoked`, and `revoked_unread` where nobody can say: a list that is damaged, or is gone, lets
        nobody in."""
        seen = _state(self._path)
        if seen != self._seen:
            self._list = read(self._path)
            self._seen = seen
        if any(one.covers(peer) for one in self._list):
            raise HqError("revoked", peer=str(peer), number=f"{peer.serial:x}")


def read(path: Path) -> tuple[Revocation, ...]:
    """What is in the file. Raises HqError `revoked_unread`."""
    try:
        value = json.loads(read_limited(path, MAX_BYTES))
        return tuple(map(_revocation, value["revoked"]))
    except OSError as error:
        raise HqError("revoked_unread", path=str(path), detail=error.strerror or str(error)) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise HqError("revoked_unread", path=str(path), detail="it is no list of ours") from error


def add(path: Path, one: Revocation) -> None:
    """On disk when this returns. Raises HqError `revoked_unread`, OSError."""
    with one_at_a_time(path.parent):
        known = read(path) if path.exists() else ()
        if one not in known:
            value = {"revoked": [asdict(each) for each in (*known, one)]}
            write_whole(path, json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n")


def _revocation(value: Any) -> Revocation:
    one = Revocation(**value)
    number = int(one.number, 16) if one.number else 0
    if not isinstance(one.store, str) or type(one.before_ms) is not int or type(one.at_ms) is not int or number < 0:
        raise ValueError("no revocation")
    return one


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes with the file; None where it is not there. What cannot be looked at is found when it is read."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    except OSError:
        return (0, 0, 0)
    return state.st_mtime_ns, state.st_ino, state.st_size
