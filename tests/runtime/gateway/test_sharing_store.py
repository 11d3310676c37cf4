"""What the terminals share, at the gateway: on disk before the answer, once, and nothing of it where a beat is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import apsw
import msgpack
import pytest

from runtime.chain.blocking import run_here
from runtime.gateway.errors import GatewayError
from runtime.gateway.page.serve import Page
from runtime.gateway.sharing.beats import Sharing
from runtime.gateway.sharing.check import MAX_LIST, read_beat
from runtime.gateway.sharing.store import SharedStore
from runtime.gateway.store import GatewayStore
from runtime.serving.errors import Refused
from runtime.share import config_dir
from runtime.wire.beat import Beat, HandedTicket, ReceiptHold, Shares, TicketClaim, TicketRelease, TicketSummary
from runtime.wire.came_back import FLAG
from runtime.wire.pack import pack
from runtime.wire.records import RecordBatch
from tests.sim.batches import batch, packed

TICKET = TicketSummary(1, "2026-11-22T18:30:00", 350, 1, "milk")
BEAT = Beat("S1", "01", 7, run=1, serial=1, shares=Shares(tickets=(TICKET,), last_number=1))
GIVEN = replace(
    BEAT,
    serial=2,
    shares=Shares(releases=(TicketRelease(1, 1, "02", 8, 1),), last_number=1, last_release=1),
    handed=(HandedTicket(1, b"ticket"),),
)


def sharing(folder: Path, shared: SharedStore) -> tuple[Sharing, GatewayStore]:
    store = GatewayStore.open(str(folder / "gateway.db"), "S1", lambda: 1)
    return Sharing(shared, store, "S1", lambda: 1), store


def test_all_of_it_is_there_after_a_restart_and_a_beat_that_says_nothing_new_writes_nothing(tmp_path: Path) -> None:
    shared = SharedStore.open(tmp_path / "shared.db", "S1")
    here, store = sharing(tmp_path, shared)
    hold = replace(GIVEN, serial=3, receipts=(ReceiptHold("01", "0007", 4, ask=True, epoch=7),))
    for beat in (BEAT, GIVEN, hold):
        here.beat(beat)
    before = (shared.board.handed, shared.holds, {name: one.shares for name, one in shared.board.terminals.items()})
    writes = shared._database.connection.total_changes()
    here.beat(replace(hold, serial=4))
    assert shared._database.connection.total_changes() == writes
    shared.close()
    again = SharedStore.open(tmp_path / "shared.db", "S1")
    assert before == (again.board.handed, again.holds, {n: one.shares for n, one in again.board.terminals.items()})
    assert all(one.heard_ms is None for one in again.board.terminals.values())
    again.close()
    store.close()


@pytest.mark.parametrize(
    "shares",
    [
        Shares(releases=(TicketRelease(1, 1, "02", 8, 1), TicketRelease(1, 2, "03", 8, 1))),
        Shares(claims=(TicketClaim(1, "02", 8, 1), TicketClaim(1, "02", 8, 2))),
        Shares(tickets=(TICKET, replace(TICKET, items=2))),
    ],
)
def test_a_number_that_stands_twice_is_refused_and_ends_nothing(shares: Shares) -> None:
    with pytest.raises(GatewayError) as caught:
        read_beat(pack(replace(GIVEN, shares=shares)), "S1")
    assert caught.value.code == "bad_field"


def test_an_older_beat_of_the_same_run_is_refused(tmp_path: Path) -> None:
    shared = SharedStore.open(tmp_path / "shared.db", "S1")
    here, store = sharing(tmp_path, shared)
    here.beat(replace(BEAT, serial=5))
    for serial in (5, 4):
        with pytest.raises(GatewayError) as caught:
            here.beat(replace(BEAT, serial=serial))
        assert caught.value.code == "stale_beat"
    here.beat(replace(BEAT, run=2, serial=1))  # the till was started again
    shared.close()
    store.close()


@pytest.mark.parametrize(
    ("beat", "code"),
    [
        (replace(BEAT, store="S2"), "wrong_store"),
        (replace(BEAT, terminal=""), "bad_field"),
        (replace(BEAT, terminal="\n"), "bad_field"),
        (replace(BEAT, epoch=0), "bad_field"),
        (replace(BEAT, epoch=1 << 63), "bad_field"),
        (replace(BEAT, shares=Shares(exponent=9)), "bad_field"),
        (replace(BEAT, shares=Shares(currency="¥")), "bad_field"),
        (replace(BEAT, shares=Shares(currency="CNY\n")), "bad_field"),
        (replace(BEAT, others=b"short"), "bad_field"),
        (replace(BEAT, handed=(HandedTicket(1, b""),) * 2), "bad_field"),
        (replace(BEAT, shares=Shares(tickets=(TICKET,) * (MAX_LIST + 1))), "bad_field"),
        (replace(BEAT, shares=Shares(tickets=(replace(TICKET, name="x" * 300),))), "bad_field"),
        (replace(BEAT, shares=Shares(tickets=(replace(TICKET, number=0),))), "bad_field"),
        (replace(BEAT, receipts=(ReceiptHold("01", "7", 1, ask=True),)), "bad_field"),
    ],
)
def test_what_is_no_beat_is_refused_by_name(beat: Beat, code: str) -> None:
    with pytest.raises(Refused) as caught:
        read_beat(pack(beat), "S1")
    assert caught.value.code == code and caught.value.status == 400


def test_another_stores_file_a_strange_one_and_one_in_use(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    shared = SharedStore.open(path, "S1")
    cases: list[tuple[Callable[[], object], str]] = [(lambda: SharedStore.open(path, "S1"), "store_in_use")]
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    cases.append((lambda: SharedStore.open(tmp_path / "x.db", "S1"), "store_foreign"))
    for work, code in cases:
        with pytest.raises(GatewayError) as caught:
            work()
        assert caught.value.code == code
    shared.close()
    with pytest.raises(GatewayError) as caught:
        SharedStore.open(path, "S2")
    assert caught.value.code == "other_store"
    SharedStore.open(path, "S1").close()


def test_a_write_that_fails_ends_the_process_and_a_full_disk_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = SharedStore.open(tmp_path / "shared.db", "S1")
    here, store = sharing(tmp_path, shared)
    here.beat(BEAT)
    before = shared.board

    def full(*_: object) -> None:
        raise apsw.FullError("full")

    with monkeypatch.context() as patch:
        patch.setattr("runtime.gateway.sharing.store._write_handed", full)
        with pytest.raises(GatewayError) as caught:
            here.beat(GIVEN)
        assert caught.value.code == "disk_full" and not caught.value.fatal and shared.board is before
    here.beat(replace(GIVEN, serial=3))
    assert len(shared.board.handed) == 1

    def broken(*_: object) -> None:
        raise apsw.IOError("gone")

    monkeypatch.setattr("runtime.gateway.sharing.store._write_handed", broken)
    with pytest.raises(GatewayError) as caught:
        here.beat(replace(BEAT, serial=4))
    assert caught.value.code == "store_broken" and caught.value.fatal
    shared.close()
    store.close()


def test_a_full_disk_hides_neither_the_page_nor_what_the_others_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records that cannot be read on in are wanted for goods that come back, and for nothing else."""
    shared = SharedStore.open(tmp_path / "shared.db", "S1")
    here, store = sharing(tmp_path, shared)
    here.beat(BEAT)
    store.ingest(batch("01", 7, 1, 3))

    def full(*_: object) -> None:
        raise apsw.FullError("full")

    with monkeypatch.context() as patch:
        patch.setattr("runtime.gateway.sharing.store.sold_in", full)
        assert here.beat(replace(BEAT, serial=2)).settled == ()
        seen = Page(store, here, run_here, config_dir())._look()
        assert [one.terminal for one in seen.tills] == ["01"]
        asked = replace(BEAT, serial=3, receipts=(ReceiptHold("01", "0007", 2, ask=True, epoch=7),))
        with pytest.raises(GatewayError) as caught:
            here.beat(asked)
        assert caught.value.code == "disk_full"
    assert here.beat(replace(asked, serial=4)).receipts[0].state == "held"
    shared.close()
    store.close()


