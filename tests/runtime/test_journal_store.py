"""The journal on real files and on failing ones: nothing acknowledged is lost, nothing edited goes unseen."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.journal.errors import SENTENCES, JournalError
from runtime.journal.rows import make_row, read_row
from runtime.journal.store import AppendContext, Journal
from runtime.sale import events as e
from runtime.sale.machine import fold, step
from runtime.sale.state import Checkout, State
from runtime.wire.pack import WireError, pack
from runtime.wire.records import PackedRecord
from tests.runtime.sale_events import AT, item, sale

ROOT = Path(__file__).resolve().parents[2]


def opened(path: Path, machine: str = "till-1", vfs: str | None = None) -> Journal:
    return Journal.open(path, machine=machine, random_epoch=lambda: 77, vfs=vfs)


def closing(sequence: int) -> Callable[[AppendContext], PackedRecord]:
    def close(context: AppendContext) -> PackedRecord:
        rows = [context.first_row, context.seq]
        body = pack({"SequenceNumber": sequence, "head": context.head, "rows": rows, "epoch": context.epoch})
        return PackedRecord(sequence, hashlib.sha256(body).digest(), body)

    return close


def put(journal: Journal, checkout: Checkout, events: list[e.Event]) -> Checkout:
    for event in events:
        before = checkout.last_sequence
        checkout, _ = step(checkout, event)
        if checkout.last_sequence > before:
            journal.append(AT, "set", event, closing(checkout.last_sequence), checkpoint=checkout)
        else:
            journal.append(AT, "set", event)
    return checkout


def three_sales(path: Path) -> Checkout:
    journal = opened(path)
    checkout = put(journal, Checkout(), [*sale(), *sale(990), *sale(5), item(), e.MemberIdentified("M7")])
    journal.close()
    return checkout


def test_what_is_appended_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lane" / "journal.db"
    checkout = three_sales(path)
    journal = opened(path)
    assert journal.recover() == checkout
    assert (journal.last_seq, journal.last_sequence, journal.verify()) == (14, 3, None)
    assert [row.seq for row in journal.rows(1, 99)] == list(range(1, 15))
    assert fold(row.read_event() for row in journal.rows(1, 14)) == checkout
    records = journal.records(0, 50)
    assert [record.sequence for record in records] == [1, 2, 3]
    assert journal.record(2) == records[1] and journal.record(4) is None
    assert [r.sequence for r in journal.records(0, 50, max_bytes=len(records[0].body) * 2)] == [1, 2]
    assert [r.sequence for r in journal.records(1, 50, max_bytes=1)] == [2]
    journal.close()
    journal.close()
    with pytest.raises(JournalError) as caught:
        journal.append(AT, "set", item())
    assert caught.value.code == "CLOSED"


def test_a_false_checkpoint_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    checkout = three_sales(path)
    whole_file = path.read_bytes()
    for lie in (
        "DELETE FROM checkpoints",
        "UPDATE checkpoints SET body = x'80'",
        "UPDATE checkpoints SET seq = 5",
        "UPDATE checkpoints SET sum = 7",
    ):
        path.write_bytes(whole_file)
        raw = apsw.Connection(str(path))
        raw.execute(lie)
        raw.close()
        journal = opened(path)
        assert journal.recover() == checkout
        journal.close()


def test_edited_moved_and_removed_rows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "j"
    three_sales(path)
    whole_file = path.read_bytes()
    edits = {
        "UPDATE rows SET body = CAST(replace(CAST(body AS TEXT), '6901', '6902') AS BLOB) WHERE seq = 5": 5,
        "UPDATE rows SET hash = zeroblob(32) WHERE seq = 3": 3,
        "DELETE FROM rows WHERE seq = 9": 9,
        "DELETE FROM rows WHERE seq >= 11": 11,
        "UPDATE records SET body = x'80' WHERE sequence = 2": 7,
        "DELETE FROM records WHERE sequence = 2": 7,
        "DELETE FROM records WHERE sequence = 3": 11,
        "UPDATE rows SET seq = CASE seq WHEN 2 THEN 1000 ELSE seq END": 2,
    }
    for edit, bad in edits.items():
        path.write_bytes(whole_file)
        raw = apsw.Connection(str(path))
        raw.execute(edit)
        raw.close()
        journal = opened(path)
        assert journal.verify() == bad, edit
        journal.close()
    path.write_bytes(whole_file)
    raw = apsw.Connection(str(path))
    raw.execute("UPDATE rows SET hash = zeroblob(32) WHERE seq = 13")
    raw.close()
    journal = opened(path)
    with pytest.raises(JournalError) as caught:
        journal.recover()
    assert (caught.value.code, caught.value.args_named) == ("CHAIN_BROKEN", {"row": 13})
    assert "Row 13" in str(caught.value)
    journal.close()


def test_another_machine_begins_an_epoch_and_the_old_one_is_still_offered(tmp_path: Path) -> None:
    path = tmp_path / "j"
    three_sales(path)
    journal = opened(path, machine="till-2")
    assert journal.epoch == 78  # 77 is used
    assert (journal.recover(), journal.last_seq, journal.last_sequence) == (Checkout(), 0, 0)
    put(journal, Checkout(), sale())
    assert [(x.epoch, x.machine, x.last_sequence) for x in journal.epochs()] == [(77, "till-1", 3), (78, "till-2", 1)]
    assert [r.sequence for r in journal.records(1, 9, epoch=77)] == [2, 3]
    assert journal.verify() is None and journal.verify(77) is None
    with pytest.raises(JournalError) as caught:
        journal.records(0, 1, epoch=5)
    assert caught.value.code == "NO_SUCH_EPOCH"
    journal.close()
    journal = opened(path, machine="till-2")
    assert journal.epoch == 78
    journal.close()


def test_one_program_at_a_time(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    with pytest.raises(JournalError) as caught:
        opened(tmp_path / "j")
    assert caught.value.code == "IN_USE"
    journal.close()


def test_watermarks_go_to_disk_with_the_next_row(tmp_path: Path) -> None:
    path = tmp_path / "j"
    three_sales(path)
    journal = opened(path)
    journal.note_watermarks(77, 2, 1)
    assert [(x.stored, x.settled) for x in journal.epochs()] == [(2, 1)]
    journal.append(AT, "set", e.MemberIdentified("M8"))
    journal.note_watermarks(77, 3, 2)
    journal.close()
    journal = opened(path)
    assert [(x.stored, x.settled) for x in journal.epochs()] == [(3, 2)]
    journal.close()


def test_an_event_without_a_packed_form_writes_nothing(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    for event in (
        e.MemberIdentified("\ud800"),
        e.Subtotalled({}, {"total": 1.5}),
        e.Weighed(1 << 70),
        e.MemberIdentified("x" * (1 << 20)),
    ):
        with pytest.raises(WireError):
            journal.append(AT, "set", event)
    with pytest.raises(WireError):
        journal.append(AT, "set", item(), closing(7))
    assert journal.last_seq == 0
    assert journal.append(AT, "set", item()) == 1
    journal.close()


# -- files that are no journals --------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_garbage_is_an_error_with_a_sentence(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "j"
    for old in tmp_path.iterdir():
        old.unlink()
    three_sales(path)
    whole_file = bytearray(path.read_bytes())
    kind = data.draw(st.sampled_from(["random", "cut", "flips"]))
    if kind == "random":
        path.write_bytes(data.draw(st.binary(max_size=4000)))
    elif kind == "cut":
        path.write_bytes(whole_file[: data.draw(st.integers(0, len(whole_file)))])
    else:
        for _ in range(data.draw(st.integers(1, 40))):
            whole_file[data.draw(st.integers(0, len(whole_file) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(whole_file)
    try:
        journal = opened(path)
        try:
            journal.recover()
            journal.verify()
            journal.rows(1, 100)
            journal.records(0, 100)
            journal.epochs()
            journal.append(AT, "set", item())
        finally:
            journal.close()
    except JournalError as error:
        assert error.code in SENTENCES and str(error)


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(JournalError) as caught:
        opened(tmp_path)
    assert caught.value.code == "CANNOT_OPEN"
    (tmp_path / "f").write_text("")
    with pytest.raises(JournalError) as caught:
        opened(tmp_path / "f" / "j")
    assert caught.value.code == "CANNOT_OPEN"


@given(st.binary(max_size=200))
def test_rows_are_read_strictly(body: bytes) -> None:
    try:
        read_row(body).read_event()
    except WireError:
        pass


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_mutated_row_is_another_row_or_an_error(at: int, byte: int) -> None:
    body = bytearray(make_row(1, AT, "set", item()))
    body[at % len(body)] = byte
    try:
        read_row(bytes(body)).read_event()
    except WireError:
        pass


# -- disks that fail -------------------------------------------------------------------------------------------------


class FailingFile(apsw.VFSFile):
    def __init__(self, vfs: FailingVFS, name: object, flags: list[int]) -> None:
        super().__init__("", name, flags)  # type: ignore[arg-type]  # apsw.URIFilename, as SQLite gave it
        self._vfs = vfs

    def xWrite(self, data: bytes, offset: int) -> None:
        self._vfs.count("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._vfs.count("sync")
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:
        self._vfs.count("truncate")
        super().xTruncate(size)


class FailingVFS(apsw.VFS):
    """The real file system, until `fail_at` operations of `kinds` are done; then each fails."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.counts: dict[str, int] = {}
        self.kinds: frozenset[str] = frozenset()
        self.fail_at = 0
        self.failure = "IOError"
        self.done = 0

    def xOpen(self, name: object, flags: list[int]) -> apsw.VFSFile:
        return FailingFile(self, name, flags)

    def count(self, kind: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind in self.kinds:
            self.done += 1
            if self.done > self.fail_at:
                raise getattr(apsw, self.failure)(f"injected in {kind}")

    def break_now(self, failure: str, kinds: set[str], after: int) -> None:
        self.failure, self.kinds, self.fail_at, self.done = failure, frozenset(kinds), after, 0

    def mend(self) -> None:
        self.kinds = frozenset()


@pytest.fixture
def failing() -> Iterator[FailingVFS]:
    vfs = FailingVFS("failing-test")
    yield vfs
    vfs.unregister()


def test_one_sync_a_commit(tmp_path: Path, failing: FailingVFS) -> None:
    journal = opened(tmp_path / "j", vfs="failing-test")
    failing.counts.clear()
    for number in range(1000):
        journal.append(AT, "set", e.MemberIdentified(f"M{number}"))
    assert 1000 <= failing.counts["sync"] <= 1100
    journal.close()


def test_the_settings_that_were_proved_are_the_ones_in_use(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    connection = journal._database.connection
    for pragma, value in {
        "journal_mode": "wal",
        "synchronous": 2,
        "locking_mode": "exclusive",
        "mmap_size": 0,
        "wal_autocheckpoint": 0,
    }.items():
        found = connection.execute(f"PRAGMA {pragma}").fetchone()
        assert (found[0] if found else 0) == value, pragma
    assert (tmp_path / "j-wal").exists()
    assert not (tmp_path / "j-shm").exists()
    journal.close()


@pytest.mark.parametrize("failure", ["FullError", "IOError"])
@pytest.mark.parametrize("kinds", [{"write"}, {"sync"}, {"write", "sync", "truncate"}])
def test_every_write_and_sync_may_fail(tmp_path: Path, failing: FailingVFS, failure: str, kinds: set[str]) -> None:
    """For every k: the k-th operation and all after it fail. Nothing acknowledged is lost, nothing is half there."""
    for after in range(14):
        path = tmp_path / f"{after}"
        journal = opened(path, vfs="failing-test")
        checkout = put(journal, Checkout(), sale())
        acknowledged = journal.last_seq
        failing.break_now(failure, kinds, after)
        code = ""
        try:
            for event in [*sale(), *sale()]:
                checkout_after, _ = step(checkout, event)
                if checkout_after.last_sequence > checkout.last_sequence:
                    number = checkout_after.last_sequence
                    acknowledged = journal.append(AT, "set", event, closing(number), checkout_after)
                else:
                    acknowledged = journal.append(AT, "set", event)
                checkout = checkout_after
        except JournalError as error:
            code = error.code
            assert code in ("DISK_FULL", "IO_FAILED")
        failing.mend()
        if code == "DISK_FULL":
            assert failure == "FullError"
            journal.append(AT, "set", e.PrintBegun(1, False))  # room was made: it goes on
            acknowledged += 1
            assert journal.last_seq == acknowledged
        elif code == "IO_FAILED":
            with pytest.raises(JournalError) as caught:
                journal.append(AT, "set", item())
            assert caught.value.code == "IO_FAILED"
            with pytest.raises(JournalError):
                journal.records(0, 1)
        journal.close()
        journal = opened(path)
        recovered = journal.recover()
        assert journal.last_seq in (acknowledged, acknowledged + 1)
        assert journal.verify() is None
        assert recovered.last_sequence == journal.last_sequence >= checkout.last_sequence
        journal.close()


def test_a_failed_sync_in_the_checkpoint_is_not_swallowed(tmp_path: Path, failing: FailingVFS) -> None:
    journal = opened(tmp_path / "j", vfs="failing-test")
    journal.append(AT, "set", item())
    failing.break_now("IOError", {"sync"}, 0)
    journal._database.tidy()
    failing.mend()
    with pytest.raises(JournalError) as caught:
        journal.append(AT, "set", item())
    assert caught.value.code == "IO_FAILED"
    journal.close()
    journal = opened(tmp_path / "j")
    assert journal.recover().sale.state is State.RINGING
    journal.close()


# -- kill -9 ---------------------------------------------------------------------------------------------------------

CHILD = """
import sys
from pathlib import Path
from runtime.journal.store import Journal
from runtime.sale.events import MemberIdentified
journal = Journal.open(Path(sys.argv[1]), machine="till-1", random_epoch=lambda: 77)
{fault}
print("ready", flush=True)
while True:
    print(journal.append("2026-11-22T18:30:00", "set", MemberIdentified(f"M{{journal.last_seq}}")), flush=True)
"""


def killed(path: Path, delay_s: float, fault: str = "") -> int:
    """The last acknowledged row of a child that was killed in the middle of its work."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(fault=fault), str(path)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    seen = [child.stdout.readline()]
    rows = 1 + int(delay_s * 150)
    while len(seen) < rows:
        seen.append(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    seen += child.stdout.readlines()
    child.wait()
    child.stdout.close()
    return max(int(line) for line in seen if line.endswith(b"\n"))


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "j"
    dice = random.Random(9)
    for _ in range(15):
        acknowledged = killed(path, dice.random())
        journal = opened(path)
        assert journal.last_seq >= acknowledged
        assert journal.recover().sale.member == f"M{journal.last_seq - 1}"
        assert journal.verify() is None
        journal.close()


def test_an_answer_before_the_commit_is_caught(tmp_path: Path) -> None:
    """The same test finds the fault it is there for: rows that are acknowledged in a transaction that is still open."""
    fault = "journal._database.connection.execute('SAVEPOINT a')\n" + (
        "from contextlib import nullcontext\n"
        "journal._database.transaction = lambda: nullcontext(journal._database.connection)"
    )
    acknowledged = killed(tmp_path / "j", 0.2, fault)
    journal = opened(tmp_path / "j")
    assert journal.last_seq < acknowledged
    journal.close()
