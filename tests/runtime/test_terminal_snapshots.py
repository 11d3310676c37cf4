"""The snapshot that takes over: noticed, verified, and never taken from under an open basket."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engine.compiler import compile_book
from engine.errors import SnapshotError
from engine.signature import Trust
from runtime.terminal.snapshots import Snapshots

HEADER = "sku,name,unit,price,category,brand,tags,barcodes\n"


def book(price: int, currency: str = "CNY") -> bytes:
    files = {
        "book.json": f'{{"format": 1, "currency": "{currency}", "exponent": 2}}'.encode(),
        "items.csv": f"{HEADER}milk,milk,each,{price},,,,\n".encode(),
        "promotions.json": b"[]",
    }
    return compile_book(files).data


ONE, TWO, THREE, FOUR = (book(price) for price in (1, 2, 3, 4))


class Place:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "book.snapshot"
        self.kept = folder / "kept"
        self._time = 0

    def put(self, data: bytes, *, in_place: bool = False) -> None:
        """As a person or a program would; every time is another time, also on a coarse clock."""
        draft = self.path if in_place else self.path.with_name("new")
        draft.write_bytes(data)
        self._time += 1
        os.utime(draft, ns=(self._time, self._time))
        if not in_place:
            draft.replace(self.path)

    def open(self, trust: Trust | None = None) -> Snapshots:
        return Snapshots(self.path, self.kept, trust)

    @property
    def copies(self) -> list[str]:
        return sorted(path.name for path in self.kept.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.put(ONE)
    return made


def price(snapshots: Snapshots) -> int:
    item = snapshots.current.find("milk")
    assert item is not None
    return item.price


@pytest.mark.parametrize("in_place", [False, True])
def test_a_new_file_takes_over_when_it_is_looked_for(place: Place, in_place: bool) -> None:
    snapshots = place.open()
    before = snapshots.current
    assert snapshots.look() is before
    place.put(TWO, in_place=in_place)
    item = before.find("milk")
    assert item is not None and item.price == 1  # not from under anyone, even where the file is written over
    assert snapshots.look() is snapshots.current and price(snapshots) == 2
    item = before.find("milk")
    assert item is not None and item.price == 1


def test_the_last_two_are_kept(place: Place) -> None:
    snapshots = place.open()
    for data in (TWO, THREE, TWO, FOUR, FOUR):
        place.put(data)
        snapshots.look()
    assert price(snapshots) == 4
    assert [name[:8] for name in place.copies] == ["00000004", "00000005"]
    assert price(place.open()) == 4 and len(place.copies) == 2


def test_a_bad_file_is_refused_once_and_the_last_good_one_stays(place: Place) -> None:
    snapshots = place.open()
    for bad in (TWO[:-200], b"", b"nonsense", TWO[:900] + b"x" + TWO[901:]):
        place.put(bad)
        assert snapshots.look() is snapshots.current and price(snapshots) == 1
        refused = snapshots.refused
        assert refused is not None and snapshots.look() and snapshots.refused is refused
        assert price(place.open()) == 1  # also after a start: from the copy
    place.put(TWO)
    snapshots.look()
    assert snapshots.refused is None and price(snapshots) == 2
    place.path.unlink()
    assert snapshots.look() is snapshots.current and price(place.open()) == 2
    shutil.rmtree(place.kept)
    with pytest.raises(SnapshotError):
        place.open()


def test_a_basket_from_before_the_start_has_its_snapshot(place: Place) -> None:
    began = place.open().current.hash.hex()
    place.put(TWO)
    snapshots = place.open()
    assert price(snapshots) == 2
    assert snapshots.for_basket(began) is snapshots.current and price(snapshots) == 1
    snapshots.look()
    assert price(snapshots) == 2
    assert snapshots.for_basket("0" * 64) is snapshots.current and price(snapshots) == 2


def test_a_damaged_copy_is_taken_again(place: Place) -> None:
    place.open()
    (copy,) = place.kept.iterdir()
    data = bytearray(copy.read_bytes())
    data[-300] ^= 1
    copy.write_bytes(data)
    assert price(place.open()) == 1 and len(place.copies) == 1


def test_another_currency_waits_for_a_new_start(place: Place) -> None:
    snapshots = place.open()
    place.put(book(9, "JPY"))
    snapshots.look()
    assert price(snapshots) == 1 and snapshots.refused is not None
    assert place.open().current.currency == "JPY"


def test_an_untrusted_file_does_not_take_over(place: Place) -> None:
    with pytest.raises(SnapshotError) as caught:
        place.open(Trust([b"k" * 32], lambda key, signature, said: True))
    assert caught.value.section == "signature"


def test_where_no_copy_can_be_kept_the_file_itself_is_sold_from(place: Place) -> None:
    place.kept.write_text("no folder")
    snapshots = place.open()
    assert price(snapshots) == 1
    place.put(TWO)
    snapshots.look()
    assert price(snapshots) == 2
