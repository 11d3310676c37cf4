"""What a journal forgets, and that the rest of it holds; files of the version before."""

from __future__ import annotations

import random
from pathlib import Path

import apsw
import pytest

from runtime.journal.errors import JournalError
from runtime.journal.retention import KEPT_RECORDS, Retention
from runtime.journal.store import Journal
from tests.reliability.selling import EPOCH, Till

LATER = "2027-03-01T00:00:00"
FORGETFUL = Retention(keep_days=0)


def opened(path: Path, machine: str = "m") -> Journal:
    return Journal.open(path, machine=machine, random_epoch=lambda: EPOCH)


def a_till(path: Path, sales: int = 60) -> Till:
    till = Till(lambda: opened(path), random.Random(1))
    till.start()
    for _ in range(sales):
        till.sell(2)
    return till


def prune_all(journal: Journal, retention: Retention = FORGETFUL, now: str | None = LATER) -> int:
    count = 0
    while step := journal.prune(retention, now):
        count += step
    return count


def test_settled_records_go_and_the_rest_holds(tmp_path: Path) -> None:
    till = a_till(tmp_path / "j")
    journal = till.journal
    assert journal is not None
    assert prune_all(journal) == 0, "head office has nothing yet"
    till.settle(33)
    till.sell(1)
    assert prune_all(journal) == 33
    anchor = journal.anchor()
    assert (anchor.sequence, anchor.hash) == (33, till.truth.rows[anchor.seq - 1][2])
    assert anchor.checkout == till.truth.states[anchor.seq]
    assert journal.inspect() is None and journal.recover() == till.checkout
    assert journal.records(33, 1)[0].sequence == 34 and journal.record(33) is None
    assert journal.rows(1, 10**6)[0].seq == anchor.seq + 1
    info = journal.epochs()[-1]
    assert (info.pruned, info.settled, info.last_sequence) == (33, 33, 61)
    journal.close()
    till.start()
    assert till.checkout == till.truth.states[-1]
    till.sell(2)
    assert till.journal is not None and till.journal.inspect() is None
    till.journal.close()
    raw = apsw.Connection(str(tmp_path / "j"))
    raw.execute("DELETE FROM checkpoints")
    raw.close()
    till.start()  # folded from the anchor alone
    assert till.checkout == till.truth.states[-1]


def test_the_newest_stay_and_those_whose_receipt_waits(tmp_path: Path) -> None:
    till = a_till(tmp_path / "j")
    journal = till.journal
    assert journal is not None
    till.settle(60)
    till.sell(1)
    assert journal.prune(FORGETFUL, LATER, keep_after=KEPT_RECORDS + 4) == 4
    assert prune_all(journal) == 61 - KEPT_RECORDS - 4


def test_by_age_only_where_the_time_is_to_be_believed_and_by_size_always(tmp_path: Path) -> None:
    till = a_till(tmp_path / "j")
    journal = till.journal
    assert journal is not None
    till.settle(60)
    till.sell(1)
    assert prune_all(journal, Retention(keep_days=90), "2026-12-01T00:00:00") == 0
    assert prune_all(journal, Retention(keep_days=90), None) == 0
    assert prune_all(journal, Retention(keep_days=90), "1970-01-01T00:00:00") == 0
    assert journal.prune(Retention(keep_days=9000, max_bytes=4096), None) > 0


def test_what_is_broken_is_not_pruned(tmp_path: Path) -> None:
    till = a_till(tmp_path / "j")
    till.settle(60)
    till.sell(1)
    assert till.journal is not None
    till.journal.close()
    raw = apsw.Connection(str(tmp_path / "j"))
    raw.execute("UPDATE rows SET hash = zeroblob(32) WHERE seq = 12")
    raw.close()
    journal = opened(tmp_path / "j")
    with pytest.raises(JournalError) as caught:
        journal.prune(FORGETFUL, LATER)
    assert caught.value.code == "CHAIN_BROKEN" and journal.rows(1, 1)


