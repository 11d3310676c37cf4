"""New prices on the real daemon: an open basket keeps its own, the next has the new ones, a bad file is only named."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import LANE, ROOT, Store

from runtime.wire.messages import View

ITEMS = "sku,name,unit,price,category,brand,tags,barcodes\nmilk,milk,each,{price},,,,\n"


def lane(*words: object) -> None:
    subprocess.run([*LANE, *map(str, words)], check=True, cwd=ROOT, capture_output=True, timeout=60)


class Shop:
    """A terminal alone, and the head office that sends it snapshots."""

    def __init__(self, folder: Path, trusted: str = "") -> None:
        def settings(text: str) -> str:
            text = text[: text.index("# The devices are simulated")]
            return text.replace("[terminal]\n", f"[terminal]\n{trusted}") if trusted else text

        self.folder = folder
        self.store = Store(folder, settings=settings)

    def book(self, price: int, *more: object) -> Path:
        """A compiled book with milk at this price, not delivered yet."""
        book = self.folder / f"book-{price}"
        book.mkdir(exist_ok=True)
        (book / "items.csv").write_text(ITEMS.format(price=price))
        (book / "promotions.json").write_text("[]")
        (book / "book.json").write_text('{"format": 1, "currency": "CNY", "exponent": 2}')
        out = self.folder / f"{price}.snapshot"
        lane("compile", book, "-o", out, *more)
        return out

    def deliver(self, file: Path) -> None:
        file.replace(self.store.snapshot)

    def milk(self) -> int:
        """Sell one; gives the total."""
        before = self.view().rev
        self.store.front_end.must("scan", code="milk")
        return self.store.front_end.wait(lambda view: view.rev > before and view.state == "ringing").total_minor

    def pay(self) -> None:
        front = self.store.front_end
        front.must("subtotal")
        front.must("cash", amount_minor=front.wait(lambda view: view.state == "tendering").total_minor)
        front.wait(lambda view: view.state == "closed")

    def view(self) -> View:
        return self.store.front_end.wait(lambda view: True)

    @property
    def said(self) -> str:
        notice = self.view().notice
        return notice.sentence.code if notice else ""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    made.deliver(made.book(100))
    made.store.terminal.start()
    yield made
    made.store.stop()


def test_a_basket_stays_on_the_snapshot_it_began_with(shop: Shop) -> None:
    assert shop.milk() == 100
    shop.deliver(shop.book(250))
    assert shop.milk() == 200
    shop.store.terminal.kill()
    shop.store.terminal.start()
    assert shop.said == "recovered"
    assert shop.milk() == 300
    shop.pay()
    assert shop.milk() == 250
    shop.pay()
    assert (
        shop.store.price([{"id": "b", "at": "2026-11-22T10:00", "lines": [{"code": "milk", "qty": 1}]}])[0]["total"]
        == 250
    )


def test_a_new_file_is_noticed_before_the_first_line_after_a_quiet_night(shop: Shop) -> None:
    shop.deliver(shop.book(250))
    assert shop.milk() == 250


def test_a_file_that_is_written_over_byte_by_byte(shop: Shop) -> None:
    assert shop.milk() == 100
    data = shop.book(250).read_bytes()
    with shop.store.snapshot.open("r+b") as file:
        file.truncate()
        file.write(data[: len(data) // 2])
        file.flush()
        assert shop.milk() == 200
        shop.pay()
        assert shop.milk() == 100  # half a file is no file
        file.write(data[len(data) // 2 :])
    shop.pay()
    assert shop.milk() == 250


def test_a_damaged_file_is_named_and_the_sale_goes_on(shop: Shop) -> None:
    assert shop.milk() == 100
    bad = shop.book(250)
    data = bytearray(bad.read_bytes())
    data[len(data) // 2] ^= 1
    bad.write_bytes(data)
    shop.deliver(bad)
    shop.store.front_end.must("subtotal")
    shop.store.front_end.must("cash", amount_minor=100)
    assert shop.milk() == 100
    assert "The last good one stays in use" in shop.store.terminal.tail(20)
    shop.store.terminal.kill()
    shop.store.terminal.start()
    assert shop.milk() == 200


def test_only_trusted_snapshots_take_over(tmp_path: Path) -> None:
    shop = Shop(tmp_path, 'trusted_keys = ["keys/snapshot.pub"]\n')
    lane("keys", "new", tmp_path / "keys")
    lane("keys", "new", tmp_path / "other")
    try:
        shop.deliver(shop.book(100))
        done = subprocess.run(
            shop.store.terminal.words, capture_output=True, text=True, cwd=ROOT, timeout=20, check=False
        )
        assert done.returncode == 2 and "nobody has signed it" in done.stderr
        shop.deliver(shop.book(100, "--sign", tmp_path / "keys" / "snapshot.key"))
        shop.store.terminal.start()
        assert shop.milk() == 100
        shop.pay()
        for number, file in enumerate((shop.book(250), shop.book(300, "--sign", tmp_path / "other" / "snapshot.key"))):
            shop.deliver(file)
            assert shop.milk() == 100, number
            shop.pay()
        shop.deliver(shop.book(350, "--sign", tmp_path / "keys" / "snapshot.key"))
        assert shop.milk() == 350
    finally:
        shop.store.stop()
