"""The real daemon's edges: its start, its neighbours, its memory, its log, and front ends that send anything."""

from __future__ import annotations

import json
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rig import LANE, ROOT, FrontEnd, Store, wait_for

from runtime.wire.frames import encode
from runtime.wire.messages import COMMANDS, PROTOCOL, Command, Hello

MILK = "6901234567892"
HEAVY = {"httpx", "starlette", "uvicorn", "PIL", "escpos", "kivy", "qrcode", "runtime.gateway", "ui"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("book"))
    store.compile()
    return store.snapshot


def without_devices(text: str) -> str:
    return text[: text.index("# The devices are simulated")]


@pytest.fixture
def alone(tmp_path: Path, snapshot: Path) -> Iterator[Store]:
    """A terminal without gateway or devices, not started yet."""
    store = Store(tmp_path, settings=without_devices)
    shutil.copy(snapshot, store.snapshot)
    yield store
    store.stop()


def end_of(words: list[str]) -> tuple[int, str]:
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=20)
    return done.returncode, done.stderr


def test_a_second_daemon_does_not_steal_the_socket_or_the_journal(alone: Store) -> None:
    alone.terminal.start()
    front = alone.front_end
    status, said = end_of(alone.terminal.words)
    assert status == 1 and "in use by another program" in said
    other = alone.folder / "other.toml"
    text = alone.terminal_file.read_text(encoding="utf-8")
    other.write_text(text.replace("run/journal.db", "run/other.db"), encoding="utf-8")
    status, said = end_of([*LANE, "terminal", "--config", str(other)])
    assert status == 1 and "another daemon serves this socket" in said
    assert "Traceback" not in said
    front.must("scan", code=MILK)
    FrontEnd(alone.socket).must("scan", code=MILK)  # the path is the first one's still
    assert len(front.wait(lambda view: len(view.lines) == 2).lines) == 2


@pytest.mark.parametrize("made", [False, True])
def test_a_disk_that_is_full_at_the_start_is_said_and_passes(alone: Store, tmp_path: Path, made: bool) -> None:
    if made:
        alone.terminal.start()
        alone.front_end.must("scan", code=MILK)
        alone.terminal.kill(signal.SIGKILL)
    flag = tmp_path / "full"
    flag.touch()
    wrapped = [sys.executable, str(Path(__file__).parent / "full_disk.py"), str(flag)]
    words = [*wrapped, *alone.terminal.words[len(LANE) :]]
    status, said = end_of(words)
    assert status == 1 and "disk is full" in said and "Traceback" not in said
    flag.unlink()
    alone.terminal.words = words
    alone.terminal.start()
    assert len(alone.front_end.wait(lambda view: True).lines) == made


def test_a_sync_that_fails_ends_the_daemon_and_it_comes_back_right(alone: Store, tmp_path: Path) -> None:
    flag = tmp_path / "fails"
    alone.terminal.words[: len(LANE)] = [sys.executable, str(Path(__file__).parent / "failing_disk.py"), str(flag)]
    alone.terminal.start()
    alone.front_end.must("scan", code=MILK)
    flag.touch()
    answer = alone.front_end.ask("scan", code=MILK)
    assert not answer.ok and answer.sentence is not None and answer.sentence.code == "IO_FAILED"
    process = alone.terminal.process
    assert process is not None and process.wait(10) == 1
    flag.unlink()
    alone.terminal.start()
    lines = alone.front_end.wait(lambda view: True).lines
    assert len(lines) in (1, 2)  # nobody knows whether the row whose sync failed is there; the daemon reads what is
    alone.front_end.must("scan", code=MILK)
    assert len(alone.front_end.wait(lambda view: len(view.lines) == len(lines) + 1).lines) == len(lines) + 1


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("labels.toml", lambda file: file.write_text("[label.x]\nlength = 13\n"), "labels.toml"),
        ("demo.snapshot", lambda file: file.write_bytes(b"nonsense"), "cannot be used"),
        ("run/journal.db", lambda file: file.write_bytes(b"nonsense" * 1000), "not a journal"),
    ],
)
def test_what_a_person_must_mend_is_said_with_status_2(alone: Store, name: str, change: Any, said: str) -> None:
    change(alone.folder / name)
    status, heard = end_of(alone.terminal.words)
    assert status == 2 and said in heard and "Traceback" not in heard


def test_a_broken_chain_is_not_started_again_and_again(alone: Store) -> None:
    alone.terminal.start()
    for _ in range(3):
        alone.front_end.must("scan", code=MILK)
    alone.terminal.kill(signal.SIGTERM)
    import apsw

    database = apsw.Connection(str(alone.run / "journal.db"))
    database.execute("UPDATE rows SET body = zeroblob(9) WHERE seq = 2")
    database.close()
    status, heard = end_of(alone.terminal.words)
    assert status == 2 and "Row 2 of the journal" in heard and "Traceback" not in heard