def test_an_old_epoch_is_pruned_to_its_end(tmp_path: Path) -> None:
    till = a_till(tmp_path / "j", sales=25)
    till.settle(25)
    assert till.journal is not None
    till.journal.close()
    journal = opened(tmp_path / "j", machine="other")
    assert prune_all(journal) == 25
    old = journal.epochs()[0]
    assert (old.pruned, old.last_sequence, old.settled) == (25, 25, 25)
    assert journal.inspect(EPOCH) is None and journal.inspect() is None


def test_room_is_used_again(tmp_path: Path) -> None:
    till = a_till(tmp_path / "j")
    journal = till.journal
    assert journal is not None
    journal._database.tidy()
    before = (tmp_path / "j").stat().st_size
    for _ in range(8):
        till.settle(till.checkout.last_sequence)
        till.sell(1)
        prune_all(journal)
        for _ in range(20):
            till.sell(2)
        journal._database.tidy()
    assert (tmp_path / "j").stat().st_size < before * 1.3


# -- version 1 -------------------------------------------------------------------------------------------------------

SCHEMA_1 = """
CREATE TABLE epochs (
    n INTEGER PRIMARY KEY, epoch INTEGER NOT NULL UNIQUE, machine TEXT NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE rows (
    n INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (n, seq)
) WITHOUT ROWID;
CREATE TABLE records (
    id INTEGER PRIMARY KEY, n INTEGER NOT NULL, sequence INTEGER NOT NULL, row INTEGER NOT NULL,
    body BLOB NOT NULL, hash BLOB NOT NULL, UNIQUE (n, sequence)
);
CREATE TABLE checkpoints (
    n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, sum BLOB NOT NULL, body BLOB NOT NULL
);
"""


def version_1(till: Till, path: Path) -> None:
    """The same journal as the version before wrote it."""
    assert till.journal is not None
    till.journal.close()
    raw = apsw.Connection(str(path))
    raw.execute(SCHEMA_1)
    raw.execute(f"ATTACH '{till.path}' AS new")
    for table, columns in (
        ("epochs", "n, epoch, machine, stored, settled"), ("rows", "*"), ("records", "*"), ("checkpoints", "*"),
    ):  # fmt: skip
        raw.execute(f"INSERT INTO main.{table} SELECT {columns} FROM new.{table}")
    raw.execute("DETACH new")
    raw.execute("PRAGMA application_id=0x4C414E45; PRAGMA user_version=1")
    raw.close()


class PathTill(Till):
    def __init__(self, path: Path) -> None:
        super().__init__(lambda: opened(self.path), random.Random(2))
        self.path = path


def test_a_file_of_version_1_keeps_every_row(tmp_path: Path) -> None:
    till = PathTill(tmp_path / "new")
    till.start()
    for _ in range(25):
        till.sell(3)
    till.settle(4)
    till.sell(1)
    version_1(till, tmp_path / "old")
    till.path = tmp_path / "old"
    till.start()
    assert till.checkout == till.truth.states[-1]
    journal = till.journal
    assert journal is not None and journal.inspect() is None
    assert journal._database.connection.execute("PRAGMA user_version").fetchone() == (2,)
    assert (journal.epochs()[0].stored, journal.anchor().seq) == (25, 0)
    till.settle(26)
    till.sell(2)
    assert prune_all(journal) == 7
    assert journal.inspect() is None


def test_a_full_disk_leaves_version_1_as_it_was(tmp_path: Path) -> None:
    """The change is one transaction."""
    till = PathTill(tmp_path / "new")
    till.start()
    till.sell(3)
    version_1(till, tmp_path / "old")
    raw = apsw.Connection(str(tmp_path / "old"))
    raw.execute("CREATE TABLE anchors (x)")  # in the way: the change fails in its middle
    raw.close()
    with pytest.raises(JournalError):
        opened(tmp_path / "old")
    raw = apsw.Connection(str(tmp_path / "old"))
    assert raw.execute("PRAGMA user_version").fetchone() == (1,)
    assert "stored_hash" not in str(raw.execute("SELECT sql FROM sqlite_schema").fetchall())
    raw.close()
