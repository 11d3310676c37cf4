"""The machines of a simulated chain: terminals that share and prune, gateways that hand on, and head office.

The same real code as the processes run, put together as their commands do it; head office's store is the SQLite one, in
PostgreSQL's place. What a test of safety needs to know of a life is told to the world as it happens: every record that
was closed, every ticket that changed hands, every word of a server about what it has.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.gateway.app import OpenDoor, make_app
from runtime.gateway.retention import prune
from runtime.gateway.sharing.beats import BeatEndpoints, Sharing
from runtime.gateway.sharing.store import SharedStore
from runtime.gateway.upstream import Upstream
from runtime.hq.app import Desk
from runtime.hq.app import make_app as make_office
from runtime.hq.sqlite import SqliteStore
from runtime.journal.retention import Retention
from runtime.link.ports import LinkDown, LinkReply
from runtime.sale import events as ev
from runtime.serving.kit import Bodies, Limits
from runtime.terminal.beating import Beating
from runtime.terminal.tending import tend
from runtime.wire.chain import read_answer
from tests.sharing.store_rig import status_of
from tests.sim.disk import Disk
from tests.sim.machines import Gateway, GatewayLife, GuardedLink, Life, Machine, Terminal, TerminalLife
from tests.sim.network import Asgi, Link

if TYPE_CHECKING:
    from tests.sim.chain import Chain

OFFICE = "office"
SHARED = Path("/shared.db")
OFFICE_DATABASE = Path("/hq.db")
BEAT_S = 3.0


class ChainTerminalLife(TerminalLife):
    machine: ChainTerminal

    def __init__(self, machine: ChainTerminal, rng: random.Random) -> None:
        super().__init__(machine, rng)
        chain, till = machine.chain, self.till
        self.beating = Beating(
            till, GuardedLink(self), rng.random, rng.getrandbits(48), lambda: status_of(till), BEAT_S
        )
        accept, poke = till.accept, self.forwarder.poke

        def watched(event: ev.Event) -> None:
            before = till.checkout
            accept(event)
            chain.happened(machine, self.journal.epoch, before, event)

        def closed() -> None:
            self.tell_records(self.journal.last_sequence - 1)
            poke()

        till.accept = watched  # type: ignore[method-assign]
        self.forwarder.poke = closed  # type: ignore[method-assign]

    def tell_records(self, after: int) -> None:
        """What is in the journal goes into the world's book."""
        epoch = self.journal.epoch
        while records := self.journal.records(after, 100):
            for one in records:
                self.machine.chain.closed(self.machine, epoch, one)
            after = records[-1].sequence

    def _start(self) -> None:
        super()._start()
        self.till.spawn(self.beating.run())
        self.till.spawn(tend(self.till, Retention(keep_days=90, max_bytes=0)))


class ChainTerminal(Terminal):
    """`disks`: how many it has had; the one before was stolen with the machine."""

    gateway: ChainGateway

    def __init__(self, chain: Chain, name: str, gateway: ChainGateway) -> None:
        super().__init__(chain, name, gateway)
        self.chain = chain
        self.disks = 1

    def new_life(self, rng: random.Random) -> TerminalLife:
        life = ChainTerminalLife(self, rng)
        life.tell_records(0)
        return life

    def _check_recovered(self, life: TerminalLife) -> None:
        known = self.known
        super()._check_recovered(life)
        if known is not None and life.journal.last_seq == known[1] + 1:  # it was on disk, and nobody was told
            (row,) = life.journal.rows(known[1] + 1, known[1] + 1)
            self.chain.happened(self, known[0], known[2], row.read_event())

    def steal(self) -> None:
        """Somebody carries it away. Another machine with an empty disk is enrolled in its place."""
        self.end("power")
        self.chain.stolen.add((self.gateway.store, self.name, self.known[0] if self.known else 0))
        self.disk.close()
        self.disks += 1
        self.disk = Disk(self.chain.rng(f"{self.name}/disk/{self.disks}"))
        self.known = None
        self.chain.note(f"{self.name} is stolen")


class ChainGatewayLife(GatewayLife):
    machine: ChainGateway

    def __init__(self, machine: ChainGateway, rng: random.Random) -> None:
        self.rng = rng
        super().__init__(machine)
        self.upstream = Upstream(self.keeper, UpLink(self), rng.random)

    def make_app(self) -> Asgi:
        store, chain = self.machine.store, self.machine.chain
        shared = SharedStore.open(SHARED, store, vfs=self.machine.disk.vfs)
        self.sharing = Sharing(shared, self.store, store, chain.utc_ms)
        beats = BeatEndpoints(self.sharing, self.keeper.ask, Bodies(Limits()), OpenDoor())
        return make_app(self.keeper, None, self._fatal, more=beats.endpoints())

    def start(self) -> None:
        for work in (self.upstream.run(), prune(self.keeper, 0)):
            self.spawn(self._or_end(work))

    async def _or_end(self, work: Any) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  whatever it is, it is in the trace or a bug
            self.machine.chain.note(f"{self.machine.name} gives up: {error!r}")
            if not getattr(error, "fatal", False):
                self.machine.chain.bugs.append(f"{self.machine.name}: {error!r}")
            self.machine.die_soon("kill")


class ChainGateway(Gateway):
    def __init__(self, chain: Chain, name: str, store: str) -> None:
        super().__init__(chain, name, store)
        self.chain = chain

    def new_life(self) -> GatewayLife:
        return ChainGatewayLife(self, self.chain.rng(f"{self.name}/life/{self.lives}"))


class UpLink:
    """A gateway's link to head office; what a living one hears is kept by the world."""

    def __init__(self, life: ChainGatewayLife) -> None:
        self._life = life
        self._link = Link(life.world.network, life.machine.name, OFFICE)

    async def post(self, path: str, body: bytes) -> LinkReply:
        life = self._life
        if not life.alive:
            raise LinkDown("this machine is off")
        reply = await self._link.post(path, body)
        if not life.alive:
            raise LinkDown("this machine is off")
        if reply.status == 200:
            life.machine.chain.confirmed(life.machine.store, read_answer(reply.body, 1 << 20))
        return reply

    async def get(self, path: str) -> LinkReply:
        raise LinkDown("nothing is asked for here")


class OfficeLife(Life):
    machine: Office

    def __init__(self, machine: Office, rng: random.Random) -> None:
        super().__init__(machine)
        life = rng.getrandbits(63)
        self.store = SqliteStore(OFFICE_DATABASE, self.world.utc_ms, life, vfs=machine.disk.vfs)
        self.app = make_office(Desk(self.store), None, self._fatal)

    async def _fatal(self) -> None:
        self.machine.die_soon("kill")

    def end(self) -> None:
        self.world.network.down(OFFICE)
        super().end()


class Office(Machine):
    """Head office."""

    def __init__(self, chain: Chain) -> None:
        super().__init__(chain, OFFICE)
        self.chain = chain
        self.life: OfficeLife | None = None

    def boot(self) -> None:
        if self.life is not None:
            return
        rng = self.world.rng(f"{OFFICE}/life/{self.lives}")
        life = self.world.start(self, lambda: OfficeLife(self, rng))
        if life is None:
            return
        self.life = life
        self.chain.check_office(life.store)
        self.world.network.serve(OFFICE, life.app, life.spawn)
        self.world.note(f"{OFFICE} up")

    def die_soon(self, how: str) -> None:
        super().die_soon(how)
        if self.will_die:
            self.world.network.down(OFFICE)
