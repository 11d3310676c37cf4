"""Head office, a gateway and tills in one process: the real endpoints, keepers, files and deltas, in folders.

Between them is a link that hands requests to the application in memory and may spoil what comes back. What `Damage`
does not touch is the code of the processes.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from engine.compiler import compile_book
from engine.signature import Trust
from engine.snapshot import Snapshot
from runtime.delta import DeltaError, apply_delta
from runtime.distribution.deltas import Deltas
from runtime.distribution.endpoints import snapshot_endpoints
from runtime.distribution.fetching import Fetcher, Getter
from runtime.distribution.files import SnapshotFiles, write_through
from runtime.distribution.keeping import Identity, Keeper
from runtime.gateway.settings import SnapshotsSettings
from runtime.gateway.snapshots import GatewaySnapshots
from runtime.hq.publishing import Publication, Publications, PublicationSource
from runtime.keys import Signer, new_pair, sign_snapshot, trust_of
from runtime.link.backoff import Backoff
from runtime.link.ports import LinkDown, LinkReply
from runtime.serving.kit import Bodies, Limits, application
from runtime.terminal.daemon import MOST_REFUSALS
from runtime.terminal.price_place import TillPlace
from runtime.wire.records import CONTENT_TYPE
from runtime.wire.snapshots import ASK_PATH
from tests.sim.network import Reply, call

STORE = "0001"
GROUPS = {"north": ["0001", "0002"], "big": ["0001"]}
BOOK = b'{"format": 1, "currency": "CNY", "exponent": 2}'

Spoil = Callable[[str, Reply], Reply]  # path and answer; may raise LinkDown


async def patch_here(old: Path, delta: Path, new: Path) -> bool:
    """What `lane patch` does, without a process: quicker."""
    try:
        write_through(new, apply_delta(old.read_bytes(), delta.read_bytes()))
    except (DeltaError, OSError):
        return False
    return True


class Here(Fetcher):
    """Deltas are applied without a process, and small files have some too."""

    def __init__(self, link: Getter, incoming: Path, trust: Trust | None, **how: Any) -> None:
        super().__init__(link, incoming, trust, **{"patch": patch_here, "small_bytes": 0, **how})


async def nothing() -> None:
    return None


@cache
def book(price: int, goods: int = 300) -> bytes:
    """A snapshot, unsigned: milk at this price, among goods whose names do not pack well."""
    rng = random.Random(7)
    rows = [f"g{n},{rng.randbytes(12).hex()},each,{rng.randrange(100, 99_999)},,,,\n" for n in range(goods)]
    items = "sku,name,unit,price,category,brand,tags,barcodes\n" + f"milk,milk,each,{price},,,,\n" + "".join(rows)
    return compile_book({"book.json": BOOK, "items.csv": items.encode(), "promotions.json": b"[]"}).data


def price_in(path: Path) -> int:
    """What milk costs by this file, read as a till reads it."""
    item = Snapshot.open(path).find("milk")
    assert item is not None
    return item.price


class SpoiledLink:
    """To an application in memory; `asked` counts what was asked by the kind of question."""

    def __init__(self, app: Callable[[], Any], asked: Counter[str]) -> None:
        self._app = app
        self._asked = asked
        self.spoil: Spoil = lambda path, reply: reply

    async def get(self, path: str) -> LinkReply:
        return await self._call("GET", path, b"")

    async def post(self, path: str, body: bytes) -> LinkReply:
        return await self._call("POST", path, body)

    async def _call(self, method: str, path: str, body: bytes) -> LinkReply:
        self._asked["ask" if path == ASK_PATH else path.split("/")[2]] += 1
        app = self._app()
        if app is None:
            raise LinkDown("nobody is there")
        reply = self.spoil(path, await call(app, method, path, body, {"Content-Type": CONTENT_TYPE}))
        after = reply.headers.get("retry-after")
        return LinkReply(reply.status, reply.body, int(after) if after else None)


class Office:
    """Head office."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "keys"
        if not self.keys.exists():
            new_pair(self.keys)
        self.signer = Signer(self.keys / "snapshot.key")
        self.trust = trust_of([self.keys / "snapshot.pub"])
        self.start()

    def start(self) -> None:
        files = SnapshotFiles(self.folder / "published", most_bytes=1 << 30, most_files=60)
        self.publications = Publications(files, GROUPS)
        self.source = PublicationSource(self.publications)
        self.deltas = Deltas(files)
        endpoints = snapshot_endpoints(self.source, self.deltas, Bodies(Limits()))
        self.app = application(endpoints, nothing)

    def signed(self, price: int, *, goods: int = 300, key: Path | None = None) -> Path:
        path = self.folder / f"{price}.snapshot"
        path.write_bytes(sign_snapshot(book(price, goods), key or self.keys / "snapshot.key"))
        return path

    def publish(self, price: int, *scopes: str, goods: int = 300) -> Publication:
        made = self.publications.publish(
            self.signed(price, goods=goods), scopes or ("all",), signer=self.signer, trust=self.trust, now_ms=0
        )
        return made[-1]


