"""The machines of a simulated store: each has a disk that stays, and lives that end.

A life is one run of the real program's parts on that disk, from its start (which is recovery) until the power goes, the
process is killed, or the program itself gives up. What a dead life still does reaches neither disk, network nor paper.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.api import ScanData
from runtime.forward.forwarder import Forwarder
from runtime.gateway.app import make_app
from runtime.gateway.keeper import Keeper
from runtime.gateway.store import GatewayStore
from runtime.journal.errors import JournalError
from runtime.journal.store import Journal
from runtime.link.ports import LinkDown, LinkReply
from runtime.sale.machine import step
from runtime.sale.record import Identity
from runtime.sale.state import Checkout
from runtime.terminal.basket import Place
from runtime.terminal.printing import ReceiptTexts
from runtime.terminal.till import Till
from runtime.wire.messages import Answer, Command
from runtime.wire.pack import build, unpack
from runtime.wire.records import BatchAnswer, RecordBatch
from tests.sim.disk import Disk
from tests.sim.goods import snapshot
from tests.sim.loop import OWNER, SimLoop
from tests.sim.network import Asgi, Link
from tests.sim.till_devices import Printer, SimDevices

if TYPE_CHECKING:
    import asyncio

    from tests.sim.world import World

STORE = "S1"
GATEWAY = "gateway"
JOURNAL = Path("/journal.db")
DATABASE = "/gateway.db"
RECORDS = "/v1/records"
COPY_MARK = "*** COPY ***"
TEXTS = ReceiptTexts(header=("模拟店",), footer=("谢谢",), sign="¥", translate=str)


class Machine:
    """A computer: `life` is what runs on it, None while it is off."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.disk = Disk(world.rng(f"{name}/disk"))
        self.lives = 0
        self.life: TerminalLife | GatewayLife | None = None
        self.will_die = ""  # the life has ended from inside; it is taken away at the next turn of the loop

    def boot(self) -> None:
        """Start, if it is off. A start that fails (a fault of the disk) leaves it off."""
        raise NotImplementedError

    def end(self, how: str) -> None:
        """`power`: what was not synced is at stake. `kill`: the process alone."""
        if self.life is not None:
            self.world.note(f"{self.name} {how}")
            self.life.end()
            self.life = None
        self.will_die = ""
        if how == "power":
            self.disk.crash()
        else:
            self.disk.kill()

    def die_soon(self, how: str) -> None:
        """From inside the program or the disk: the life counts as over now, and is taken away by the loop."""
        if self.life is None or self.will_die:
            return
        self.will_die = how
        self.life.alive = False
        self.world.loop.call_soon(self._take_away)

    def _take_away(self) -> None:
        if self.will_die:
            self.end(self.will_die)


class Life:
    def __init__(self, machine: Machine) -> None:
        machine.lives += 1
        self.name = f"{machine.name}#{machine.lives}"
        self.machine = machine
        self.world = machine.world
        self.alive = True

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task of this life: it ends with it."""
        return self.run(lambda: self.world.loop.create_task(work))

    def run(self, call: Callable[[], Any]) -> Any:
        """A call whose tasks belong to this life."""
        context = copy_context()
        context.run(OWNER.set, self.name)
        return context.run(call)

    def end(self) -> None:
        self.alive = False
        self.world.loop.cancel_all(self.name)


# --- the terminal -------------------------------------------------------------------------------------------------


class SimClock:
    """A till's clock: virtual time, or that of a machine that woke up in 1970. Nothing may depend on it."""

    quality = "system"

    def __init__(self, loop: SimLoop, began: datetime) -> None:
        self._loop, self._began = loop, began

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self._loop.time())


class GuardedLink:
    """The terminal's link: a dead life sends nothing and hears nothing; what a live one hears is kept by the world."""

    def __init__(self, life: TerminalLife) -> None:
        self._life = life
        self._gateway = life.machine.gateway
        self._link = Link(life.world.network, life.machine.name, self._gateway.name)

    async def post(self, path: str, body: bytes) -> LinkReply:
        disk = self._gateway.disks
        reply = await self._exchange(self._link.post(path, body))
        if reply.status == 200 and path == RECORDS:
            sent = build(RecordBatch, unpack(body, 1 << 23))
            answer = build(BatchAnswer, unpack(reply.body))
            self._life.world.heard(self._gateway, sent, answer, disk)
        return reply

    async def get(self, path: str) -> LinkReply:
        return await self._exchange(self._link.get(path))

    async def _exchange(self, asked: Coroutine[Any, Any, LinkReply]) -> LinkReply:
        if not self._life.alive:
            asked.close()
            raise LinkDown("this machine is off")
        reply = await asked
        if not self._life.alive:
            raise LinkDown("this machine is off")
        return reply


