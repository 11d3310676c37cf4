"""A process's log: on standard error, and in a ring of files of fixed total size. Everything in it is scrubbed.

The ring is `NAME.log` and its elders `NAME.log.1` to `.3`, a quarter of the size each; the eldest goes when the newest
is full. A log that cannot be written (a full disk, a folder that is gone) is passed over: it is never worth a sale.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from collections import deque
from pathlib import Path
from types import TracebackType

from runtime.service.scrub import scrub

PIECES = 4
MAX_ENTRY = 8000  # characters: a traceback as a rule is less
DEFAULT_TOTAL_KB = 1024
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

log = logging.getLogger("lane")


class Scrubbed(logging.Formatter):
    """The whole entry, its traceback too."""

    def format(self, record: logging.LogRecord) -> str:
        text = scrub(super().format(record))
        return text if len(text) <= MAX_ENTRY else text[:MAX_ENTRY] + " ..."


class Ring(logging.handlers.RotatingFileHandler):
    """At most `total_kb` on disk, whatever is logged."""

    def __init__(self, path: Path, total_kb: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(
            path, maxBytes=total_kb * 1024 // PIECES, backupCount=PIECES - 1, encoding="utf-8", errors="replace"
        )
        self.setFormatter(Scrubbed(FORMAT))

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """By bytes: the library counts characters, and Chinese has three bytes each."""
        if self.stream is None:
            self.stream = self._open()
        entry = len((self.format(record) + self.terminator).encode("utf-8", "replace"))
        self.stream.seek(0, 2)
        return self.stream.tell() > 0 and self.stream.tell() + entry > self.maxBytes

    def handleError(self, record: logging.LogRecord) -> None:
        pass


def begin(where: logging.Logger | None = None) -> None:
    """Log to standard error; what ends the process without being caught is logged too. Once a process."""
    logger = logging.getLogger() if where is None else where
    if not logger.handlers:
        shown = logging.StreamHandler()
        shown.setFormatter(Scrubbed(FORMAT))
        logger.addHandler(shown)
    logger.setLevel(logging.INFO)
    sys.excepthook = _uncaught


def keep(path: Path, total_kb: int, where: logging.Logger | None = None) -> None:
    """Log to the ring at `path`, too. Where it cannot be made, that is in the log on standard error."""
    logger = logging.getLogger() if where is None else where
    try:
        logger.addHandler(Ring(path, total_kb))
    except OSError as error:
        logger.warning("no log is kept at %s: %s", path, error.strerror or error)


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a ring, oldest first; none where there is none. Raises OSError where it cannot be read."""
    lines: deque[str] = deque(maxlen=count)
    for number in reversed(range(PIECES)):
        piece = path.with_name(f"{path.name}.{number}") if number else path
        try:
            with piece.open(encoding="utf-8", errors="replace") as file:
                lines.extend(line.rstrip("\n") for line in file)
        except FileNotFoundError:
            continue  # it has not come so far, or was renamed a moment ago
    return list(lines)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("ended", exc_info=(kind, error, trace))
