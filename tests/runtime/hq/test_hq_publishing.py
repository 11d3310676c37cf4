"""What is published for whom, under which number, and who is said to have what."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.errors import SnapshotError
from runtime.distribution.manifest import is_scope
from runtime.hq.publishing import Publications, PublishError
from runtime.keys import new_pair
from runtime.wire.snapshots import Holding, Manifest, SnapshotAsk
from tests.runtime.distribution.chain_rig import GROUPS, Office, book, price_in


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def due(office: Office, store: str) -> int | None:
    """What milk costs at a store by what is published for it."""
    manifest = office.source.wanted(store)
    return None if manifest is None else price_in(office.publications.files.place(manifest.file))


def test_the_narrower_scope_wins_whatever_came_last(office: Office) -> None:
    assert due(office, "0001") is None
    office.publish(1, "store:0001")
    office.publish(2, "group:north")
    office.publish(3)
    assert [due(office, store) for store in ("0001", "0002", "0003")] == [1, 2, 3]
    office.publish(4, "group:big")  # 0001 is in two groups: of those the newest
    office.publications.withdraw("store:0001", signer=office.signer, now_ms=0)
    assert [due(office, store) for store in ("0001", "0002", "0003")] == [4, 2, 3]


def test_what_stores_fall_back_to_gets_a_higher_number(office: Office) -> None:
    """For a store never takes an older one."""
    office.publish(3)
    own = office.publish(1, "store:0001")
    office.publications.withdraw("store:0001", signer=office.signer, now_ms=0)
    back = office.source.wanted("0001")
    assert due(office, "0001") == 3 and back is not None and back.counter > own.counter
    assert office.source.wanted("0003") == back  # the same file under the new number: nobody fetches anything
    group = office.publish(2, "group:north")
    office.publications.withdraw("group:north", signer=office.signer, now_ms=0)
    for store in GROUPS["north"]:
        back = office.source.wanted(store)
        assert due(office, store) == 3 and back is not None and back.counter > group.counter


def test_withdrawing_what_is_not_there(office: Office) -> None:
    office.publish(3)
    for scope in ("store:0001", "group:north", "all"):
        with pytest.raises(PublishError, match="published"):
            office.publications.withdraw(scope, signer=office.signer, now_ms=0)


def test_numbers_rise_also_when_many_publish_at_once(office: Office) -> None:
    office.signed(5)

    def publish() -> None:
        Publications(office.publications.files, GROUPS).publish(
            office.folder / "5.snapshot", ["all", "group:north"], signer=office.signer, trust=office.trust, now_ms=0
        )

    threads = [threading.Thread(target=publish) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.counter for one in office.publications.all()] == list(range(1, 13))


def test_only_a_good_snapshot_of_a_trusted_key_is_published(office: Office, tmp_path: Path) -> None:
    unsigned, damaged, foreign = tmp_path / "unsigned", tmp_path / "damaged", tmp_path / "foreign"
    unsigned.write_bytes(book(9))
    data = bytearray(office.signed(9).read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    new_pair(tmp_path / "other")
    foreign.write_bytes(office.signed(9, key=tmp_path / "other" / "snapshot.key").read_bytes())
    for file in (unsigned, damaged, foreign):
        with pytest.raises(SnapshotError):
            office.publications.publish(file, ["all"], signer=office.signer, trust=office.trust, now_ms=0)
    with pytest.raises(PublishError, match="no group"):
        office.publish(9, "group:south")
    with pytest.raises(PublishError, match="no store or group"):
        office.publish(9, "store:")
    assert office.publications.all() == () and not list(office.publications.files.incoming.iterdir())
    office.publications.publish(unsigned, ["all"], signer=None, trust=None, now_ms=0)
    manifest = office.source.wanted("0001")
    assert manifest is not None and manifest.key == b"" and manifest.counter == 1


def test_a_copy_of_head_office_goes_on_above_a_number_that_is_named(office: Office) -> None:
    office.publications.publish(
        office.signed(5), ["all"], signer=office.signer, trust=office.trust, now_ms=0, at_least=70
    )
    assert office.publish(6).counter == 71


def test_a_publication_that_cannot_be_read_is_passed_over_and_its_number_is_not_used_again(office: Office) -> None:
    office.publish(1)
    office.publish(2)
    (office.publications.files.folder / "publications" / f"{2:012d}").write_bytes(b"\xc1")
    office.start()
    assert due(office, "0001") == 1 and office.publish(3).counter == 3


def test_what_is_published_is_seen_by_a_server_that_runs(office: Office) -> None:
    running = Publications(office.publications.files, GROUPS)
    assert running.due("0001") is None
    office.publish(7)
    found = running.due("0001")
    assert found is not None and found.counter == 1


def test_who_has_what_is_kept(office: Office) -> None:
    publications = office.publications
    gateway, till = Holding("gateway", 3, bytes(32)), Holding("01", 2, b"f" * 32, "prices_refused")
    assert publications.hear(SnapshotAsk("0001", gateway, (till,)))
    assert not publications.hear(SnapshotAsk("0001", gateway))  # nothing new of its tills
    publications.write_holdings()
    assert Publications(publications.files, GROUPS).holdings == {"0001": (gateway, (till,))}
    for wrong in ('{"0001": 4}', '{"0001": ' + "[" * 100_000):
        (publications.files.folder / "holdings.json").write_text(wrong)
        assert Publications(publications.files, GROUPS).holdings == {}


def test_scopes() -> None:
    assert all(map(is_scope, ("all", "store:0001", "group:华北")))
    assert not any(map(is_scope, ("", "store", "store:", "shop:1", "all:1", "store:a\n", "group:" + "x" * 65)))


def test_old_files_go_and_those_in_force_stay(office: Office) -> None:
    office.publications.files.most_files = 3
    office.publish(1, "store:0001")
    for price in range(2, 9):
        office.publish(price)
    files = office.publications.files
    kept = {price_in(path) for path in (files.folder / "files").iterdir()}
    assert kept == {1, 7, 8} or kept == {1, 8, 7}
    files.most_bytes = 1
    office.publish(9)
    assert {price_in(path) for path in (files.folder / "files").iterdir()} == {1, 9}
    assert isinstance(office.source.wanted("0001"), Manifest)
