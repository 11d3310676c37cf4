"""New prices on real processes: published at head office, through a gateway, to a till that sells by them."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from price_tills import PriceTills
from rig import LANE, ROOT, Process, Store, free_port, wait_for

from runtime.keys import trust_of
from runtime.wire.messages import View

ITEMS = "sku,name,unit,price,category,brand,tags,barcodes\nmilk,milk,each,{price},,,,\n"


def lane(*words: object) -> str:
    done = subprocess.run([*LANE, *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Chain:
    """Head office, and one store with one till. Every part is a process; all keys are real. `private`: TLS with
    certificates on both seams, the till enrolled with a code."""

    def __init__(self, folder: Path, private: bool = False) -> None:
        self.private = private
        self.folder = folder
        lane("keys", "new", folder / "keys")
        self.hq_port = free_port()
        self.hq_file = folder / "hq.toml"
        self.store = Store(folder, settings=self._till)
        self.number = self.store.settings["terminal"]["store"]
        self.hq_file.write_text(f'[hq]\nport = {self.hq_port}\n[groups]\nnorth = ["{self.number}"]\n')
        if private:
            self.store.make_private()
            lane("ca", "hq", folder / "safe", "-o", folder / "hq-trust")
            self.hq_file.write_text(self.hq_file.read_text() + '[tls]\nfolder = "hq-trust"\n')
        text = self.store.gateway_file.read_text()
        text += f'\n[hq]\nurl = "http{"s" if private else ""}://127.0.0.1:{self.hq_port}"\n'
        text += '[snapshots]\ntrusted_keys = ["keys/snapshot.pub"]\npoll_ms = 200\n'
        self.store.gateway_file.write_text(text)
        self.hq = Process("hq", [*LANE, "hq", "--config", str(self.hq_file)], self.store.run)

    def _till(self, text: str) -> str:
        """Beats alone tell it of new prices."""
        text = text[: text.index("# The devices are simulated")]
        text = text.replace("[terminal]\n", '[terminal]\ntrusted_keys = ["keys/snapshot.pub"]\n')
        return text.replace(
            "[gateway]\n", "[gateway]\nbeat_ms = 200\nsnapshot_poll_ms = 3_600_000\nbackoff_high_ms = 500\n"
        )

    def book(self, price: int) -> Path:
        folder = self.folder / f"book-{price}"
        folder.mkdir(exist_ok=True)
        (folder / "items.csv").write_text(ITEMS.format(price=price))
        (folder / "promotions.json").write_text("[]")
        (folder / "book.json").write_text('{"format": 1, "currency": "CNY", "exponent": 2}')
        out = self.folder / f"{price}.snapshot"
        lane("compile", folder, "-o", out, "--sign", self.folder / "keys" / "snapshot.key")
        return out

    def publish(self, price: int, *scope: str) -> str:
        file = self.book(price)
        key = self.folder / "keys" / "snapshot.key"
        return lane("hq", "publish", file, "--config", self.hq_file, "--key", key, *(scope or ("--all",)))

    def arrived(self, price: int) -> bool:
        """Whether this file is at the path that the till looks at."""
        return self.store.snapshot.read_bytes() == (self.folder / f"{price}.snapshot").read_bytes()

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

    def start(self) -> None:
        for part in (self.hq, self.store.gateway, self.store.terminal):
            part.start()
        if self.private:
            self.store.enrol()

    def stop(self) -> None:
        self.store.stop()
        self.hq.kill()


@pytest.fixture
def chain(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Chain]:
    made = Chain(tmp_path, getattr(request, "param", False))
    (made.store.snapshot).write_bytes(made.book(77).read_bytes())
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize("chain", [True], indirect=True, ids=["private"])
def test_a_new_price_is_charged_on_the_next_sale(chain: Chain) -> None:
    chain.start()
    assert chain.milk() == 77
    assert "1  all  100.snapshot" in chain.publish(100)
    wait_for("the new prices", lambda: chain.arrived(100))
    assert chain.milk() == 154  # the open basket keeps its own
    chain.pay()
    assert chain.milk() == 100
    chain.pay()
    chain.publish(250, "--group", "north")  # for this till's settings name no such group
    wait_for("the sentence", lambda: any(d.name == "prices" for d in chain.view().devices))
    sentence = next(d.sentence for d in chain.view().devices if d.name == "prices")
    assert sentence.code == "prices_elsewhere" and chain.milk() == 100
    chain.pay()
    chain.publish(300, "--store", chain.number)
    wait_for("the store's own prices", lambda: chain.arrived(300))
    assert chain.milk() == 300
    chain.pay()
    chain.publish(100, "--store", chain.number)  # back again
    wait_for("the old prices", lambda: chain.arrived(100))
    assert chain.milk() == 100
    said = wait_for(
        "who has what",
        lambda: (
            (text := lane("hq", "published", "--config", chain.hq_file, "--stores")).count("as it should be") == 2
            and text
        ),
    )
    assert "number 4, as it should be" in said and f"store {chain.number}" in said


def test_whatever_is_killed_the_prices_arrive(chain: Chain) -> None:
    """Each process in turn ends by SIGKILL as a publication goes out; what is sold is never anything but what was
    published."""
    chain.start()
    price = 100
    for part in (chain.hq, chain.store.gateway, chain.store.terminal):
        price += 1
        chain.publish(price)
        part.kill()
        part.start()
        assert chain.milk() in (77, *range(101, price + 1))
        chain.pay()
    wait_for("the last prices", lambda: chain.arrived(price))
    assert chain.milk() == price


def test_forty_tills_take_new_prices_from_the_gateway(chain: Chain, tmp_path: Path) -> None:
    for part in (chain.hq, chain.store.gateway):
        part.start()
    url = f"http://127.0.0.1:{chain.store.gateway_port}"
    trust = trust_of([tmp_path / "keys" / "snapshot.pub"])

    async def life() -> list[bytes]:
        tills = PriceTills(tmp_path / "tills", url, chain.number, chain.store.snapshot, trust=trust, poll_s=0.2)
        async with tills:
            await asyncio.to_thread(chain.publish, 100)
            await tills.until(1)
            await asyncio.to_thread(chain.publish, 101)
            await tills.until(2)
            return [path.read_bytes() for path in tills.paths]

    found = asyncio.run(life())
    wanted = (tmp_path / "101.snapshot").read_bytes()
    assert [hashlib.sha256(one).digest() for one in found] == [hashlib.sha256(wanted).digest()] * 40
