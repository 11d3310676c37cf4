"""Beats of the store's terminals, taken and answered (runtime.wire.beat): the gateway's side of all that is shared.

POST /v1/beat      Beat in, BeatAnswer out; on disk before the answer where anything changed
GET  /v1/users     the store's list of users, as its hash in each answer says
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from runtime.chain.blocking import RunBlocking
from runtime.gateway.app import Admission
from runtime.gateway.errors import GatewayError
from runtime.gateway.sharing.board import answer, heard
from runtime.gateway.sharing.check import read_beat
from runtime.gateway.sharing.receipts import holds_after
from runtime.gateway.sharing.store import ReceiptKey, Records, SharedStore
from runtime.gateway.sharing.users import SharedUsers
from runtime.serving.kit import Bodies, Endpoint, packed
from runtime.wire.beat import MAX_BEAT_BYTES, Beat, BeatAnswer, ReceiptHold, ReceiptNews
from runtime.wire.messages import Sentence
from runtime.wire.records import PackedRecord
from runtime.wire.status import Status

CATCH_UP = 200  # records that are looked at for returns with each beat; a question for a receipt waits for all
ALL = 1 << 60


@dataclass(frozen=True, slots=True)
class Heard:
    """The last beat of a terminal in this run of the gateway."""

    status: Status | None  # the last that it said
    prices: Sentence | None
    epoch: int
    run: int
    serial: int
    at_ms: int


Find = Callable[[ReceiptKey], tuple[int, PackedRecord] | None]  # gives the epoch and the record


def nowhere(key: ReceiptKey) -> tuple[int, PackedRecord] | None:
    return None


class Sharing:
    """`now_ms`: milliseconds since 1970, for people and for who is silent. `elsewhere` finds the record of a receipt
    that this gateway does not have: the seam to head office; `prices` is the number of what it has for its tills."""

    def __init__(
        self,
        shared: SharedStore,
        records: Records,
        store: str,
        now_ms: Callable[[], int],
        users: SharedUsers | None = None,
        elsewhere: Find = nowhere,
        prices: Callable[[], int] = lambda: 0,
    ) -> None:
        self.shared = shared
        self.records = records
        self.store = store
        self.now_ms = now_ms
        self.users = users or SharedUsers(None)
        self.elsewhere = elsewhere
        self.prices = prices
        self.heard: dict[str, Heard] = {}

    def beat(self, beat: Beat) -> BeatAnswer:
        """Take one and answer it. Raises GatewayError."""
        self._note(beat)
        now_ms = self.now_ms()
        board = heard(self.shared.board, beat, now_ms)
        found = {key: self._find(key) for key in _asked(beat)}
        if found:
            self.shared.catch_up(self.records, ALL)
        else:
            self.shared.catch_up_where_room(self.records, CATCH_UP)
        holds = self.shared.holds
        if holds or beat.receipts:
            holds = holds_after(
                holds,
                beat,
                lambda: self._stored(beat),
                lambda key: found.get(key) is not None or key[0] == beat.terminal,
            )
        self.shared.keep(board, holds)
        said = answer(board, beat, now_ms)
        news = tuple(self._news(one, beat, found) for one in beat.receipts if one.ask)
        tell = self.heard[beat.terminal].status is None
        return replace(said, receipts=news, users=self.users.look(), prices=self.prices(), tell=tell)

    def _note(self, beat: Beat) -> None:
        before = self.heard.get(beat.terminal)
        same_run = before is not None and (before.epoch, before.run) == (beat.epoch, beat.run)
        if before is not None and same_run and beat.serial <= before.serial:
            raise GatewayError("stale_beat", terminal=beat.terminal)
        status = beat.status or (before.status if before is not None and same_run else None)
        this = (beat.epoch, beat.run, beat.serial, self.now_ms())
        self.heard[beat.terminal] = Heard(status, beat.prices, *this)

    def _stored(self, beat: Beat) -> int:
        mine = (beat.terminal, beat.epoch)
        return max((one.stored for one in self.records.terminals() if (one.terminal, one.epoch) == mine), default=0)

    def _find(self, key: ReceiptKey) -> tuple[int, PackedRecord] | None:
        """The epoch and the record of a receipt, of the newest epoch that has this tag."""
        terminal, tag, sequence = key
        for line in reversed(self.records.terminals()):
            if line.terminal == terminal and f"{line.epoch & 0xFFFF:04x}" == tag:
                some = self.records.records(terminal, line.epoch, sequence - 1, 1)
                if some and some[0].sequence == sequence:
                    return line.epoch, some[0]
        return self.elsewhere(key)

    def _news(
        self, one: ReceiptHold, beat: Beat, found: dict[ReceiptKey, tuple[int, PackedRecord] | None]
    ) -> ReceiptNews:
        key = (one.terminal, one.tag, one.sequence)
        record = found[key]
        if record is None and one.terminal == beat.terminal and one.epoch:
            record = (one.epoch, PackedRecord(one.sequence, b"", b""))  # its own: it may not be here yet
        if record is None:
            return ReceiptNews(*key, state="unknown")
        holder = self.shared.holds.get(key)
        if holder != (beat.terminal, beat.epoch):
            return ReceiptNews(*key, state="elsewhere", holder=holder[0] if holder else "")
        back = self.shared.came_back(one.terminal, record[0], one.sequence)
        return ReceiptNews(*key, state="held", epoch=record[0], record=record[1].body, back=back)


def _asked(beat: Beat) -> list[ReceiptKey]:
    return [(one.terminal, one.tag, one.sequence) for one in beat.receipts if one.ask]


class BeatEndpoints:
    """`door` says who may speak for a terminal; what is asked of the databases runs by `run`, one call at a time."""

    def __init__(self, sharing: Sharing, run: RunBlocking, bodies: Bodies, door: Admission) -> None:
        self._sharing = sharing
        self._run = run
        self._bodies = bodies
        self._door = door

    def endpoints(self) -> tuple[Endpoint, ...]:
        return (Endpoint("/v1/beat", "POST", self.beat), Endpoint("/v1/users", "GET", self.users))

    async def beat(self, request: Request) -> Response:
        data = await self._bodies.read_packed(request, MAX_BEAT_BYTES)
        beat = read_beat(data, self._sharing.store)
        self._door.check_line(request, beat.terminal, beat.epoch)
        return packed(await self._run(lambda: self._sharing.beat(beat)))

    async def users(self, request: Request) -> Response:
        users = self._sharing.users
        if not users.look():
            raise GatewayError("not_found")
        return Response(users.text, media_type="application/toml")
