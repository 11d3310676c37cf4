"""A till with a real journal, the real engine and the real effects; only what stands around it is scripted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import apsw

from drivers.api import DeviceClass, Document, Lamp, PaymentStatus, ScaleReading, ScanData
from engine.compiler import compile_book
from engine.snapshot import Snapshot
from runtime.devices.ports import DeviceStatus, PrintResult
from runtime.journal.store import Journal
from runtime.sale.record import Identity, read_record
from runtime.terminal.basket import Place
from runtime.terminal.day_rules import DayRules
from runtime.terminal.printing import ReceiptTexts
from runtime.terminal.settings import SaleSettings
from runtime.terminal.till import Till
from runtime.wire.messages import Answer, Command, View

MILK, WATER, FREE, PUMPKIN, APPLE = "1001", "1002", "1003", "2001", "2002"
GOODS = {MILK: ("each", 350), WATER: ("each", 200), FREE: ("each", 0), PUMPKIN: ("kg", 798), APPLE: ("kg", 1200)}
PAY_CODE = "134567890123456789"


def book(goods: dict[str, tuple[str, int]] | None = None, names: dict[str, str] | None = None) -> Snapshot:
    names = names or {}
    lines = ["sku,name,unit,price,category,brand,tags,barcodes"]
    for sku, (unit, minor) in (goods or GOODS).items():
        name = names.get(sku, f"goods {sku}").replace('"', '""')
        lines.append(f'{sku},"{name}",{unit},{minor},10,,,')
    promotions: list[dict[str, Any]] = []
    if MILK in (goods or GOODS):
        promotions.append({"id": "P1", "name": "cheap", "type": "price", "items": {"skus": [MILK]}, "price": 300})
    about = {"format": 1, "currency": "CNY", "exponent": 2, "name": "shop", "categories": {"10": "all"}}
    files = {"book.json": about, "promotions.json": promotions}
    data = {name: json.dumps(value).encode() for name, value in files.items()}
    return Snapshot(compile_book({**data, "items.csv": "\n".join(lines).encode() + b"\n"}).data)


@lru_cache(maxsize=1)
def usual_book() -> Snapshot:
    return book()


class FillingFile(apsw.VFSFile):
    full = False

    def xWrite(self, data: bytes, offset: int) -> None:
        if FillingFile.full:
            raise apsw.FullError("the disk is full")
        super().xWrite(data, offset)


class FillingDisk(apsw.VFS):
    """A disk that is full while `FillingFile.full`."""

    def __init__(self) -> None:
        super().__init__("till-rig", "unix")

    def xOpen(self, name: Any, flags: list[int]) -> FillingFile:
        return FillingFile("unix", name, flags)


_DISK = FillingDisk()


class Devices:
    """The port, scripted: what the scale shows, what the provider says, how printing ends."""

    def __init__(self, *classes: DeviceClass) -> None:
        self.classes = classes or ("Scanner", "Scale", "POSPrinter", "ElectronicValueRW")
        self.codes: dict[str, str] = {}
        self.on_scale: ScaleReading | str = ScaleReading("ESCAL_ZERO")
        self.provider: dict[str, list[str]] = {"pay": [], "query": [], "cancel": []}  # the last answer stays
        self.asked: list[str] = []
        self.printed: list[Document] = []
        self.print_ends: Callable[[], PrintResult] = lambda: PrintResult("OK", True)
        self.prints_for_s = 0.0
        self.drawers = 0
        self.shown: list[tuple[str, int]] = []
        self.weighings = 0

    def statuses(self) -> tuple[DeviceStatus, ...]:
        return tuple(DeviceStatus(one.lower(), one, self.codes.get(one, "OK")) for one in self.classes)

    async def print_document(self, document: Document) -> PrintResult:
        self.printed.append(document)
        await asyncio.sleep(self.prints_for_s)
        return self.print_ends()

    async def open_drawer(self) -> str:
        self.drawers += 1
        return "OK"

    async def weigh(self, timeout_s: float) -> ScaleReading | str:
        self.weighings += 1
        await asyncio.sleep(0)
        if not (isinstance(self.on_scale, ScaleReading) and self.on_scale.code == "OK"):
            await asyncio.sleep(min(timeout_s, 0.01))
        return self.on_scale

    def show(self, lamp: Lamp, amount_minor: int) -> None:
        self.shown.append((lamp, amount_minor))

    async def pay(self, trade_no: str, auth_code: str, amount_minor: int, timeout_s: float) -> PaymentStatus | str:
        return await self._provider("pay", trade_no)

    async def query_payment(self, trade_no: str, timeout_s: float) -> PaymentStatus | str:
        return await self._provider("query", trade_no)

    async def cancel_payment(self, trade_no: str, timeout_s: float) -> PaymentStatus | str:
        return await self._provider("cancel", trade_no)

    async def _provider(self, what: str, trade_no: str) -> PaymentStatus | str:
        self.asked.append(what)
        await asyncio.sleep(0)
        answers = self.provider[what]
        state = (answers.pop(0) if len(answers) > 1 else answers[0]) if answers else "TIMEOUT"
        known = ("SUCCESS", "USERPAYING", "PAYERROR", "NOTFOUND", "REVOKED")
        return PaymentStatus(trade_no, state) if state in known else state  # type: ignore[arg-type]  # one of them


class Clock:
    quality = "system"

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 18, 0)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


class Rig:
    """One till on one journal; `again` is a restart."""

    within_s = 5.0

    def __init__(
        self,
        folder: Path,
        snapshot: Snapshot | None = None,
        devices: Devices | None = None,
        settings: SaleSettings | None = None,
        day: DayRules | None = None,
        workstation: str = "01",
        epoch: int = 7,
    ) -> None:
        self.day = day
        self.workstation, self.epoch = workstation, epoch
        self.folder = folder
        self.settings = settings
        self.devices = devices or Devices()
        self.clock: Any = Clock()
        self.views: list[View] = []
        self.fatal: list[BaseException] = []
        self.commands = 0
        self._open(snapshot or usual_book())

    def _open(self, snapshot: Snapshot) -> None:
        FillingFile.full = False
        self.journal = Journal.open(
            self.folder / "journal.db", machine="m", random_epoch=lambda: self.epoch, vfs="till-rig"
        )
        self.till = Till(
            identity=Identity("S1", self.workstation, "9", self.journal.epoch),
            place=Place("S1"),
            clock=self.clock,
            journal=self.journal,
            devices=self.devices,
            snapshot=snapshot,
            templates=(),
            receipt_texts=ReceiptTexts((), (), "¥", str),
            sale_settings=self.settings,
            publish=self.views.append,
            fatal=self.fatal.append,
            day=self.day,
        )
        self.till.start()

    async def again(self, snapshot: Snapshot | None = None) -> None:
        """As after kill -9: nothing is said or written any more."""
        await self.till.stop()
        self.journal.close()
        self._open(snapshot or self.till.snapshot)

    async def close(self) -> None:
        FillingFile.full = False
        await self.till.stop()
        self.journal.close()
        assert not self.fatal, self.fatal

    def do(self, name: str, **args: str | int | None) -> Answer:
        self.commands += 1
        return self.till.command(Command(self.commands, name, args))

    async def ask(self, name: str, **args: str | int | None) -> Answer:
        """As the daemon answers: also what carries a PIN, or takes its time."""
        self.commands += 1
        answer = self.till.handle(Command(self.commands, name, args))
        return answer if isinstance(answer, Answer) else await answer

    async def must_ask(self, name: str, **args: str | int | None) -> None:
        answer = await self.ask(name, **args)
        assert answer.ok, answer.sentence

    async def refused_ask(self, name: str, **args: str | int | None) -> str:
        answer = await self.ask(name, **args)
        assert not answer.ok and answer.sentence is not None
        return answer.sentence.code

    def must(self, name: str, **args: str | int | None) -> None:
        answer = self.do(name, **args)
        assert answer.ok, answer.sentence

    def refused(self, name: str, **args: str | int | None) -> str:
        answer = self.do(name, **args)
        assert not answer.ok and answer.sentence is not None
        return answer.sentence.code

    def scan(self, code: str) -> None:
        self.till.scanned("scanner", ScanData(code))

    @property
    def view(self) -> View:
        return self.till.view()

    @property
    def said(self) -> str:
        return self.till.last_said

    async def until(self, true: Callable[[], Any], within_s: float = 0.0) -> None:
        async with asyncio.timeout(within_s or self.within_s):
            while not true():
                await asyncio.sleep(0.002)

    def records(self) -> list[dict[str, Any]]:
        return [read_record(one.body) for one in self.journal.records(0, 1000, 1 << 30)]


def full(yes: bool) -> None:
    FillingFile.full = yes


def run(
    folder: Path,
    work: Callable[[Rig], Any],
    snapshot: Snapshot | None = None,
    devices: Any = None,
    settings: SaleSettings | None = None,
    day: DayRules | None = None,
) -> None:
    """One scenario on a till of its own."""

    async def main() -> None:
        rig = Rig(folder, snapshot, devices, settings, day)
        try:
            await work(rig)
        finally:
            await rig.close()

    asyncio.run(main())
