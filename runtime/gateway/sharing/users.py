"""The store's list of users, as `lane users` writes it: passed on to the terminals as it is. They read it strictly."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

log = logging.getLogger("lane.gateway")

MAX_USERS_BYTES = 256 << 10


class SharedUsers:
    """`path` None: this gateway keeps no list, and each terminal has its own."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self.text = b""
        self.hash = b""

    def look(self) -> bytes:
        """The hash of the list as it is now, empty where there is none. A file that cannot be read leaves the last."""
        if self._path is None:
            return b""
        try:
            found = self._path.stat()
            stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
            if stamp != self._seen:
                self._seen = stamp
                text = self._path.read_bytes()
                if not text or len(text) > MAX_USERS_BYTES:
                    log.error("the users file %s has %d bytes: the list before stays", self._path, len(text))
                else:
                    self.text, self.hash = text, hashlib.sha256(text).digest()
        except OSError as error:
            if self._seen != (0, 0, 0):
                log.error("the users file cannot be read: %s", error)
            self._seen = (0, 0, 0)
        return self.hash
