"""Numbers that head office does not have: `lane hq holes`, `lane hq close-hole`.

  lane hq holes --config hq.toml
  lane hq close-hole --config hq.toml --store S001 --terminal 03 --epoch 6dc5bae416a02de6 --numbers 17-19 \\
      --reason "till and gateway burnt" --by "Wang Fang"

To close one is to say that nobody has these sales any more; who said it, when and why is kept for good. A running head
office is asked; where none runs its database is opened. Exit status: 0 done, 2 refused.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from runtime.chain.blocking import OneThread
from runtime.chain.check import MAX_EPOCH, MAX_SEQUENCE, check_name
from runtime.chain.errors import ChainError
from runtime.hq.errors import HqError
from runtime.hq.holes import MAX_REASON, ClosedHole, OpenHole
from runtime.hq.settings import HqFile
from runtime.hq.store import HqStore
from runtime.serving.admin import MAX_REQUEST_BYTES, AdminAnswer, ask, read_answer
from runtime.serving.showing import count, moment
from runtime.tools.refusal import refuse
from runtime.wire.pack import build, pack, unpack

SOCKET = "hq.sock"
MOST_SHOWN = 1_000  # holes of each kind
_NUMBERS = re.compile(r"(\d{1,16})(?:-(\d{1,16}))?")


@dataclass(frozen=True, slots=True)
class HoleRequest:
    action: Literal["holes", "close-hole"]
    store: str = ""
    terminal: str = ""
    epoch: int = 0
    first: int = 0
    last: int = 0
    reason: str = ""
    by: str = ""


def add_holes(parser: argparse.ArgumentParser) -> None:
    """Nothing of its own."""


def add_close(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", required=True, metavar="S", help="as lane hq holes says it")
    parser.add_argument("--terminal", required=True, metavar="NUMBER", help="likewise")
    parser.add_argument("--epoch", required=True, metavar="HEX", help="likewise")
    parser.add_argument("--numbers", required=True, metavar="N[-M]", help="all of one hole, or a part of it")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why nobody has them any more")
    parser.add_argument("--by", required=True, metavar="NAME", help="who says so")


def run(arguments: argparse.Namespace, file: HqFile) -> int:
    """One of the two. Raises HqError where the database cannot be opened."""
    try:
        asked = HoleRequest("holes") if arguments.action == "holes" else _wanted(arguments)
        data = ask(file.snapshots, SOCKET, pack(asked))
        answer = read_answer(data) if data is not None else asyncio.run(_alone(file, asked))
    except (ValueError, OSError, ChainError) as error:  # a WireError is a ValueError
        if isinstance(error, HqError):
            raise
        return refuse(f"lane hq {arguments.action}: {error}")
    if not answer.ok:
        return refuse("\n".join(answer.lines))
    print("\n".join(answer.lines))
    return 0


def _wanted(arguments: argparse.Namespace) -> HoleRequest:
    """Raises ValueError with a sentence."""
    numbers = _NUMBERS.fullmatch(arguments.numbers)
    if numbers is None:
        raise ValueError(f"--numbers {arguments.numbers!r} is not like 17 or 17-19.")
    try:
        epoch = int(arguments.epoch, 16)
    except ValueError as error:
        raise ValueError(f"--epoch {arguments.epoch!r} is no number of 16 hex digits.") from error
    first, last = int(numbers[1]), int(numbers[2] or numbers[1])
    return HoleRequest(
        "close-hole", arguments.store, arguments.terminal, epoch, first, last, arguments.reason, arguments.by
    )


async def _alone(file: HqFile, asked: HoleRequest) -> AdminAnswer:
    from runtime.hq.serve import open_store

    thread = OneThread("store")
    try:
        store = open_store(file, thread)
        try:
            await store.start()
            return await carry_out(store, asked)
        finally:
            await store.close()
    finally:
        thread.close()


# --- carried out, by the server or by the command -----------------------------------------------------------------


async def answered(store: HqStore, data: bytes) -> bytes:
    """What the socket says to these bytes. Raises WireError where they are no request, HqError with `fatal`."""
    return pack(await carry_out(store, build(HoleRequest, unpack(data, MAX_REQUEST_BYTES))))


async def carry_out(store: HqStore, asked: HoleRequest) -> AdminAnswer:
    """Do it, in words. Raises HqError with `fatal` only."""
    try:
        if asked.action == "holes":
            return AdminAnswer(True, tuple(_listed(await store.holes(), await store.closed_holes())))
        hole = _checked(asked)
        await store.close_hole(hole)
    except ChainError as error:
        if error.fatal:
            raise
        return AdminAnswer(False, (f"{error} {error.remedy}",))
    return AdminAnswer(True, (f"Closed: {_place(hole)}. A record of it that turns up is kept all the same.",))


def _checked(asked: HoleRequest) -> ClosedHole:
    """Raises ChainError `bad_field`."""
    check_name("store", asked.store)
    check_name("terminal", asked.terminal)
    check_name("the reason", asked.reason, MAX_REASON)
    check_name("the name", asked.by)
    if not 0 <= asked.epoch <= MAX_EPOCH or not 1 <= asked.first <= asked.last <= MAX_SEQUENCE:
        raise ChainError("bad_field", detail="epoch or numbers are none")
    now_ms = time.time_ns() // 1_000_000
    return ClosedHole(asked.store, asked.terminal, asked.epoch, asked.first, asked.last, asked.reason, asked.by, now_ms)


def _listed(holes: Sequence[OpenHole], closed: Sequence[ClosedHole]) -> Iterator[str]:
    if not holes:
        yield "No number is missing that was not closed."
    for one in holes[:MOST_SHOWN]:
        yield f"open    {_place(one)}: since {moment(one.since_ms)}, {count(one.beyond, 'record')} beyond"
    for done in closed[-MOST_SHOWN:]:
        late = f"; {count(done.found, 'record')} of it came after all" if done.found else ""
        yield f"closed  {_place(done)}: {moment(done.closed_at_ms)} by {done.closed_by}, {done.reason}{late}"


def _place(one: OpenHole | ClosedHole) -> str:
    numbers = f"{one.first}-{one.last}" if one.last > one.first else f"{one.first}"
    return f"store {one.store}, terminal {one.terminal}, epoch {one.epoch:016x}, numbers {numbers}"


ACTIONS = {
    "holes": (add_holes, "which numbers are missing, and which a person has closed"),
    "close-hole": (add_close, "say that nobody has these numbers any more"),
}
