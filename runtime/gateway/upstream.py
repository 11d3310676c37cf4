"""Hands the gateway's records to head office: batches of any of its terminals, one in flight, in order per line.

What is behind a line's cursor is acknowledged: head office answers after its commit, so all of an answered batch is
there. The cursor is not the mark: behind a gap that nobody can fill the mark stands, and the cursor goes on. It begins
at the mark after every start, and goes back to it when head office says that it is another (`life`) or that it has
less than it had: then what lies beyond is sent again, from here, or from the terminals where it is not here any more.

**Head of line.** What head office refuses for good (400) is found by sending one record at a time; its line waits with
back-off, all others go on. Nothing is skipped.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from runtime.gateway.errors import GatewayError
from runtime.gateway.keeper import Keeper
from runtime.gateway.store import Key
from runtime.link.backoff import Backoff
from runtime.link.ports import Link, LinkDown, LinkReply
from runtime.wire.chain import Mark, Part, StoreAnswer, StoreBatch, read_answer
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import MAX_BATCH, MAX_BATCH_BYTES, ErrorAnswer

log = logging.getLogger("lane.gateway")

PATH = "/v1/records"
ASK_S = 60.0  # head office is asked this often: is it there, what does it have
ROOM_BYTES = 1 << 17  # of a batch, for all that is not a record's body
MAX_ANSWER_BYTES = 1 << 20
MAX_DISPUTED = 100  # keys that are kept to be shown

# code -> (what is the matter, what to do about it)
SENTENCES: dict[str, tuple[str, str]] = {
    "OK": ("Head office has every sale.", ""),
    "SENDING": ("Sales are being sent to head office.", ""),
    "CONNECTING": ("Head office is being asked.", ""),
    "HQ_AWAY": ("Head office does not answer ({reason}).", "Sales are kept here and sent later. Check the line."),
    "HQ_BUSY": ("Head office is busy.", "Sales are kept here and sent later."),
    "HQ_REFUSING": (
        "Head office refuses record {sequence} of terminal {terminal} ({reason}); what comes after it waits here.",
        "Call service.",
    ),
    "HQ_REVOKED": (
        "Head office has revoked this gateway's certificate and takes nothing from it.",
        "Sales are kept here. Have a new one made at head office (lane ca store) and put it into the [tls] folder.",
    ),
    "HQ_FORBIDS": (
        "Head office does not let this gateway in ({reason}).",
        "Sales are kept here. Correct the store in the settings, or have a certificate made: lane ca store.",
    ),
    "HQ_LOST": ("Head office has lost sales; they are sent again.", "Tell head office."),
    "DISK_FULL": (
        "The gateway's disk is full: it cannot note what head office has.",
        "Make room on the gateway's disk; sales wait on the terminals.",
    ),
    "HQ_DISPUTE": (
        "Head office has another record {sequence} of terminal {terminal}; it keeps both.",
        "Call service: two machines may be running as this terminal.",
    ),
}


@dataclass(slots=True)
class _Held:
    """A line that waits: head office refuses its next record."""

    sequence: int
    reason: str
    failures: int
    retry_at_s: float  # of the loop's clock


@dataclass(slots=True)
class _Sent:
    batch: StoreBatch
    last: dict[Key, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        return sum(len(part.records) for part in self.batch.parts)


class _Pause(Exception):
    """Head office as a whole cannot be used now."""

    def __init__(self, code: str, reason: str = "", retry_after_s: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason
        self.retry_after_s = retry_after_s


class Upstream:
    """`random` gives 0 <= x < 1."""

    def __init__(self, keeper: Keeper, link: Link, random: Callable[[], float], backoff: Backoff | None = None) -> None:
        self._keeper = keeper
        self._store = keeper.store
        self._link = link
        self._random = random
        self._backoff = backoff or Backoff()
        self._poked = asyncio.Event()
        keeper.kept = self.poke
        self._code, self._args = "CONNECTING", dict[str, str | int]()
        self._failures = 0
        self._limit = MAX_BATCH
        self._asked = False  # head office has said what it has of every line
        self._asked_at_s = 0.0  # of the loop's clock: when it said so last
        self._life: int | None = None
        self._marks: dict[Key, int] = {}
        self._cursor: dict[Key, int] = {}
        self._pending: dict[Key, None] = {}  # lines that may have something to send, the next first
        self._held: dict[Key, _Held] = {}
        self._lost = False
        self.disputed: list[tuple[str, int, int]] = []

    # -- what a page asks ----------------------------------------------------------------------------------------------

    @property
    def status(self) -> tuple[bool, str, dict[str, str | int]]:
        """Whether all is well, a key of SENTENCES, and what fills its sentence."""
        if self._code not in ("OK", "CONNECTING"):
            return False, self._code, self._args
        for (terminal, _), held in self._held.items():
            return False, "HQ_REFUSING", {"terminal": terminal, "sequence": held.sequence, "reason": held.reason}
        if self.disputed:
            terminal, _, sequence = self.disputed[-1]
            return False, "HQ_DISPUTE", {"terminal": terminal, "sequence": sequence}
        if self._lost:
            return False, "HQ_LOST", {}
        if self._code == "OK" and self._pending:
            return True, "SENDING", {}
        return self._code == "OK", self._code, {}

    @property
    def sentence(self) -> str:
        """The same for a person, with the remedy."""
        _, code, args = self.status
        return " ".join(SENTENCES[code]).format(**args).strip()

    def poke(self) -> None:
        """Records were kept. Does not cut a back-off short."""
        self._poked.set()

    # -- the work ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """For ever; a disk that is full is waited for. Raises a fatal GatewayError where the store cannot be used any
        more."""
        while True:
            self._poked.clear()
            try:
                await self._round_or_full()
            except _Pause as pause:
                self._failures += 1
                self._tell(pause.code, reason=pause.reason)
                self._asked = False  # who was away may have lost something
                await asyncio.sleep(self._backoff.delay_s(self._failures, self._random, pause.retry_after_s))
                continue
            now = asyncio.get_running_loop().time()
            ends = [held.retry_at_s - now for held in self._held.values()]
            try:
                async with asyncio.timeout(max(0.0, min([ASK_S, *ends]))):
                    await self._poked.wait()
            except TimeoutError:
                if not self._held:
                    self._asked = False

    async def _round_or_full(self) -> None:
        try:
            await self._round()
        except GatewayError as error:
            if error.fatal:
                raise
            raise _Pause("DISK_FULL") from error

    async def _round(self) -> None:
        """Every line as far as it goes."""
        while True:
            if self._asked and asyncio.get_running_loop().time() - self._asked_at_s >= ASK_S:
                await self._ask_in_passing()
            if not self._asked:
                await self._ask()
            for key, lowest in (await self._keeper.ask(self._store.take_fresh)).items():
                self._cursor[key] = min(lowest - 1, self._cursor.get(key, lowest - 1))
                self._pending[key] = None
            now = asyncio.get_running_loop().time()
            waiting = {key for key, held in self._held.items() if held.retry_at_s > now}
            sent = await self._keeper.ask(partial(self._next, waiting))
            if sent is None:
                self._lost = False
                self._tell("OK")
                return
            await self._send(sent)

    async def _ask(self) -> None:
        answer = await self._post(StoreBatch(self._store.store, ()))
        self._life = answer.life
        await self._hear(answer.marks, complete=True)
        self._asked = True
        self._asked_at_s = asyncio.get_running_loop().time()
        lines = await self._keeper.ask(self._store.terminals)
        keys = [(one.terminal, one.epoch) for one in lines]
        self._cursor = await self._keeper.ask(lambda: {key: self._store.sent(key) for key in keys})
        self._pending = dict.fromkeys(self._cursor)
        self._done()

    async def _ask_in_passing(self) -> None:
        """A store that sells without a pause hears of lines that it sends nothing of too. Nothing is sent again for it,
        unless head office is another or has less."""
        answer = await self._post(StoreBatch(self._store.store, ()))
        self._asked_at_s = asyncio.get_running_loop().time()
        if answer.life != self._life:
            self._asked = False
            return
        await self._hear(answer.marks, complete=True)

    def _next(self, waiting: set[Key]) -> _Sent | None:
        """The next batch: from each line in turn what it has after its cursor, as long as there is room. Runs where the
        store is asked."""
        parts: list[Part] = []
        sent: dict[Key, int] = {}
        count, room = self._limit, MAX_BATCH_BYTES - ROOM_BYTES
        for key in list(self._pending):
            if key in waiting:
                continue
            records = self._store.records(*key, self._cursor.get(key, 0), count, room)
            size = sum(len(one.body) for one in records)
            if not records:
                del self._pending[key]
                continue
            if size > room:  # its first record alone is too much for what is left
                break
            parts.append(Part(*key, records))
            sent[key] = records[-1].sequence
            count, room = count - len(records), room - size
            if not count:
                break
        return _Sent(StoreBatch(self._store.store, tuple(parts)), sent) if parts else None

    async def _send(self, sent: _Sent) -> None:
        try:
            answer = await self._post(sent.batch)
        except _Refused as refused:
            self._refused(sent, refused.reason)
            return
        keys = {(mark.terminal, mark.epoch) for mark in answer.marks}
        numbers = {(part.terminal, part.epoch, one.sequence) for part in sent.batch.parts for one in part.records}
        disputed = [(one.terminal, one.epoch, one.sequence) for one in answer.disputed]
        if keys != sent.last.keys() or not set(disputed) <= numbers:
            raise _Pause("HQ_AWAY", "no answer to what was sent")
        self._note_disputed(disputed)
        if answer.life != self._life:
            self._asked = False
            return
        for key, last in sent.last.items():
            self._cursor[key] = last
            self._held.pop(key, None)
            self._pending[key] = self._pending.pop(key, None)  # to the end
        await self._hear(answer.marks, complete=False)
        self._limit = min(self._limit * 2, MAX_BATCH)
        self._done()

    def _refused(self, sent: _Sent, reason: str) -> None:
        if sent.records > 1:  # find out which: everything else can still go
            self._limit = 1
            return
        (part,) = sent.batch.parts
        key = (part.terminal, part.epoch)
        failures = self._held[key].failures + 1 if key in self._held else 1
        retry_at_s = asyncio.get_running_loop().time() + self._backoff.delay_s(failures, self._random)
        self._held[key] = _Held(part.records[0].sequence, reason, failures, retry_at_s)
        log.warning("head office refuses terminal=%r epoch=%d sequence=%d: %s", *key, part.records[0].sequence, reason)

    async def _hear(self, marks: tuple[Mark, ...], complete: bool) -> None:
        said = {(mark.terminal, mark.epoch): mark.whole for mark in marks}
        less = {key for key, mark in self._marks.items() if said.get(key, 0 if complete else mark) < mark}
        if less:
            self._lost = True
            log.warning("head office has less than it had of %d lines: they are sent again", len(less))
            self._asked = False
        self._marks = said if complete else {**self._marks, **said}
        await self._keeper.ask(lambda: self._store.hear(marks, complete))

    async def _post(self, batch: StoreBatch) -> StoreAnswer:
        """Raises _Pause; _Refused where sending it again would not help."""
        try:
            reply = await self._link.post(PATH, pack(batch))
        except LinkDown as error:
            raise _Pause("HQ_AWAY", "no connection") from error
        if reply.status in (429, 503):
            raise _Pause("HQ_BUSY", "", reply.retry_after_s)
        if reply.status in (400, 413) and batch.parts:
            raise _Refused(_reason(reply))
        if reply.status == 403:
            reason = _reason(reply)
            raise _Pause("HQ_REVOKED") if reason == "revoked" else _Pause("HQ_FORBIDS", reason)
        if reply.status != 200:
            raise _Pause("HQ_AWAY", _reason(reply), reply.retry_after_s)
        try:
            return read_answer(reply.body, MAX_ANSWER_BYTES)
        except WireError as error:
            raise _Pause("HQ_AWAY", "no answer of head office's") from error

    def _note_disputed(self, disputed: list[tuple[str, int, int]]) -> None:
        known = set(self.disputed)
        for one in disputed:
            if one not in known:
                log.warning("head office has another record: terminal=%r epoch=%d sequence=%d", *one)
                self.disputed.append(one)
        del self.disputed[:-MAX_DISPUTED]

    def _done(self) -> None:
        self._failures = 0
        self._tell("OK")

    def _tell(self, code: str, **args: str | int) -> None:
        if (code, args) != (self._code, self._args):
            self._code, self._args = code, args
            if code not in ("OK", "CONNECTING") or self._failures == 0:
                log.info("%s", self.sentence)


class _Refused(Exception):
    """Head office will not take this batch, however often it is sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _reason(reply: LinkReply) -> str:
    """Head office's code, if it looks like one."""
    try:
        code = build(ErrorAnswer, unpack(reply.body)).code
    except WireError:
        code = ""
    return code if re.fullmatch(r"[a-z_]{1,40}", code) else str(reply.status)
