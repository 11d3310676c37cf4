"""The service manager's side of sd_notify: a datagram socket, and what came to it."""

from __future__ import annotations

import socket
import time
from pathlib import Path


class Manager:
    """`name` is what $NOTIFY_SOCKET says; abstract where there is no `path`."""

    def __init__(self, path: Path | None = None) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path) if path is not None else "")  # "": the kernel gives an abstract name
        own = self._socket.getsockname()
        self.name = str(path) if path is not None else "@" + own[1:].decode()

    def heard(self, within_s: float) -> list[str]:
        """The next message as lines; none where nothing comes."""
        self._socket.settimeout(within_s)
        try:
            return self._socket.recv(4096).decode().splitlines()
        except TimeoutError:
            return []

    def wait(self, what: str, within_s: float = 20.0) -> list[str]:
        """The next message with a line that begins so. Raises AssertionError."""
        until = time.monotonic() + within_s
        while (left := until - time.monotonic()) > 0:
            lines = self.heard(left)
            if any(line.startswith(what) for line in lines):
                return lines
        raise AssertionError(f"no {what} within {within_s:g} s")

    def falls_silent(self, quiet_s: float, within_s: float) -> bool:
        """Whether nothing comes for `quiet_s`, before `within_s` are over."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if not self.heard(quiet_s):
                return True
        return False

    def close(self) -> None:
        self._socket.close()