def test_a_record_with_strange_numbers_of_what_came_back_stops_no_beat(tmp_path: Path) -> None:
    """A record's body is kept as it is, whatever a terminal writes into it."""
    shared = SharedStore.open(tmp_path / "shared.db", "S1")
    here, store = sharing(tmp_path, shared)
    here.beat(BEAT)
    strange = ("x", 1 << 63, float("inf"), -(1 << 63), None)
    for at, value in enumerate(strange):
        origin = {"epoch": value, "SequenceNumber": 1, "LineNumber": 1}
        line = {"returned": origin, "VoidFlag": False, "qty": 1, "milli": 0, "LineNumber": 1}
        more = {"ReturnFlag": True, "apart": [{"LineNumber": 1, "Amount": -5}], "adjustments": [], "lines": [line]}
        body = {"type": "RetailTransaction", "StoreID": "S1", "WorkstationID": "01", "SequenceNumber": at + 1, **more}
        body |= {"epoch": 7, "total": 1 << 61, "BusinessDayDate": "2026-11-30"}
        raw = msgpack.packb(body)
        assert FLAG in raw
        store.ingest(RecordBatch("S1", "01", 7, (packed(raw, at + 1),)))
    here.beat(replace(BEAT, serial=2))
    assert shared.catch_up(store, 1000) and shared.came_back("01", 7, 1) == ()
    assert shared.day_sales("2026-12-01").tills == {}
    shared.close()
    store.close()