class TerminalLife(Life):
    """The real till, journal and forwarder on a simulated machine."""

    machine: Terminal

    def __init__(self, machine: Terminal, rng: random.Random) -> None:
        super().__init__(machine)
        world = self.world
        self.journal = Journal.open(
            JOURNAL, machine=machine.name, random_epoch=lambda: rng.getrandbits(64), vfs=machine.disk.vfs
        )
        began = datetime(1970, 1, 1) if rng.random() < 0.1 else world.began
        self.devices = SimDevices(
            machine.printer, world.provider, rng, lambda: self.alive, lambda text: world.note(f"{machine.name} {text}")
        )
        self.till = Till(
            identity=Identity(machine.gateway.store, machine.name, "07", self.journal.epoch),
            place=Place(machine.gateway.store),
            clock=SimClock(world.loop, began),
            journal=self.journal,
            devices=self.devices,
            snapshot=snapshot(),
            templates=(),
            receipt_texts=TEXTS,
            publish=lambda view: None,
            fatal=self._fatal,
        )
        self.forwarder = Forwarder(
            self.journal, GuardedLink(self), machine.gateway.store, machine.name, rng.random, self.till.changed
        )
        self.till.forwarder = self.forwarder

    def start(self) -> None:
        self.run(self._start)

    def _start(self) -> None:
        self.till.start()
        self.till.spawn(self.forwarder.run())

    def _fatal(self, error: BaseException) -> None:
        if not self.alive:
            return
        if not isinstance(error, JournalError):
            self.world.bugs.append(f"{self.machine.name}: {error!r}")
        self.world.note(f"{self.machine.name} gives up: {error}")
        self.machine.die_soon("kill")

    def command(self, name: str, **args: str | int | None) -> Answer | None:
        """What the cashier presses; None where the machine died of it."""
        self.world.commands += 1
        answer: Answer = self.run(lambda: self.till.command(Command(self.world.commands, name, args)))
        return answer if self.alive else None

    def scan(self, code: str) -> None:
        self.run(lambda: self.till.scanned("scanner", ScanData(code)))


class Terminal(Machine):
    def __init__(self, world: World, name: str, gateway: Gateway) -> None:
        super().__init__(world, name)
        self.gateway = gateway
        self.printer = Printer(world.rng(f"{name}/printer"), trouble=world.plan.device_trouble)
        self.known: tuple[int, int, Checkout] | None = None  # epoch, row and state that were acknowledged last
        self.life: TerminalLife | None = None

    def boot(self) -> None:
        if self.life is not None:
            return
        rng = self.world.rng(f"{self.name}/life/{self.lives}")
        life = self.world.start(self, lambda: self.new_life(rng))
        if life is None:
            return
        self.life = life
        self._check_recovered(life)
        life.start()
        self.world.note(f"{self.name} up at row {life.journal.last_seq}, sale {life.journal.last_sequence}")

    def new_life(self, rng: random.Random) -> TerminalLife:
        return TerminalLife(self, rng)

    def end(self, how: str) -> None:
        if self.life is not None:
            journal = self.life.journal
            self.known = (journal.epoch, journal.last_seq, self.life.till.checkout)
        super().end(how)

    def _check_recovered(self, life: TerminalLife) -> None:
        """The basket after a start is the basket before the end, or that and the one event that was being written."""
        recovered = life.journal.recover()
        if self.known is None:
            return
        epoch, seq, checkout = self.known
        last = life.journal.last_seq
        assert life.journal.epoch == epoch, f"{self.name}: another epoch"
        assert last in (seq, seq + 1), f"{self.name}: row {seq} was acknowledged, {last} is on disk"
        if last == seq + 1:
            (row,) = life.journal.rows(last, last)
            checkout, _ = step(checkout, row.read_event())
        assert recovered == checkout, f"{self.name}: another basket after row {last}"


# --- the gateway --------------------------------------------------------------------------------------------------


class GatewayLife(Life):
    machine: Gateway

    def __init__(self, machine: Gateway) -> None:
        super().__init__(machine)
        world = self.world
        self.store = GatewayStore.open(DATABASE, machine.store, world.utc_ms, vfs=machine.disk.vfs)
        self.keeper = Keeper(self.store)
        self.app = self.make_app()

    def make_app(self) -> Asgi:
        return make_app(self.keeper, None, self._fatal)

    def start(self) -> None:
        """What runs beside the answering."""

    async def _fatal(self) -> None:
        self.machine.die_soon("kill")

    def end(self) -> None:
        self.world.network.down(self.machine.name)
        super().end()


class Gateway(Machine):
    def __init__(self, world: World, name: str = GATEWAY, store: str = STORE) -> None:
        super().__init__(world, name)
        self.store = store
        self.disks = 1
        self.life: GatewayLife | None = None

    def replace_disk(self) -> None:
        """The disk dies; another, empty one takes its place."""
        self.end("power")
        self.disk.close()
        self.disks += 1
        self.disk = Disk(self.world.rng(f"{self.name}/disk/{self.disks}"))
        self.world.note(f"{self.name} has a new disk")

    def boot(self) -> None:
        if self.life is not None:
            return
        life = self.world.start(self, self.new_life)
        if life is None:
            return
        self.life = life
        self.world.check_watermarks(self, life.store)
        self.world.network.serve(self.name, life.app, life.spawn)
        life.start()
        self.world.note(f"{self.name} up")

    def new_life(self) -> GatewayLife:
        return GatewayLife(self)

    def die_soon(self, how: str) -> None:
        super().die_soon(how)
        if self.will_die:
            self.world.network.down(self.name)
