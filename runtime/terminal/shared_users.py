"""The store's list of users, taken over from the gateway into this till's own file, for work without a gateway.

Read strictly before it counts, and put in its place in one step: a list that cannot be used leaves the one before, and
who is signed on stays signed on.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from pathlib import Path

from runtime.link.ports import Link, LinkDown
from runtime.settings import SettingsError
from runtime.terminal.users_file import put_in_place, read_users

log = logging.getLogger(__name__)

PATH = "/v1/users"
MAX_USERS_BYTES = 256 << 10


class SharedUsersFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._refused = b""  # the hash of a list that cannot be used: it is not asked for again and again
        self._stamp: tuple[int, int, int] | None = None
        self._hash = b""

    @property
    def hash(self) -> bytes:
        """Of the file as it is now; read anew where it has changed."""
        try:
            found = self._path.stat()
            stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
            if stamp != self._stamp:
                self._hash = hashlib.sha256(self._path.read_bytes()).digest()
                self._stamp = stamp
        except OSError:
            return b""
        return self._hash

    async def fetch(self, link: Link, wanted: bytes) -> bool:
        """Take the list over whose hash this is. True where that was done. Raises nothing."""
        if wanted == self._refused:
            return False
        try:
            reply = await link.get(PATH)
        except LinkDown as error:
            log.info("the list of users did not come: %s", error)
            return False
        if reply.status != 200 or hashlib.sha256(reply.body).digest() != wanted:
            return False  # it changed meanwhile: the next beat says so
        try:
            await asyncio.to_thread(self._take, reply.body)
        except (SettingsError, ValueError) as error:
            self._refused = wanted
            log.error("the gateway's list of users cannot be used, the one before stays: %s", error)
            return False
        except OSError as error:
            log.error("the gateway's list of users cannot be written: %s", error)
            return False
        log.info("the list of users is the gateway's")
        return True

    def _take(self, text: bytes) -> None:
        if len(text) > MAX_USERS_BYTES:
            raise ValueError(f"it has {len(text)} bytes")
        new = self._path.with_name(f"{self._path.name}.gateway")
        try:
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                os.fchmod(handle, 0o600)
                file.write(text)
                file.flush()
                os.fsync(handle)
            if not read_users(new):
                raise ValueError("it has no users")
            put_in_place(new, self._path)
        finally:
            new.unlink(missing_ok=True)
