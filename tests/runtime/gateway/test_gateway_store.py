"""The gateway's store: once, in order, on disk before it says so, whatever the disk does."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.chain.check import MAX_VERSIONS
from runtime.gateway import database as database_module
from runtime.gateway import store as store_module
from runtime.gateway.database import GatewayDatabase
from runtime.gateway.errors import GatewayError
from runtime.gateway.store import GatewayStore
from runtime.serving.errors import Refused
from runtime.wire.pack import pack
from runtime.wire.records import RecordBatch
from tests.sim.batches import STORE, batch, packed, record
from tests.sim.disk import Disk

PATH = "/gateway.db"
# A connection that dies with its disk complains when it is forgotten.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def clock() -> Callable[[], int]:
    ticks = iter(range(1_000, 10_000_000))
    return lambda: next(ticks)


@pytest.fixture
def store(tmp_path: Path, clock: Callable[[], int]) -> Iterator[GatewayStore]:
    opened = GatewayStore.open(str(tmp_path / "a b?c#d.db"), STORE, clock)
    yield opened
    opened.close()


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    assert str(caught.value) and caught.value.answer().code == caught.value.code
    return caught.value.code


def kept(store: GatewayStore, terminal: str = "T1", epoch: int = 7) -> list[int]:
    return [r.sequence for r in store.records(terminal, epoch, 0, 500)]


def test_a_batch_is_kept_and_marked(store: GatewayStore) -> None:
    answer = store.ingest(batch("T1", 7, 1, 3))
    assert (answer.stored, answer.settled, answer.quarantined) == (3, 0, ())
    assert store.records("T1", 7, 0, 10) == batch("T1", 7, 1, 3).records
    assert store.records("T1", 7, 1, 1) == batch("T1", 7, 2, 1).records
    (one,) = store.terminals()
    assert (one.stored, one.records, one.sales, one.total_minor, one.quarantined) == (3, 3, 3, 300, 0)


def test_an_empty_batch_asks_for_the_watermark_and_writes_nothing(store: GatewayStore) -> None:
    assert store.ingest(batch("T1", 7, 1, 0)).stored == 0
    assert store.terminals() == ()
    store.ingest(batch("T1", 7, 1, 2))
    assert store.ingest(batch("T1", 7, 1, 0)).stored == 2


def test_the_same_again_is_kept_once(store: GatewayStore) -> None:
    for _ in range(3):
        assert store.ingest(batch("T1", 7, 1, 4)).stored == 4
    assert store.ingest(batch("T1", 7, 3, 4)).stored == 6
    assert kept(store) == [1, 2, 3, 4, 5, 6]
    assert store.terminals()[0].total_minor == 600


def test_beyond_a_gap_is_kept_but_not_claimed(store: GatewayStore) -> None:
    assert store.ingest(batch("T1", 7, 4, 3)).stored == 0
    assert store.ingest(batch("T1", 7, 8, 1)).stored == 0
    assert store.ingest(batch("T1", 7, 1, 2)).stored == 2
    assert store.ingest(batch("T1", 7, 3, 1)).stored == 6
    assert store.ingest(batch("T1", 7, 7, 1)).stored == 8


def test_terminals_and_epochs_are_kept_apart(store: GatewayStore) -> None:
    top = (1 << 64) - 1
    for terminal, epoch in (("T1", 0), ("T1", top), ("T1", 1 << 63), ("T2", top)):
        assert store.ingest(batch(terminal, epoch, 1, 2)).stored == 2
    assert [(t.terminal, t.epoch) for t in store.terminals()] == [("T1", 0), ("T1", top), ("T1", 1 << 63), ("T2", top)]
    assert kept(store, "T1", top) == [1, 2]
    assert kept(store, "T1", 1) == []


def test_other_content_under_the_same_number_is_kept_aside(store: GatewayStore) -> None:
    store.ingest(batch("T1", 7, 1, 3))
    other = batch("T1", 7, 2, 2, total_minor=999)
    for _ in range(2):  # repeated, it is kept once and told each time
        answer = store.ingest(other)
        assert (answer.stored, answer.quarantined) == (3, (2, 3))
    assert store.records("T1", 7, 1, 1) == batch("T1", 7, 2, 1).records, "the first version stays"
    newest, older = store.quarantine(10)
    assert (newest.sequence, older.sequence) == (3, 2)
    assert older.kept_hash == record("T1", 7, 2).hash
    assert store.quarantined_body(older.hash) == other.records[0].body
    assert older.seen_at_ms > 1_000
    status = store.terminals()[0]
    assert (status.records, status.total_minor, status.quarantined) == (3, 300, 2)


def test_endless_versions_are_refused(store: GatewayStore) -> None:
    store.ingest(batch("T1", 7, 1, 1))
    for n in range(MAX_VERSIONS):
        store.ingest(batch("T1", 7, 1, 1, total_minor=1_000 + n))
    assert refused(lambda: store.ingest(batch("T1", 7, 1, 2, total_minor=1))) == "too_many_versions"
    assert kept(store) == [1], "nothing of a refused batch is kept"
    assert store.ingest(batch("T1", 7, 2, 1)).stored == 2


BAD: list[tuple[str, RecordBatch]] = [
    ("wrong_store", replace(batch("T1", 7, 1, 1), store="S2")),
    ("bad_field", replace(batch("T1", 7, 1, 2), records=(record("T1", 7, 1), record("T1", 7, 3)))),
    ("bad_field", replace(batch("T1", 7, 1, 2), records=(record("T1", 7, 2), record("T1", 7, 2)))),
    ("bad_field", replace(batch("T1", 7, 1, 1), epoch=8)),
    ("bad_field", replace(batch("T1", 7, 1, 1), terminal="T2")),
    ("bad_field", batch("", 7, 1, 1)),
    ("bad_field", batch("T\n1", 7, 1, 1)),
    ("bad_field", batch("T" * 65, 7, 1, 1)),
    ("bad_field", batch("T1", -1, 1, 1)),
    ("bad_field", batch("T1", 1 << 64, 1, 0)),
    ("bad_field", batch("T1", 7, 0, 1)),
    ("bad_field", batch("T1", 7, 1 << 60, 1)),
    ("bad_field", RecordBatch(STORE, "T1", 7, (packed(pack([1]), 1),))),
    ("bad_field", RecordBatch(STORE, "T1", 7, (packed(pack({"SequenceNumber": True}), 1),))),
    ("bad_field", RecordBatch(STORE, "T1", 7, (packed(record("T1", 7, 1).body, 2),))),
    ("not_msgpack", RecordBatch(STORE, "T1", 7, (packed(b"\xc1", 1),))),
    ("not_msgpack", RecordBatch(STORE, "T1", 7, (packed(b"", 1),))),
    ("bad_hash", replace(batch("T1", 7, 1, 1), records=(replace(record("T1", 7, 1), hash=bytes(32)),))),
    ("bad_hash", replace(batch("T1", 7, 1, 1), records=(replace(record("T1", 7, 1), hash=b""),))),
    ("too_many", batch("T1", 7, 1, 51)),
]


@pytest.mark.parametrize(("code", "bad"), BAD)
def test_a_bad_batch_is_refused_whole(store: GatewayStore, code: str, bad: RecordBatch) -> None:
    assert refused(lambda: store.ingest(bad)) == code
    good_then_bad = (*batch("T1", 7, 1, 1).records, replace(record("T1", 7, 2), hash=bytes(32)))
    assert refused(lambda: store.ingest(RecordBatch(STORE, "T1", 7, good_then_bad))) == "bad_hash"
    assert store.terminals() == ()


def test_totals_that_no_till_rings_do_not_spoil_the_sums(store: GatewayStore) -> None:
    for n, total in enumerate((10**12, -(10**12), 2**63 - 1, "1", None, True, [1]), start=1):
        store.ingest(RecordBatch(STORE, "T1", 7, (record("T1", 7, n, receipt={"total": total}),)))
    assert store.terminals()[0].total_minor == 0


def test_reading_stops_at_its_limits(store: GatewayStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(1, 5):
        store.ingest(batch("T1", 7, n, 1, padding="x" * 5_000))
    monkeypatch.setattr(store_module, "MAX_ANSWER_BYTES", 12_000)
    assert [r.sequence for r in store.records("T1", 7, 0, 500)] == [1, 2]
    monkeypatch.setattr(store_module, "MAX_ANSWER_BYTES", 10)
    assert [r.sequence for r in store.records("T1", 7, 2, 500)] == [3], "one always, so that a reader gets on"


# --- opening ----------------------------------------------------------------------------------------------------


def test_it_opens_again_with_all_that_it_had(tmp_path: Path, clock: Callable[[], int]) -> None:
    path = str(tmp_path / "g.db")
    first = GatewayStore.open(path, STORE, clock)
    first.ingest(batch("T1", 7, 1, 3))
    assert refused(lambda: GatewayStore.open(path, STORE, clock)) == "store_in_use"
    first.close()
    assert refused(lambda: first.ingest(batch("T1", 7, 4, 1))) == "store_broken"
    again = GatewayStore.open(path, STORE, clock)
    assert again.ingest(batch("T1", 7, 4, 1)).stored == 4
    again.close()


def test_what_cannot_be_opened_is_told_apart(tmp_path: Path, clock: Callable[[], int]) -> None:
    def opened(name: str, store: str = STORE) -> str:
        return refused(lambda: GatewayStore.open(str(tmp_path / name), store, clock))

    assert opened("no/such/folder.db") == "store_cannot_open"
    (tmp_path / "text.db").write_bytes(b"this is no database at all" * 1_000)
    assert opened("text.db") == "store_damaged"
    foreign = apsw.Connection(str(tmp_path / "foreign.db"))
    foreign.cursor().execute("CREATE TABLE t (x)")
    foreign.close()
    assert opened("foreign.db") == "store_foreign"
    GatewayStore.open(str(tmp_path / "ours.db"), STORE, clock).close()
    assert opened("ours.db", "S2") == "other_store"
    newer = apsw.Connection(str(tmp_path / "ours.db"))
    newer.cursor().execute("PRAGMA user_version=9")
    newer.close()
    assert opened("ours.db") == "store_newer"


def test_every_sentence_has_a_remedy() -> None:
    for code, (text, remedy) in GatewayError.sentences.items():
        assert text.endswith(".") and remedy.endswith("."), code


# --- the disk ---------------------------------------------------------------------------------------------------


class Told:
    """The last watermark that a terminal heard."""

    mark = 0


def one_life(store: GatewayStore, disk: Disk, rng: random.Random, told: Told) -> None:
    """Ingest until the disk dies or sixty batches are in."""
    sequence = store.ingest(batch("T1", 7, 1, 0)).stored
    assert sequence >= told.mark, f"{told.mark} was acknowledged, {sequence} is there"
    assert kept(store) == list(range(1, sequence + 1))
    for _ in range(60):
        count = rng.randint(1, 5)
        answer = store.ingest(batch("T1", 7, sequence + 1, count, padding="x" * rng.randint(0, 4_000)))
        sequence += count
        assert answer.stored == sequence
        told.mark = sequence


def power_cuts(seed: int, clock: Callable[[], int], lives: int = 5) -> None:
    """Several lives of one gateway, each ended by a power cut somewhere inside SQLite, the last one whole."""
    rng = random.Random(seed)
    disk = Disk(random.Random(f"{seed}/disk"))
    told = Told()
    try:
        for life in range(lives):
            if life < lives - 1:
                disk.cut_after(rng.randint(0, 150))
            store = None
            try:
                store = GatewayStore.open(PATH, STORE, clock, vfs=disk.vfs)
                one_life(store, disk, rng, told)
            except GatewayError as error:
                assert disk.dead and error.code in ("store_broken", "store_cannot_open")
                assert store is None or store.broken
            if store is not None and rng.random() < 0.5:
                store.close()
            disk.crash()
    finally:
        disk.close()


@pytest.fixture
def small_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log goes into the database often, so that cuts fall into that too."""
    monkeypatch.setattr(database_module, "LOG_BYTES", 200_000)


