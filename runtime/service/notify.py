"""What a process says to the service manager that started it: sd_notify(3), without a library.

`$NOTIFY_SOCKET` names a datagram socket; a name that begins with @ is abstract. Where there is none, nothing is said:
a process runs the same by hand. Nothing here raises or waits long: to be heard is never worth a sale.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

SEND_S = 0.2  # what a manager that reads nothing may cost
MAX_STATUS = 200  # characters


class Notifier:
    """`READY=1` once, `STATUS=` whenever it changes, `WATCHDOG=1` for each proof of life, `STOPPING=1` at the end."""

    def __init__(self, environ: Mapping[str, str] = os.environ, pid: int | None = None) -> None:
        name = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name
        self.watchdog_s = _watchdog_s(environ, os.getpid() if pid is None else pid) if name else 0.0
        self._status = ""

    @property
    def listens(self) -> bool:
        return bool(self._address)

    def ready(self, status: str = "") -> None:
        self._status = status
        self._tell("READY=1", *([f"STATUS={_line(status)}"] if status else []))

    def status(self, text: str) -> None:
        if text != self._status:
            self._status = text
            self._tell(f"STATUS={_line(text)}")

    def alive(self) -> None:
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as one:
                one.settimeout(SEND_S)
                one.sendto("\n".join(lines).encode(), self._address)
        except OSError:
            pass  # what counts comes again; a process that is not heard at all is started again


def _watchdog_s(environ: Mapping[str, str], pid: int) -> float:
    """Within how many seconds each `alive` is expected (sd_watchdog_enabled(3)); 0 where none is, of us."""
    try:
        microseconds = int(environ.get("WATCHDOG_USEC", "0"))
        meant = int(environ.get("WATCHDOG_PID", str(pid)))
    except ValueError:
        return 0.0
    return microseconds / 1e6 if microseconds > 0 and meant == pid else 0.0


def _line(text: str) -> str:
    return " ".join(text.split())[:MAX_STATUS]