def test_it_imports_nothing_that_a_till_has_no_memory_for() -> None:
    code = (
        "import sys\n"
        "import runtime.cli, runtime.terminal.command, runtime.terminal.daemon\n"
        "import drivers.scanner.serial_line, drivers.scale.cas, drivers.pos_printer.escpos\n"
        "import drivers.line_display.led8, drivers.electronic_value.simulated\n"
        f"print([name for name in {sorted(HEAVY)!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_front_ends_that_send_anything_neither_end_it_nor_write_nonsense(alone: Store) -> None:
    alone.terminal.start()
    rng = random.Random(20261122)
    names = [*COMMANDS, "", "x" * 60, "scan\x00", "__init__"]
    values: list[Any] = [
        0, 1, -1, 2**63, 2**64 - 1, -(2**63), None, "", MILK, "x" * 10_000, "\u202e", "0", "1.5", "9999-12-31T23:59:59",
    ]  # fmt: skip
    for _ in range(6):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(5)
        peer.connect(str(alone.socket))
        sent = encode(Hello(PROTOCOL, "tool"))
        for number in range(80):
            name = rng.choice(names)
            keys = list(COMMANDS.get(name, ({},))[0]) if rng.random() < 0.8 else ["qty", "zzz", ""]
            sent += encode(Command(number, name, {key: rng.choice(values) for key in keys}))
        cut = rng.randrange(len(sent))
        ending = rng.choice([b"", rng.randbytes(200), struct.pack(">I", 5) + b"\x81\xa1t\xa1X", sent[cut:]])
        peer.sendall(sent + ending)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(1 << 16):
            pass
        peer.close()
        assert alone.terminal.alive(), alone.terminal.tail()
    front = alone.front_end
    for _ in range(4):
        if front.wait(lambda view: True).state not in ("idle", "ringing"):
            front.ask("cancel")
    before = len(front.wait(lambda view: True).lines)
    front.must("scan", code=MILK)
    after = front.wait(lambda view: view.lines and view.lines[-1].name)
    assert len(after.lines) in (before + 1, 1)
    alone.terminal.kill(signal.SIGKILL)
    alone.terminal.start()
    again = alone.front_end.wait(lambda view: True)
    assert (again.lines, again.total_minor, again.state) == (after.lines, after.total_minor, after.state)
    assert "Traceback" not in alone.terminal.tail(10_000)


def test_the_log_has_neither_codes_nor_telephones(tmp_path: Path, snapshot: Path) -> None:
    store = Store(tmp_path)
    shutil.copy(snapshot, store.snapshot)
    code, phone = "134567890123456700", "13800138000"
    with store:
        front = store.front_end
        front.wait(lambda view: all(device.ok for device in view.devices), 20)
        store.scan(code)  # too early
        store.scan(phone)
        store.control("scanner", raw=(code.encode() + b"\x01\r").hex())
        front.must("member", id=phone)
        front.must("scan", code=MILK)
        front.must("subtotal")
        store.scan(code)
        front.wait(lambda view: view.state == "closed")
        front.wait(lambda view: view.receipts_waiting == 0)
        slips = json.dumps(store.slips(), ensure_ascii=False)
        store.terminal.kill(signal.SIGTERM)
    log = store.terminal.tail(10_000)
    for secret in (code, code[:14], phone):
        assert secret not in log and secret not in slips
    for file in store.run.glob("journal.db*"):
        assert code[:14].encode() not in file.read_bytes()


def pss_kb(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:")))


@pytest.mark.long
def test_a_thousand_sales_without_a_gateway_grow_nothing_and_then_drain(tmp_path: Path, snapshot: Path) -> None:
    store = Store(tmp_path, settings=without_devices)
    shutil.copy(snapshot, store.snapshot)
    try:
        store.terminal.start()
        front = store.front_end

        def sell(count: int) -> None:
            for _ in range(count):
                for _ in range(3):
                    front.must("scan", code=MILK)
                front.must("subtotal")
                front.must("cash", amount_minor=100_000)

        sell(100)
        before_kb = pss_kb(store.terminal.pid)
        began_s = time.monotonic()
        sell(1000)
        took_s = time.monotonic() - began_s
        after_kb = pss_kb(store.terminal.pid)
        assert front.wait(lambda view: True).network.unsent == 1100
        began_s = time.monotonic()
        store.gateway.start()
        front.wait(lambda view: view.network.unsent == 0, 90)
        drained_s = time.monotonic() - began_s
        drained_kb = pss_kb(store.terminal.pid)
        print(f"PSS {before_kb} kB, then {after_kb} after 1,000 sales in {took_s:.1f} s")
        print(f"drained in {drained_s:.1f} s: {drained_kb} kB")
        assert after_kb - before_kb < 3_000
        wait_for("room", lambda: pss_kb(store.terminal.pid) - before_kb < 10_000)
    finally:
        store.stop()
