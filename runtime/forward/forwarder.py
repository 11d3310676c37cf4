"""Hands closed records to the gateway: batches in order, one in flight, again after `stored`, and never deletes.

The gateway's answers are foreign bytes: read strictly, and nonsense is taken as no answer. Its `stored` is believed
downwards (it lost its disk: resend from there) and not upwards past what it was sent.

**Head of line.** `stored` is a contiguous watermark, so a record that the gateway refuses for good (400) holds back
those after it. They are not skipped, for then nobody could say what head office has; instead the batch shrinks to one
record, so that all before it get through, and the status names the record and the reason until it is taken. Retried
with back-off for ever: a newer gateway may take it. Another epoch's records are another line and go on meanwhile.

**Old epochs.** Records that were closed before the journal moved to another machine are offered under the store and
terminal that stand in them, so that a cloned disk repeats the original's records instead of doubling them.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from runtime.journal.errors import JournalError
from runtime.journal.store import EpochInfo
from runtime.link.backoff import Backoff
from runtime.link.ports import Cause, Link, LinkDown, LinkReply
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import MAX_BATCH, MAX_BATCH_BYTES, BatchAnswer, ErrorAnswer, PackedRecord, RecordBatch

PATH = "/v1/records"
HQ_LATE_S = 900.0  # that head office has got nothing for so long is said
ASK_S = 60.0  # without sales the gateway is asked this often: is it there, what does head office have
ROOM_BYTES = 1 << 16  # of a batch, for all that is not a record's body
MAX_QUARANTINED = 100  # numbers that are kept to be shown

# code -> (what is the matter, what to do about it)
SENTENCES: dict[str, tuple[str, str]] = {
    "OK": ("The gateway has every sale.", ""),
    "SENDING": ("Sales are being sent to the gateway.", ""),
    "CONNECTING": ("The gateway is being asked.", ""),
    "GATEWAY_AWAY": (
        "The gateway does not answer.",
        "Sell on: sales are kept here and sent later. If it lasts, check the network.",
    ),
    "GATEWAY_UNTRUSTED": (
        "What answers at the gateway's address is not this store's gateway.",
        "Sell on: sales are kept here. Call the technician: check the gateway's address.",
    ),
    "TERMINAL_UNTRUSTED": (
        "The gateway does not accept this terminal's certificate.",
        "Sell on: sales are kept here. Call the technician: the terminal must be enrolled again.",
    ),
    "TERMINAL_NOT_ENROLLED": (
        "This terminal is not enrolled at the gateway yet.",
        "Sell on: sales are kept here. Call the technician: the terminal must be enrolled.",
    ),
    "GATEWAY_BUSY": ("The gateway is busy.", "Sell on: sales are kept here and sent later."),
    "GATEWAY_REFUSING": (
        "The gateway refuses sale {sequence} ({reason}); it and the sales after it stay here.",
        "Sell on, and call the technician.",
    ),
    "GATEWAY_STUCK": (
        "The gateway answers but does not keep sale {sequence}; it and the sales after it stay here.",
        "Sell on, and call the technician.",
    ),
    "GATEWAY_LOST": ("The gateway has lost sales; they are sent again.", "Tell the technician."),
    "GATEWAY_QUARANTINE": (
        "The gateway has another sale with number {sequence}; it keeps both aside.",
        "Sell on, and call the technician.",
    ),
    "JOURNAL_BEHIND": (
        "The gateway has newer sales of this terminal than its own disk.",
        "Call the technician: an old copy of the disk may be in use.",
    ),
    "HQ_LATE": (
        "Head office does not have {count} sales yet; the gateway keeps them.",
        "Sell on. Tell the manager if it lasts.",
    ),
    "RECORD_MISSING": (
        "Sale {sequence} is missing in the journal; the sales after it stay here.",
        "Sell on, and call the technician; keep this disk as it is.",
    ),
}


DOWN: dict[Cause, str] = {
    "away": "GATEWAY_AWAY",
    "server": "GATEWAY_UNTRUSTED",
    "client": "TERMINAL_UNTRUSTED",
    "no_certificate": "TERMINAL_NOT_ENROLLED",
}


class Records(Protocol):
    """What forwarding needs of the journal."""

    @property
    def epoch(self) -> int: ...

    def epochs(self) -> list[EpochInfo]: ...

    def records(self, after: int, limit: int, max_bytes: int = ..., epoch: int | None = ...) -> list[PackedRecord]: ...

    def pruned(self, epoch: int) -> int: ...

    def note_watermarks(self, epoch: int, stored: int, settled: int) -> None: ...

    @property
    def last_sequence(self) -> int: ...


@dataclass(slots=True)
class _Line:
    """The records of one epoch, waiting in order."""

    epoch: int
    store: str
    terminal: str
    last: int
    stored: int
    settled: int
    gone: int  # records 1 to it are not in the journal any more
    limit: int = MAX_BATCH
    asked: bool = False  # the gateway has said in this run what it has
    code: str = ""  # what holds this line back, if anything does
    args: dict[str, str | int] = field(default_factory=dict)
    lost_to: int = 0  # being sent again, up to this number
    behind: bool = False
    failures: int = 0
    retry_at_s: float = 0.0  # of the loop's clock; counts while `code` is set

    @property
    def next(self) -> int:
        """What is sent next: nobody can send what is gone, whatever the gateway has lost."""
        return max(self.stored, self.gone) + 1

    @property
    def unsent(self) -> int:
        return max(0, self.last + 1 - self.next)


class _Pause(Exception):
    """The gateway as a whole cannot be used now."""

    def __init__(self, code: str, retry_after_s: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s


class Forwarder:
    """`random` gives 0 <= x < 1. `changed` is called after anything that a screen shows has changed."""

    def __init__(
        self,
        journal: Records,
        link: Link,
        store: str,
        terminal: str,
        random: Callable[[], float],
        changed: Callable[[], None],
        backoff: Backoff | None = None,
    ) -> None:
        self._backoff = backoff or Backoff()
        self._journal = journal
        self._link = link
        self._random = random
        self._changed = changed
        self._poked = asyncio.Event()
        self._failures = 0
        self._code, self._args = "CONNECTING", dict[str, str | int]()
        self._shown: object = None
        self.quarantined: list[int] = []  # of this epoch
        self._oldest = (0, 0, "")  # epoch and number of a record, and when it was closed
        self._behind_s: float | None = None  # of the loop's clock: since then head office has got nothing
        self._lines = []
        for info in journal.epochs():
            if info.epoch == journal.epoch or info.last_sequence > info.pruned:
                self._lines.append(self._line(info, store, terminal))
        self._own = self._lines[-1]

    def _line(self, info: EpochInfo, store: str, terminal: str) -> _Line:
        line = _Line(info.epoch, store, terminal, info.last_sequence, info.stored, info.settled, info.pruned)
        if info.epoch == self._journal.epoch:
            return line
        for record in self._journal.records(0, MAX_BATCH, epoch=info.epoch):
            known = _identity(record)
            if known is not None:
                line.store, line.terminal = known
                return line
        line.code, line.args, line.retry_at_s = "RECORD_MISSING", {"sequence": 1}, math.inf
        return line

    # -- what a screen asks --------------------------------------------------------------------------------------------

    @property
    def stored(self) -> int:
        """Of this epoch, as the gateway last said."""
        return self._own.stored

    @property
    def settled(self) -> int:
        return self._own.settled

    @property
    def unsent(self) -> int:
        """Closed records that are only on this terminal, those of old epochs too."""
        return sum(max(0, self._last(line) + 1 - line.next) for line in self._lines)

    @property
    def since(self) -> str:
        """When the oldest record that is only on this terminal was closed: local time, empty where there is none."""
        for line in self._lines:
            if self._last(line) >= line.next:
                if self._oldest[:2] != (line.epoch, line.next):
                    try:
                        found = self._journal.records(line.next - 1, 1, epoch=line.epoch)
                    except JournalError:  # its disk failed: this process ends, and its last words go to the screen
                        return ""
                    self._oldest = (line.epoch, line.next, _closed_at(found[0]) if found else "")
                return self._oldest[2]
        return ""

    @property
    def status(self) -> tuple[bool, str]:
        """Whether all is well, and a key of SENTENCES; `status_args` fill its sentence."""
        return self._status()[:2]

    @property
    def status_args(self) -> dict[str, str | int]:
        return self._status()[2]

    def _status(self) -> tuple[bool, str, dict[str, str | int]]:
        if self._code not in ("OK", "CONNECTING"):
            return False, self._code, self._args
        for line in self._lines:
            if line.code:
                return False, line.code, line.args
        if self.quarantined:
            return False, "GATEWAY_QUARANTINE", {"sequence": self.quarantined[-1]}
        if any(line.behind for line in self._lines):
            return False, "JOURNAL_BEHIND", {}
        if any(line.lost_to for line in self._lines):
            return False, "GATEWAY_LOST", {}
        if self._code == "OK" and self.unsent:
            return True, "SENDING", {}
        if self._code == "OK" and self._is_late():
            return True, "HQ_LATE", {"count": self._unsettled()}
        return self._code == "OK", self._code, {}

    def poke(self) -> None:
        """A record was closed. Does not cut a back-off short."""
        self._poked.set()

    def _unsettled(self) -> int:
        """Records that the gateway has and head office has not; those of a store without head office do not count."""
        return sum(max(0, line.stored - line.settled) for line in self._lines if line.settled)

    def _is_late(self) -> bool:
        if self._behind_s is None or not self._unsettled():
            return False
        return asyncio.get_running_loop().time() - self._behind_s >= HQ_LATE_S

    # -- the work ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """For ever. Raises JournalError when the journal cannot be read any more."""
        while True:
            self._poked.clear()
            try:
                await self._round()
            except _Pause as pause:
                self._failures += 1
                self._tell(pause.code)
                await asyncio.sleep(self._backoff.delay_s(self._failures, self._random, pause.retry_after_s))
                continue
            self._failures = 0
            self._tell("OK")
            now = asyncio.get_running_loop().time()
            ends = [line.retry_at_s - now for line in self._lines if line.code]
            try:
                async with asyncio.timeout(max(0.0, min([ASK_S, *ends]))):
                    await self._poked.wait()
            except TimeoutError:
                for line in self._lines:
                    if not line.code and (line is self._own or line.settled < line.last):
                        line.asked = False  # one that is held back is asked by its retry

    async def _round(self) -> None:
        """Every line as far as it goes."""
        for line in self._lines:
            line.last = self._last(line)
            if line.code and asyncio.get_running_loop().time() < line.retry_at_s:
                continue
            while not line.asked or line.unsent:
                if not await self._exchange(line):
                    break
                line.last = self._last(line)

    def _hold(self, line: _Line, code: str, **args: str | int) -> bool:
        line.code, line.args = code, args
        line.failures += 1
        line.retry_at_s = asyncio.get_running_loop().time() + self._backoff.delay_s(line.failures, self._random)
        self._tell("OK")
        return False

    def _last(self, line: _Line) -> int:
        return self._journal.last_sequence if line.epoch == self._journal.epoch else line.last

    async def _exchange(self, line: _Line) -> bool:
        """One request. True if this line may go on at once."""
        records: list[PackedRecord] = []
        line.gone = self._journal.pruned(line.epoch)
        if line.asked:
            records = self._journal.records(line.next - 1, line.limit, MAX_BATCH_BYTES - ROOM_BYTES, line.epoch)
            if not records or records[0].sequence != line.next:
                return self._hold(line, "RECORD_MISSING", sequence=line.next)
        body = pack(RecordBatch(line.store, line.terminal, line.epoch, tuple(records), line.settled, line.gone))
        try:
            reply = await self._link.post(PATH, body)
        except LinkDown as error:
            raise _Pause(DOWN[error.cause]) from error
        if reply.status == 403:
            raise _Pause("TERMINAL_UNTRUSTED", reply.retry_after_s)
        if reply.status in (429, 503):
            raise _Pause("GATEWAY_BUSY", reply.retry_after_s)
        if reply.status in (400, 413):
            return self._refused(line, reply, records)
        if reply.status != 200:
            raise _Pause("GATEWAY_AWAY", reply.retry_after_s)
        return self._accepted(line, _batch_answer(reply, records), records)

    def _refused(self, line: _Line, reply: LinkReply, records: list[PackedRecord]) -> bool:
        if len(records) > 1:  # find out which: everything before it can still go
            line.limit = 1
            return True
        number = records[0].sequence if records else line.next
        return self._hold(line, "GATEWAY_REFUSING", sequence=number, reason=_reason(reply))

    def _accepted(self, line: _Line, answer: BatchAnswer, records: list[PackedRecord]) -> bool:
        before, first_asked = line.stored, not line.asked
        sent = records[-1].sequence if records else before
        if answer.stored > line.last:
            line.behind = True
        # what it has from before this run is believed; past what exists here there is nothing to believe
        stored = min(answer.stored, line.last if first_asked else sent)
        line.asked, line.stored = True, stored
        before_settled, line.settled = line.settled, min(answer.settled, line.last)
        if line.settled != before_settled or not self._unsettled() or self._behind_s is None:
            self._behind_s = asyncio.get_running_loop().time()
        self._journal.note_watermarks(line.epoch, stored, line.settled)
        if line is self._own:
            known = set(self.quarantined)
            self.quarantined += [number for number in answer.quarantined if number not in known]
            del self.quarantined[:-MAX_QUARANTINED]
        if stored < before:
            line.lost_to = max(line.lost_to, before)
            for other in self._lines:  # what else it lost shows when it is asked
                other.asked = other.asked and other is line
            return self._hold(line, "GATEWAY_LOST")
        if line.lost_to and stored >= line.lost_to:
            line.lost_to = 0
        if records and stored < records[0].sequence:
            if set(answer.quarantined) & {record.sequence for record in records}:
                return self._hold(line, "GATEWAY_QUARANTINE", sequence=records[0].sequence)
            return self._hold(line, "GATEWAY_STUCK", sequence=records[0].sequence)
        if records:
            line.limit = min(line.limit * 2, MAX_BATCH)
        return self._go_on(line)

    def _go_on(self, line: _Line) -> bool:
        line.code, line.args, line.failures = "", {}, 0
        self._failures = 0
        self._tell("OK")
        return True

    def _tell(self, code: str) -> None:
        self._code, self._args = code, {}
        shown = (self._status(), self.stored, self.settled, self.unsent, self.since)
        if shown != self._shown:
            self._shown = shown
            self._changed()


def _identity(record: PackedRecord) -> tuple[str, str] | None:
    try:
        value = unpack(record.body)
    except WireError:
        return None
    if not isinstance(value, dict):
        return None
    store, terminal = value.get("StoreID"), value.get("WorkstationID")
    return (store, terminal) if isinstance(store, str) and isinstance(terminal, str) else None


def _closed_at(record: PackedRecord) -> str:
    try:
        value = unpack(record.body)
    except WireError:
        return ""
    at = value.get("EndDateTime") if isinstance(value, dict) else None
    return at if isinstance(at, str) else ""


def _batch_answer(reply: LinkReply, records: list[PackedRecord]) -> BatchAnswer:
    try:
        answer = build(BatchAnswer, unpack(reply.body))
    except WireError as error:
        raise _Pause("GATEWAY_AWAY") from error
    numbers = {record.sequence for record in records}
    if answer.stored < 0 or answer.settled < 0 or not set(answer.quarantined) <= numbers:
        raise _Pause("GATEWAY_AWAY")
    return answer


def _reason(reply: LinkReply) -> str:
    """The gateway's code, if it looks like one: foreign text does not reach a screen."""
    try:
        code = build(ErrorAnswer, unpack(reply.body)).code
    except WireError:
        code = ""
    return code if re.fullmatch(r"[a-z_]{1,40}", code) else str(reply.status)
