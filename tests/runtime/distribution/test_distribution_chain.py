"""From head office through a gateway to tills, in one process: the right prices or the old ones, whatever happens."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from runtime.distribution.keeping import Keeper
from runtime.link.ports import LinkDown
from tests.runtime.distribution.chain_rig import Office, Store, cut, flip, settle
from tests.sim.network import Reply


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "office").mkdir()
    return Office(tmp_path / "office")


@pytest.fixture
def store(office: Office, tmp_path: Path) -> Store:
    return Store(tmp_path / "store", office)


def run(*keepers: Keeper, times: int = 4) -> None:
    asyncio.run(settle(*keepers, times=times))


def test_a_new_price_comes_by_a_delta_and_head_office_is_asked_once_for_forty_tills(store: Store) -> None:
    store.office.publish(100)
    run(store.keeper, times=1)
    tills = [store.till(f"{n:02d}") for n in range(40)]
    store.office.publish(250)
    before = dict(store.asked_above)
    run(store.keeper, times=1)

    async def all_at_once() -> None:
        await asyncio.gather(*(till.keeper.once() for till in tills))

    asyncio.run(all_at_once())
    assert [till.price() for till in tills] == [250] * 40
    assert store.asked_here["snapshots"] == 0 and store.asked_here["deltas"] == 40
    # One question, and one delta; nothing was made at the gateway.
    assert store.asked_above["ask"] - before["ask"] == 1 and store.asked_above["deltas"] == 1
    assert store.asked_above["snapshots"] == before["snapshots"]


def test_nothing_published_changes_nothing(store: Store) -> None:
    till = store.till()
    run(store.keeper, till.keeper)
    assert till.price() == 100 and till.status == "" and store.served() is None


def test_a_till_that_was_away_for_thirty_publications_catches_up_by_one_delta(store: Store) -> None:
    till = store.till()
    store.office.publish(100)
    run(store.keeper, till.keeper, times=1)
    for price in range(101, 131):
        store.office.publish(price)
        run(store.keeper, times=1)
    store.asked_here.clear()
    run(till.keeper, times=1)
    assert till.price() == 130
    assert store.asked_here["snapshots"] == 0 and store.asked_here["deltas"] >= 1


def test_a_till_whose_file_nobody_knows_takes_the_whole_one(store: Store) -> None:
    till = store.till(price=77)
    store.office.publish(250)
    run(store.keeper, till.keeper, times=1)
    assert till.price() == 250 and store.asked_here["snapshots"] >= 1


def test_a_till_without_zstandard_takes_bsdiff(store: Store) -> None:
    till = store.till(methods=("bsdiff",))
    store.office.publish(100)
    store.office.publish(250)
    run(store.keeper, times=1)
    store.place.files.place(store.office.publications.all()[0].manifest.file).write_bytes(till.path.read_bytes())  # type: ignore[union-attr]
    run(till.keeper, times=1)
    assert till.price() == 250 and store.asked_here["snapshots"] == 0


# --- damage at every hop ----------------------------------------------------------------------------------------------


def damages(kind: str, once: bool) -> object:
    left = [1 if once else 1_000_000]

    def spoil(path: str, reply: Reply) -> Reply:
        hit = ("/v1/deltas/" in path or "/v1/snapshots/" in path) and reply.status == 200 and left[0] > 0
        if not hit:
            return reply
        left[0] -= 1
        if kind == "gone":
            raise LinkDown("cut")
        return flip(reply) if kind == "flip" else cut(reply)

    return spoil


@pytest.mark.parametrize("kind", ["flip", "cut", "gone"])
@pytest.mark.parametrize("hop", ["gateway", "till"])
@pytest.mark.parametrize("known", [True, False])
def test_damage_once_is_mended(store: Store, kind: str, hop: str, known: bool) -> None:
    """The file or, where the old one is known, the delta."""
    till = store.till()
    if known:
        store.office.publish(100)
        run(store.keeper, till.keeper, times=1)
    store.office.publish(250)
    (store.up if hop == "gateway" else till.link).spoil = damages(kind, once=True)  # type: ignore[assignment]
    run(store.keeper, till.keeper)
    assert store.served() == till.price() == 250
    assert till.status == ""


def test_a_till_asks_three_times_for_what_comes_damaged_and_then_not_until_it_changes(store: Store) -> None:
    till = store.till()
    store.office.publish(250)
    run(store.keeper, times=1)
    till.link.spoil = damages("flip", once=False)  # type: ignore[assignment]
    run(till.keeper, times=3)
    assert till.status == "prices_given_up" and till.price() == 100
    assert till.keeper.status[1]["section"] and till.keeper.status[1]["times"] == 3
    asked = store.asked_here["snapshots"]
    run(till.keeper, times=5)
    assert store.asked_here["snapshots"] == asked and till.price() == 100
    assert [path.name for path in till.place.incoming.iterdir()] == []  # nothing lies about
    till.link.spoil = lambda path, reply: reply
    run(till.keeper, times=2)
    assert till.price() == 100
    store.office.publish(250)  # the same file again: a new number
    run(store.keeper, till.keeper)
    assert till.price() == 250 and till.status == ""


def test_a_file_that_rots_on_the_gateway_is_fetched_again(store: Store) -> None:
    till = store.till()
    manifest = store.office.publish(250).manifest
    assert manifest is not None
    run(store.keeper, times=1)
    path = store.place.files.place(manifest.file)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)

    async def one_life() -> None:
        await settle(till.keeper, times=1)
        assert till.price() == 100 and till.status == "prices_refused"
        await settle(till.keeper, times=1)  # tells the gateway
        for _ in range(100):
            await asyncio.sleep(0.01)
            if not store.place.files.has(manifest.file):
                break
        assert store.place.wanted("0001") is None
        await settle(store.keeper, till.keeper)

    asyncio.run(one_life())
    assert till.price() == 250 and till.status == ""


def test_what_rotted_while_the_gateway_was_off_is_not_served(store: Store) -> None:
    manifest = store.office.publish(250).manifest
    assert manifest is not None
    run(store.keeper, times=1)
    path = store.place.files.place(manifest.file)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    store.restart()
    assert store.served() is None and not path.exists()
    run(store.keeper, times=1)
    assert store.served() == 250


def test_swapped_files_at_head_office_are_refused_by_the_gateway(store: Store) -> None:
    """Two good, signed snapshots under each other's names: whole by their own hashes, and not what was published."""
    files = store.office.publications.files
    first, second = store.office.publish(100).manifest, store.office.publish(250).manifest
    assert first is not None and second is not None
    one, other = files.place(first.file), files.place(second.file)
    a, b = one.read_bytes(), other.read_bytes()
    one.write_bytes(b)
    other.write_bytes(a)
    till = store.till(price=77)
    run(store.keeper, till.keeper)
    assert store.served() is None and store.keeper.status[0] == "prices_refused" and till.price() == 77


