"""The log's ring: never more than its size, never a card's number, and never a reason to fail."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.service.log import MAX_ENTRY, Ring, keep, last_lines

CARD = "4111111111111111"


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    one = logging.Logger("lane.test")
    yield one
    for handler in one.handlers:
        handler.close()


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_whatever_is_logged_the_ring_keeps_its_size_and_the_last_lines(tmp_path: Path, log: logging.Logger) -> None:
    path = tmp_path / "log" / "terminal.log"
    keep(path, 64, log)
    for number in range(3000):
        log.info("设备 %d: %s", number, "的" * (number % 90))
        assert number % 100 or on_disk(path.parent) <= 64 * 1024
    log.info("x" * 100_000)
    assert on_disk(path.parent) <= 64 * 1024 and len(list(path.parent.iterdir())) == 4
    lines = last_lines(path, 3)
    assert "设备 2998" in lines[0] and "设备 2999" in lines[1]
    assert lines[2].endswith("x ...") and len(lines[2]) <= MAX_ENTRY + 4


def test_arguments_and_tracebacks_are_scrubbed(tmp_path: Path, log: logging.Logger) -> None:
    path = tmp_path / "terminal.log"
    keep(path, 64, log)
    try:
        raise ValueError(f"no such code: {CARD}")
    except ValueError:
        log.exception("scanned %s by 13812345678", CARD)
    text = path.read_text(encoding="utf-8")
    assert CARD not in text and "13812345678" not in text
    assert text.count("****1111") == 2 and "138****5678" in text and "Traceback" in text


def test_a_plain_formatter_would_be_found_out(tmp_path: Path, log: logging.Logger) -> None:
    """The fault that the test above would see."""
    ring = Ring(tmp_path / "terminal.log", 64)
    ring.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(ring)
    log.error("%s", CARD)
    assert CARD in (tmp_path / "terminal.log").read_text(encoding="utf-8")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path, log: logging.Logger) -> None:
    (tmp_path / "file").touch()
    keep(tmp_path / "file" / "log" / "terminal.log", 64, log)  # its folder cannot be made
    assert log.handlers == []
    keep(tmp_path / "log" / "terminal.log", 64, log)
    (ring,) = log.handlers
    assert isinstance(ring, Ring)
    with open("/dev/full", "ab", buffering=0) as full, open("/dev/null", "ab", buffering=0) as null:  # noqa: PTH123
        os.dup2(full.fileno(), ring.stream.fileno())
        log.info("nobody hears it")
        os.dup2(null.fileno(), ring.stream.fileno())
    assert last_lines(tmp_path / "log" / "terminal.log", 5) == []
