"""What of a status wants attention: each line of the table, alone; and how memory is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.service.memory import ceiling_bytes, private_bytes
from runtime.terminal.sentences import network_sentence, sentence
from runtime.terminal.troubles import LOW_DISK_BYTES, STATUS_SENTENCES, trouble_of, troubles
from runtime.tools.status_words import in_json, in_words
from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import Sentence
from runtime.wire.status import (
    Status,
    StatusClock,
    StatusDevice,
    StatusDisk,
    StatusJournal,
    StatusMemory,
    StatusQueue,
    StatusSale,
    StatusTerminal,
    StatusVersions,
)

MB = 1 << 20
NOW = "2026-11-30T12:00:00"
WELL = Status(
    StatusTerminal("S1", "7", "0" * 16, 1, 60, 1),
    (StatusDevice("scanner", "Scanner", True, sentence("OK", device="scanner")),),
    StatusQueue(0, "", True, network_sentence("OK")),
    StatusSale(3, NOW, 0),
    StatusDisk(LOW_DISK_BYTES, 1000, "whole", ""),
    StatusClock(NOW, "unsynchronised"),
    StatusVersions("0.1.0", 2, False, "3.11", "3.54.1", 1, "ab" * 32, ""),
    StatusMemory(50 * MB, 144 * MB),
    StatusJournal(10, 3, 0, False),
)


def put(section: str, **changes: Any) -> Status:
    return replace(WELL, **{section: replace(getattr(WELL, section), **changes)})


CASES: list[tuple[Status, list[tuple[str, str]]]] = [
    (WELL, []),
    (
        replace(WELL, devices=(StatusDevice("p", "POSPrinter", False, sentence("EPTR_REC_EMPTY", device="p")),)),
        [("devices:p", "EPTR_REC_EMPTY")],
    ),
    (put("queue", ok=False, sentence=network_sentence("CONNECTING")), []),
    (put("queue", ok=False, sentence=network_sentence("GATEWAY_AWAY")), [("queue", "GATEWAY_AWAY")]),
    (put("queue", unsent=2, oldest_at="2026-11-30T11:30:00"), []),
    (put("queue", unsent=2, oldest_at="2026-11-30T11:29:59"), [("queue", "UNSENT_LONG")]),
    (put("queue", unsent=2, oldest_at="nonsense"), []),
    (put("last_sale", receipts_waiting=1), [("last_sale", "RECEIPTS_WAIT")]),
    (put("disk", code="DISK_LOW", free_bytes=0), [("disk", "DISK_LOW")]),
    (put("disk", free_bytes=LOW_DISK_BYTES - 1), [("disk", "DISK_FILLS")]),
    (put("disk", free_bytes=-1), []),
    (put("clock", quality="suspect"), [("clock", "CLOCK_SUSPECT")]),
    (put("clock", quality="rehearsal"), [("clock", "CLOCK_REHEARSAL")]),
    (put("versions", snapshot_refused="bad"), [("versions", "SNAPSHOT_REFUSED")]),
    (put("memory", private_bytes=116 * MB), [("memory", "MEMORY_NEAR")]),
    (put("memory", private_bytes=115 * MB), []),
    (put("memory", private_bytes=500 * MB, ceiling_bytes=0), []),
]


@pytest.mark.parametrize(("status", "wanted"), CASES)
def test_what_wants_attention(status: Status, wanted: list[tuple[str, str]]) -> None:
    found = list(troubles(status))
    assert [(one.about, one.sentence.code) for one in found] == wanted
    for one in found:
        assert one.sentence.text.format_map(one.sentence.args) and one.sentence.remedy.format_map(one.sentence.args)
    assert list(FrameReader().feed(encode(status))) == [status]


def test_a_daemon_of_another_version_is_shown_as_far_as_it_is_known() -> None:
    """Also a sentence that would be gigabytes of blanks, were it a format of Python's."""
    wide = Sentence("NEW", "{device:>9999999999} {what}", "", {"device": "scanner"})
    status = replace(
        put("disk", code="DISK_MELTS", reserve="melted"),
        devices=tuple(StatusDevice("s", "Scanner", False, one) for one in (wide, replace(wide, text=""))),
        queue=StatusQueue(2, "2026-11-30T11:00:00", True, network_sentence("OK")),
        clock=StatusClock(NOW + "+08:00", "lunar"),
    )  # fmt: skip
    found = list(troubles(status))
    lines = list(in_words(status, found, "attention", str))
    assert "  ! {device:>9999999999} {what}" in lines and "  ! DISK_MELTS" in lines
    assert any(line.endswith("reserve ?") for line in lines)
    assert in_json(status, found, "attention", str)["disk"]["reserve"] == "melted"


def test_every_sentence_is_said_somewhere() -> None:
    tested = {one.sentence.code for status, _ in CASES for one in troubles(status)}
    by_the_tool = {"NOT_RUNNING", "NO_ANSWER", "OTHER_VERSION", "UNREADABLE", "KEPT_HERE", "SENT_ALL"}
    assert set(STATUS_SENTENCES) == (tested & set(STATUS_SENTENCES)) | by_the_tool
    assert trouble_of("NOT_RUNNING", file="x").about == "terminal"


def test_memory_is_read_from_the_kernel_and_the_unit(tmp_path: Path) -> None:
    before = private_bytes()
    held = b"x" * (64 * MB)
    assert private_bytes() - before >= 48 * MB and len(held) == 64 * MB
    (tmp_path / "status").write_text("Name:\tlane\nRssAnon:\t  1000 kB\nRssFile:\t 9 kB\nVmSwap:\t 24 kB\n")
    assert private_bytes(tmp_path / "status") == 1024 * 1024
    assert private_bytes(tmp_path / "nothing") == -1
    group = tmp_path / "groups" / "system.slice" / "lane-terminal.service"
    group.mkdir(parents=True)
    (tmp_path / "cgroup").write_text("0::/system.slice/lane-terminal.service\n")
    for text, number in (("150994944\n", 144 * MB), ("max\n", 0)):
        (group / "memory.high").write_text(text)
        assert ceiling_bytes(tmp_path / "cgroup", tmp_path / "groups") == number
    assert ceiling_bytes(tmp_path / "nothing", tmp_path / "groups") == 0