class Store:
    """A gateway with its tills. `restart()` is kill -9 and a new start: nothing but the folders is left."""

    def __init__(self, folder: Path, office: Office, *, store: str = STORE, trust: Trust | None = None) -> None:
        self.folder = folder
        self.office = office
        self.store = store
        self.trust = trust or office.trust
        self.asked_above: Counter[str] = Counter()
        self.asked_here: Counter[str] = Counter()
        self.up: SpoiledLink
        self.app: Any = None
        self.tills: dict[str, Till] = {}
        self.settings = SnapshotsSettings()
        self.restart()

    def restart(self) -> None:
        self.up = SpoiledLink(lambda: self.office.app, self.asked_above)
        self.gateway = GatewaySnapshots(
            self.folder / "gateway", self.store, self.settings, self.trust, self.up, lambda: 0.5, Here
        )
        self.gateway.place.start()
        self.app = application(self.gateway.endpoints, nothing)

    @property
    def keeper(self) -> Keeper:
        assert self.gateway.keeper is not None
        return self.gateway.keeper

    @property
    def place(self) -> Any:
        return self.gateway.place

    def till(self, name: str = "01", *, price: int | None = 100, **how: Any) -> Till:
        if name not in self.tills:
            self.tills[name] = Till(self, name, price, **how)
        return self.tills[name]

    def served(self) -> int | None:
        """The price that the gateway serves, or None."""
        wanted = self.place.wanted(self.store)
        return None if wanted is None else price_in(self.place.files.place(wanted.file))


class Till:
    def __init__(
        self,
        store: Store,
        name: str,
        price: int | None,
        *,
        groups: tuple[str, ...] = ("north", "big"),
        methods: tuple[str, ...] | None = None,
    ) -> None:
        self.store, self.name, self.groups, self.methods = store, name, groups, methods
        self.path = store.folder / f"till-{name}" / "shop.snapshot"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if price is not None:
            self.path.write_bytes(store.office.signed(price).read_bytes())
        self.restart()

    def restart(self) -> None:
        self.link = SpoiledLink(lambda: self.store.app, self.store.asked_here)
        self.place = TillPlace(self.path)
        self.fetcher = Here(self.link, self.place.incoming, self.store.trust, methods=self.methods)
        self.keeper = Keeper(
            Identity(self.store.store, self.name, self.groups),
            self.link,
            self.fetcher,
            self.place,
            self.store.trust,
            random=lambda: 0.5,
            poll_s=2.0,
            backoff=Backoff(0.01, 0.02),
            most_refusals=MOST_REFUSALS,
        )

    def price(self) -> int:
        return price_in(self.path)

    @property
    def status(self) -> str:
        return self.keeper.status[0]


def flip(reply: Reply, bit: int = 4_000) -> Reply:
    """One bit of the body is another."""
    data = bytearray(reply.body)
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    return dataclasses.replace(reply, body=bytes(data))


def cut(reply: Reply, share: int = 2) -> Reply:
    return dataclasses.replace(reply, body=reply.body[: len(reply.body) // share])


async def settle(*keepers: Keeper, times: int = 4) -> None:
    """Ask so many times; what goes wrong is tried again the next time."""
    for _ in range(times):
        for keeper in keepers:
            try:
                await keeper.once()
            except Exception as error:
                if not isinstance(error, LinkDown) and type(error).__name__ != "Later":
                    raise
        await asyncio.sleep(0)