# --- who is believed --------------------------------------------------------------------------------------------------


def test_an_older_publication_is_not_taken_back_and_a_rollback_is(store: Store) -> None:
    till = store.till()
    first = store.office.publish(100)
    run(store.keeper, till.keeper, times=1)
    store.office.publish(250)
    run(store.keeper, till.keeper, times=1)
    assert till.price() == 250
    store.place.taken = first.manifest  # a gateway that replays what head office signed once
    store.place._proven.add(first.manifest.file)  # type: ignore[union-attr]
    run(till.keeper)
    assert till.price() == 250 and till.status == "prices_older"
    store.restart()
    run(till.keeper)
    assert till.status == ""
    store.office.publish(100)
    run(store.keeper, till.keeper)
    assert till.price() == 100 and till.place.taken is not None and till.place.taken.counter == 3


def test_a_head_office_that_forgot_is_not_followed_back(store: Store, tmp_path: Path) -> None:
    store.office.publish(100)
    store.office.publish(250)
    run(store.keeper, times=1)
    (store.office.publications.files.folder / "publications" / f"{2:012d}").unlink()
    store.office.start()
    run(store.keeper, times=2)
    assert store.served() == 250 and store.keeper.status[0] == "prices_older"


@pytest.mark.parametrize("price", [100, 250])
def test_a_folder_of_what_is_under_way_may_be_removed_at_any_time(store: Store, price: int) -> None:
    store.office.publish(100)
    run(store.keeper)
    shutil.rmtree(store.place.files.incoming)
    store.office.publish(price)  # the same file under another number, or another
    run(store.keeper)
    assert store.keeper.status == ("", {}) and store.served() == price
    assert store.place.taken is not None and store.place.taken.counter == 2


def test_prices_of_another_store_or_group_are_not_taken(store: Store) -> None:
    till, small = store.till(), store.till("02", groups=())
    other = store.office.publish(250, "store:0002")
    store.place.taken = other.manifest
    path = store.place.files.place(other.manifest.file)  # type: ignore[union-attr]
    path.write_bytes(store.office.publications.files.place(other.manifest.file).read_bytes())  # type: ignore[union-attr]
    store.place._proven.add(other.manifest.file)  # type: ignore[union-attr]
    run(till.keeper)
    assert till.price() == 100 and till.status == "prices_elsewhere"
    store.place.taken = None
    store.office.publish(300, "group:north")
    run(store.keeper, till.keeper, small.keeper)
    assert till.price() == 300
    assert small.price() == 100 and small.status == "prices_elsewhere"


def test_a_restart_at_any_time_keeps_the_number(store: Store) -> None:
    till = store.till()
    store.office.publish(100)
    second = store.office.publish(250)
    run(store.keeper, till.keeper, times=1)
    till.restart()
    assert till.place.taken == second.manifest
    store.restart()
    assert store.served() == 250
