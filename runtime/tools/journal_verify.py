"""`lane journal verify`: the walk of every epoch, and what is known from outside: receipts, the gateway's records.

The chain alone cannot show a tail that was cut off or chained anew to its end. A receipt's head does, for the rows up
to that sale; the gateway's records do, for all that it has.
"""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Protocol

from runtime.journal.anchors import read_anchor
from runtime.journal.database import Queries, blob
from runtime.journal.walk import Fault, Walk, start_walk, walk_on
from runtime.tools.journal_find import Epoch, all_epochs, epochs_of, record_of, store_of
from runtime.wire.pack import WireError, build, unpack
from runtime.wire.records import PackedRecord

TRIES = 5  # a daemon may prune or append between two looks: a fault counts when it is seen twice
PAGE = 50
MAX_ANSWER_BYTES = 64 << 20
TIMEOUT_S = 10


@dataclass
class Verdict:
    epoch: Epoch
    walk: Walk
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        walk = self.walk
        rows = f"rows {walk.anchor.seq + 1} to {walk.seq}, sales {walk.anchor.sequence + 1} to {walk.sequence}"
        lines = [f"epoch {self.epoch.name}: {rows}, head {walk.head.hex()[:16]}"]
        if walk.anchor.seq:
            lines.append(
                f"  rows up to {walk.anchor.seq} (sales up to {walk.anchor.sequence}) were pruned; head office has them"
            )
        lines += [f"  {note}" for note in self.notes]
        lines += [f"  WRONG: {fault}" for fault in self.faults] or ["  every row and record is right"]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        walk = self.walk
        fault = walk.fault
        return {
            "epoch": self.epoch.name, "ok": not self.faults, "first_row": walk.anchor.seq + 1, "last_row": walk.seq,
            "first_sale": walk.anchor.sequence + 1, "last_sale": walk.sequence, "head": walk.head.hex(),
            "bad_row": fault.row if fault else None, "code": fault.code if fault else None, "faults": self.faults,
            "notes": self.notes,
        }  # fmt: skip


class Records(Protocol):
    def __call__(self, store: str, terminal: str, epoch: int, after: int) -> list[tuple[int, bytes]]:
        """(sequence, hash) of the records after that number, some of them; none at the end."""
        ...


@dataclass(frozen=True)
class AgainstGateway:
    """A gateway's GET /v1/records."""

    url: str

    def __call__(self, store: str, terminal: str, epoch: int, after: int) -> list[tuple[int, bytes]]:
        query = urllib.parse.urlencode({"terminal": terminal, "epoch": epoch, "after": after, "limit": PAGE})
        try:
            with urllib.request.urlopen(f"{self.url.rstrip('/')}/v1/records?{query}", timeout=TIMEOUT_S) as answer:
                return read_page(answer.read(MAX_ANSWER_BYTES + 1), after)
        except (OSError, http.client.HTTPException, WireError) as error:  # URLError is an OSError
            raise ValueError(f"The gateway {self.url} gave no records: {error}. Try again when it is back.") from error


def read_page(data: bytes, after: int) -> list[tuple[int, bytes]]:
    """(sequence, hash) of the records in an answer: each after the one before, or who asks on would ask for ever.
    Raises WireError."""
    found = []
    page = unpack(data, MAX_ANSWER_BYTES)
    for value in page if isinstance(page, list) else [page]:
        one = build(PackedRecord, value)
        if one.sequence <= after:
            raise WireError("bad_field", f"record {one.sequence} after {after}")
        found.append((one.sequence, one.hash))
        after = one.sequence
    return found


def verify_all(live: Queries, name: str | None, heads: list[str], gateway: Records | None) -> list[Verdict]:
    """A verdict for every epoch, or for the one of that name. `heads` are NUMBER:HEAD of the newest one, or of that.
    Raises ValueError for a head that is none, JournalError."""
    chosen = [epochs_of(live, name)] if name is not None else all_epochs(live)
    verdicts = [verify_epoch(live, one) for one in chosen]
    if heads and verdicts:
        for said in heads:
            _check_head(live, verdicts[-1], said)
    if gateway is not None:
        for verdict in verdicts:
            _check_gateway(live, verdict, gateway)
    return verdicts


def verify_epoch(live: Queries, one: Epoch) -> Verdict:
    before: Fault | None = None
    for _ in range(TRIES):
        walk = start_walk(live, one.n, one.epoch)
        while walk_on(live, one.n, walk):
            pass
        if walk.fault is None or (walk.fault == before and read_anchor(live, one.n, one.epoch).seq == walk.anchor.seq):
            break
        before = walk.fault
    verdict = Verdict(one, walk)
    if walk.fault is not None:
        verdict.faults.append(str(walk.fault))
    verdict.notes.append(
        f"the gateway has sales up to {one.stored}, head office up to {one.settled}"
        if one.stored
        else "the gateway has nothing of this epoch yet: that nothing was cut off its end cannot be shown"
    )
    return verdict


def _check_head(live: Queries, verdict: Verdict, said: str) -> None:
    parts = re.fullmatch(r"(\d{1,15}):([0-9a-fA-F]{8,64})", said)
    if not parts:
        raise ValueError(f"--sale {said!r} is no number and head as 120:3fa27c01.")
    number, head = int(parts[1]), parts[2].lower()
    one = verdict.epoch
    found = live.execute("SELECT body FROM records WHERE n = ? AND sequence = ?", (one.n, number)).fetchone()
    if number <= one.pruned:
        verdict.notes.append(f"sale {number} was pruned: ask head office")
    elif not found:
        verdict.faults.append(f"sale {number} has a receipt and is missing")
    elif not blob(record_of(blob(found[0])).get("head")).hex().startswith(head):
        verdict.faults.append(f"sale {number} is not the one on the receipt, or rows before it were changed")
    else:
        verdict.notes.append(f"sale {number} is as on its receipt")


def _check_gateway(live: Queries, verdict: Verdict, gateway: Records) -> None:
    one = verdict.epoch
    who = store_of(live, one)
    if who is None:
        verdict.notes.append("it has no record to compare with the gateway's")
        return
    after, compared = one.pruned, 0
    while page := gateway(who[0], who[1], one.epoch, after):
        for sequence, digest in page:
            found = live.execute("SELECT hash FROM records WHERE n = ? AND sequence = ?", (one.n, sequence)).fetchone()
            if not found:
                verdict.faults.append(f"sale {sequence} is at the gateway and missing here")
                return
            if found[0] != digest:
                verdict.faults.append(f"sale {sequence} is not the one that the gateway has")
                return
            after, compared = sequence, compared + 1
    verdict.notes.append(f"{compared} records are the same as the gateway's, up to sale {after}")
