"""Killed before every single change of a file, at head office, at the gateway and at the till: what was in force stays
in force or the new one is, whole, and the next start ends with the right prices.

`Death` is an audit hook: it counts what a process asks of its folders (open for writing, rename, remove), and from the
k-th on refuses everything, as a process that is gone asks nothing more. k goes from the first to the last.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runtime.distribution import keeping, manifest
from runtime.terminal.price_place import TillPlace
from tests.runtime.distribution.chain_rig import Office, Store, Till, price_in, settle

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Killed(BaseException):
    """The process is gone."""


class Death:
    """At most one is armed; the hook itself cannot be taken off again."""

    armed: Death | None = None

    def __init__(self, folder: Path, at: int, name: str = "") -> None:
        self.folder = str(folder)
        self.at = at
        self.name = name  # count only changes of files that have this in their name
        self.count = 0

    def sees(self, event: str, args: tuple[Any, ...]) -> None:
        changes = event in ("os.rename", "os.remove", "os.utime") or (
            event == "open" and isinstance(args[2], int) and args[2] & WRITING
        )
        if changes and str(args[0]).startswith(self.folder) and (self.name in str(args[0]) or self.count):
            self.count += 1
            if self.count >= self.at:
                raise Killed


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if Death.armed is not None:
        Death.armed.sees(event, args)


sys.addaudithook(_hook)


@contextmanager
def dying(folder: Path, at: int, name: str = "") -> Iterator[Death]:
    """Everything inside is the process that dies at its `at`-th change, counted from the first one of `name`."""
    death = Death.armed = Death(folder, at, name)
    try:
        yield death
    except Killed:
        pass
    finally:
        Death.armed = None


def every_death(folder: Path, life: Callable[[], None], after: Callable[[int], None]) -> int:
    """Let `life` die at its first change, its second, ... until it does not die; `after` looks at what is left."""
    for at in range(1, 200):
        with dying(folder, at) as death:
            life()
        died = death.count >= at
        after(at)
        if not died:
            return at - 1
    raise AssertionError("it never ends")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "office").mkdir()
    return Office(tmp_path / "office")


@pytest.fixture
def store(office: Office, tmp_path: Path) -> Store:
    return Store(tmp_path / "store", office)


def test_a_till_killed_at_any_change(store: Store) -> None:
    store.office.publish(100)
    asyncio.run(settle(store.keeper, store.till().keeper, times=1))
    price = [100]

    def next_publication() -> None:
        price[0] += 1
        store.office.publish(price[0])
        asyncio.run(settle(store.keeper, times=1))

    def after(at: int) -> None:
        till = store.till()
        number = till.place.taken.counter  # type: ignore[union-attr]
        till.restart()
        assert till.place.taken is not None and till.place.taken.counter >= number - 1
        assert till.price() in (price[0] - 1, price[0]), at  # by what a till reads: whole, and one of the two
        # The number never lies behind the file: else an older publication could come in.
        assert till.price() == price[0] - 1 or till.place.taken.counter == price[0] - 99
        asyncio.run(settle(till.keeper, times=2))
        assert till.price() == price[0] and till.status == "", at
        assert {path.name for path in till.place.incoming.iterdir()} == {"taken"}, at
        next_publication()

    next_publication()
    deaths = every_death(store.till().path.parent, lambda: asyncio.run(settle(store.till().keeper, times=1)), after)
    assert deaths >= 5  # the delta, the file, `taken` and its name, the new name


def test_a_gateway_killed_at_any_change(store: Store) -> None:
    store.office.publish(100)
    asyncio.run(settle(store.keeper, times=1))
    price = [100]

    def after(at: int) -> None:
        store.restart()
        assert store.served() in (price[0] - 1, price[0]), at
        asyncio.run(settle(store.keeper, times=2))
        assert store.served() == price[0] and not list(store.place.files.incoming.iterdir()), at
        price[0] += 1
        store.office.publish(price[0])

    price[0] += 1
    store.office.publish(price[0])
    deaths = every_death(store.folder / "gateway", lambda: asyncio.run(settle(store.keeper, times=1)), after)
    assert deaths >= 6


def test_head_office_killed_at_any_change_of_a_publication(office: Office) -> None:
    office.publish(100)
    price = [101]
    office.signed(101)

    def after(at: int) -> None:
        office.start()
        due = office.source.wanted("0001")
        assert due is not None and price_in(office.publications.files.place(due.file)) in (price[0] - 1, price[0]), at
        again = office.publish(price[0])
        assert again.counter > due.counter or office.source.wanted("0001") == again.manifest
        assert office.source.wanted("0001") == again.manifest
        price[0] += 1
        office.signed(price[0])

    def publish() -> None:
        office.publications.publish(
            office.folder / f"{price[0]}.snapshot", ["all"], signer=office.signer, trust=office.trust, now_ms=0
        )

    assert every_death(office.folder / "published", publish, after) >= 6


# --- faults that these must find ------------------------------------------------------------------------------------


def replayed(store: Store) -> int:
    """A gateway in other hands gives out what head office signed once. Gives what milk costs at the till then."""
    till = store.till(price=77)
    first = store.office.publish(100)
    asyncio.run(settle(store.keeper, till.keeper, times=1))
    store.office.publish(250)
    asyncio.run(settle(store.keeper, till.keeper, times=1))
    store.place.taken = first.manifest
    store.place._proven.add(first.manifest.file)  # type: ignore[union-attr]
    asyncio.run(settle(till.keeper, times=2))
    return till.price()


def test_a_replayed_publication_changes_no_price(store: Store) -> None:
    assert replayed(store) == 250


def test_a_till_that_does_not_look_at_the_number_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "_follows", lambda new, taken: True)
    assert replayed(store) == 100


def test_a_till_that_does_not_look_at_the_signature_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `test_prices_signed_by_another_key_are_not_taken` says, with the check taken out."""
    assert forged(store) == (100, "prices_untrusted")
    monkeypatch.setattr(keeping, "check_manifest", lambda *_, **__: None)
    monkeypatch.setattr("runtime.distribution.fetching.verify", lambda *_: None)
    store.restart()
    assert forged(store)[0] == 666