def test_the_log_stays_short_however_small_the_commits_are(
    tmp_path: Path, clock: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit of one small record adds every page that it changed, several times its size."""
    monkeypatch.setattr(database_module, "LOG_BYTES", 1 << 20)
    path = tmp_path / "gateway.db"
    store = GatewayStore.open(str(path), STORE, clock)
    for sequence in range(1, 301):
        store.ingest(batch("01", 7, sequence, 1))
    assert path.with_name("gateway.db-wal").stat().st_size < 2 << 20
    store.close()


@pytest.mark.usefixtures("small_log")
def test_nothing_acknowledged_is_lost_in_a_power_cut(clock: Callable[[], int]) -> None:
    for seed in range(40):
        power_cuts(seed, clock)


@pytest.mark.long
@pytest.mark.parametrize("first", range(1_000, 3_000, 100))
@pytest.mark.usefixtures("small_log")
def test_nothing_acknowledged_is_lost_in_a_power_cut_long(first: int, clock: Callable[[], int]) -> None:
    for seed in range(first, first + 100):
        power_cuts(seed, clock)


@pytest.mark.parametrize(
    "fault",
    [("synchronous=FULL", "synchronous=NORMAL"), ("synchronous=FULL", "synchronous=OFF")],
    ids=["synchronous NORMAL", "synchronous OFF"],
)
@pytest.mark.usefixtures("small_log")
def test_the_same_cuts_catch_a_store_that_does_not_sync(
    fault: tuple[str, str], clock: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = GatewayDatabase.one
    monkeypatch.setattr(GatewayDatabase, "one", lambda self, sql, *args: ask(self, sql.replace(*fault), *args))
    with pytest.raises(AssertionError):
        for seed in range(40):
            power_cuts(seed, clock)


@pytest.mark.usefixtures("small_log")
def test_the_same_cuts_catch_a_store_without_psow(clock: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    """With powersafe overwrite believed, a damaged sector takes an acknowledged commit that shares it."""
    connect = apsw.Connection
    monkeypatch.setattr(
        database_module.apsw, "Connection", lambda uri, **options: connect(uri.replace("psow=0", "psow=1"), **options)
    )
    with pytest.raises(AssertionError):
        for seed in range(40):
            power_cuts(seed, clock)


def test_a_full_disk_refuses_and_recovers(clock: Callable[[], int]) -> None:
    """Every write in turn finds the disk full: nothing half kept, and the same batch goes in afterwards."""
    for k in range(1, 8):
        disk = Disk(random.Random(k))
        store = GatewayStore.open(PATH, STORE, clock, vfs=disk.vfs)
        store.ingest(batch("T1", 7, 1, 2))
        disk.fail("write", at=k, error="full", times=0)
        wanted = batch("T1", 7, 3, 3, padding="x" * 20_000)
        assert refused(lambda store=store, wanted=wanted: store.ingest(wanted)) == "disk_full"
        assert not store.broken
        assert kept(store) == [1, 2]
        disk.mend()
        assert store.ingest(wanted).stored == 5
        store.close()
        disk.close()


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_after_a_failed_write_or_sync_nothing_is_tried_again(operation: str, clock: Callable[[], int]) -> None:
    for k in range(1, 8):
        disk = Disk(random.Random(k))
        store = GatewayStore.open(PATH, STORE, clock, vfs=disk.vfs)
        store.ingest(batch("T1", 7, 1, 2))
        disk.fail(operation, at=k)
        mark = 2
        with pytest.raises(GatewayError) as caught:
            for n in range(3, 20):
                mark = store.ingest(batch("T1", 7, n, 1, padding="x" * 20_000)).stored
        assert caught.value.code == "store_broken" and caught.value.fatal
        assert refused(lambda store=store: store.ingest(batch("T1", 7, 1, 0))) == "store_broken"
        syncs = disk.counters.syncs
        store.close()
        disk.crash()
        again = GatewayStore.open(PATH, STORE, clock, vfs=disk.vfs)
        assert again.ingest(batch("T1", 7, 1, 0)).stored >= mark
        assert syncs <= disk.counters.syncs
        again.close()
        disk.close()


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["T1", "T2"]),
            st.sampled_from([0, 1 << 63]),
            st.integers(1, 12),
            st.integers(0, 4),
            st.integers(1, 3),
        ),
        max_size=25,
    )
)
def test_any_order_of_batches_agrees_with_a_dictionary(steps: list[tuple[str, int, int, int, int]]) -> None:
    """The model: the first content of a key wins, every other one is kept aside once."""
    disk = Disk(random.Random(0))
    store = GatewayStore.open(PATH, STORE, lambda: 0, vfs=disk.vfs)
    model: dict[tuple[str, int, int], bytes] = {}
    aside: set[tuple[str, int, int, bytes]] = set()
    try:
        for terminal, epoch, first, count, total in steps:
            sent = batch(terminal, epoch, first, count, total_minor=total)
            answer = store.ingest(sent)
            different = []
            for one in sent.records:
                key = (terminal, epoch, one.sequence)
                if model.setdefault(key, one.body) != one.body:
                    aside.add((*key, one.hash))
                    different.append(one.sequence)
            mark = 0
            while (terminal, epoch, mark + 1) in model:
                mark += 1
            assert (answer.stored, answer.quarantined) == (mark, tuple(different))
        found = {
            (t.terminal, t.epoch, r.sequence): r.body
            for t in store.terminals()
            for r in store.records(t.terminal, t.epoch, 0, 500)
        }
        assert found == model
        assert {(q.terminal, q.epoch, q.sequence, q.hash) for q in store.quarantine(500)} == aside
    finally:
        store.close()
        disk.close()