def forged(store: Store) -> tuple[int, str]:
    """Somebody with a key of their own publishes at a head office of their own. Price and status at the till."""
    folder = store.folder / "forger"
    folder.mkdir(exist_ok=True)
    forger = Office(folder)
    forger.publish(666)
    till = store.till()
    real, store.app = store.app, forger.app
    asyncio.run(settle(till.keeper, times=2))
    store.app = real
    return till.price(), till.status


def swapped_at_the_gateway(store: Store) -> int | None:
    """A file with a good signature under another's name comes from above. Gives what the gateway then serves."""
    files = store.office.publications.files
    one, other = store.office.publish(100).manifest, store.office.publish(250).manifest
    assert one is not None and other is not None
    files.place(other.file).write_bytes(files.place(one.file).read_bytes())
    asyncio.run(settle(store.keeper, times=2))
    return store.served()


def test_a_gateway_that_does_not_verify_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert swapped_at_the_gateway(store) is None
    monkeypatch.setattr("runtime.distribution.fetching.verify", lambda *_: None)
    store.restart()
    assert swapped_at_the_gateway(store) == 100  # the old price under the new number


def died_at(store: Store, till: Till, name: str) -> tuple[int, int]:
    """A till dies when it begins to write `name`, and then its gateway replays an older publication. Gives what milk
    cost after the death, and after the replay."""
    first = store.office.publish(100)
    asyncio.run(settle(store.keeper, till.keeper, times=1))
    store.office.publish(250)
    asyncio.run(settle(store.keeper, times=1))
    with dying(till.path.parent, 1, name):
        asyncio.run(settle(till.keeper, times=1))
    till.restart()
    dead = till.price()
    store.place.taken = first.manifest
    store.place._proven.add(first.manifest.file)  # type: ignore[union-attr]
    asyncio.run(settle(till.keeper, times=2))
    store.restart()
    return dead, till.price()


def test_a_till_that_names_the_file_before_the_number_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in between it has new prices and an old number, and a replay of the old number is taken."""
    for number, name in enumerate(("taken.new", ".part")):
        assert died_at(store, store.till(f"1{number}", price=77), name) == (100, 100), name
    real = TillPlace.install

    def wrong_way_round(self: TillPlace, wanted: Any, part: Any, delta: Any) -> None:
        if part is not None:
            part.replace(self._path)
        real(self, wanted, None, delta)

    monkeypatch.setattr(TillPlace, "install", wrong_way_round)
    assert died_at(store, store.till("02", price=77), "taken.new") == (250, 100)
