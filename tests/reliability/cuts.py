"""Every state that a power cut may legally leave of a disk, from the operations that were written down.

The model (that of `Torturing databases`, OSDI'14, and of SQLite's own crash tests, at its hardest):

- What stood before the last successful sync of a file stands.
- A write since then is cut at 512-byte borders. Each piece, by itself and in any order, has landed, is lost, is torn
  (its first half has landed), or has left its whole sector garbage, the bytes beside it too (`psow=0`).
- A truncation since then has happened or has not.
- Names made and removed since the folder was last synced have happened in their order up to some point.

After each operation some of these states are made: nothing unsynced landed, all of it landed, everything but one piece,
one piece alone, one piece torn or damaged among landed ones, only the first so many, and mixtures by the seed. There
are more legal states than atoms; what is not made is not claimed.

A state is known by its content: the sum over all sectors of the hash of file, place and bytes, kept up incrementally.
Garbage is always the same for the same place, so that no state counts twice for its noise.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.reliability.memory_disk import SECTOR, Op

_SPACE = 1 << 128
LANDS, LOST, TORN, GARBAGE = range(4)


@dataclass
class _Node:
    durable: bytearray = field(default_factory=bytearray)
    total: int = 0  # of the durable sectors' hashes
    pending: list[tuple[Op, int, int]] = field(default_factory=list)  # pieces: an operation, start and stop in its data
    frozen: bytes | None = None  # `durable`, while it does not change


@dataclass(frozen=True)
class State:
    """What is on the disk: content by path. `key` is the same for the same content."""

    files: dict[str, bytearray]
    key: bytes
    kind: str


def _hash(sector: int, content: bytes | bytearray) -> int:
    return int.from_bytes(
        hashlib.blake2b(content, digest_size=16, key=sector.to_bytes(6, "big")).digest(), "big"
    )  # the last sector of a file may be short: its length counts with it


def garbage(sector: int) -> bytes:
    return hashlib.shake_128(b"garbage" + sector.to_bytes(6, "big")).digest(SECTOR)


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _cut(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


def _sectors_of(op: Op, length: int) -> range:
    if op[0] == "write":
        return range(min(op[2], length) // SECTOR, (op[2] + len(op[3]) - 1) // SECTOR + 1)
    return range(min(op[2], length) // SECTOR, max(op[2], length) // SECTOR + 1)


class Cutter:
    """`do` every operation in order; `states` after any of them."""

    def __init__(self) -> None:
        self._nodes: dict[int, _Node] = {}
        self._names: dict[str, int] = {}
        self._pending_names: list[tuple[str, int]] = []

    def do(self, op: Op) -> None:
        kind = op[0]
        if kind == "name":
            self._pending_names.append((op[1], op[2]))
            if op[2] >= 0:
                self._nodes[op[2]] = _Node()
        elif kind == "folder":
            self._names = self._named(len(self._pending_names))
            self._pending_names.clear()
        elif kind == "sync":
            self._sync(self._nodes[op[1]])
        else:
            self._nodes[op[1]].pending.extend(_pieces(op))

    def _sync(self, node: _Node) -> None:
        if not node.pending:
            return
        touched, before, content = self._landed(node, [LANDS] * len(node.pending))
        node.total = _total(node.total, before, content, touched)
        node.durable = content
        node.pending = []
        node.frozen = None

    def _named(self, landed: int) -> dict[str, int]:
        names = dict(self._names)
        for path, node in self._pending_names[:landed]:
            if node < 0:
                names.pop(path, None)
            else:
                names[path] = node
        return names

    def _landed(self, node: _Node, fates: list[int]) -> tuple[set[int], bytes, bytearray]:
        """Which sectors changed, the durable content, and the content with every piece as its fate has it."""
        if node.frozen is None:
            node.frozen = bytes(node.durable)
        content = bytearray(node.frozen)
        touched: set[int] = set()
        for (op, start, stop), fate in zip(node.pending, fates, strict=True):
            if fate == LOST:
                continue
            if op[0] == "truncate":
                touched.update(_sectors_of(op, len(content)))
                _cut(content, op[2])
                continue
            at = op[2] + start
            touched.update(range(min(at, len(content)) // SECTOR, (op[2] + stop - 1) // SECTOR + 1))
            if fate == LANDS:
                _put(content, at, op[3][start:stop])
            elif fate == TORN:
                _put(content, at, op[3][start : start + (stop - start + 1) // 2])
            else:
                _put(content, at // SECTOR * SECTOR, garbage(at // SECTOR))
        return touched, node.frozen, content

    def states(self, dice: random.Random, most: int) -> Iterator[State]:
        """At most so many different states that a cut may leave now."""
        seen: set[bytes] = set()
        for number in range(most):
            names = self._named(
                (0, len(self._pending_names))[number] if number < 2 else dice.randint(0, len(self._pending_names))
            )
            state = self._state(names, dice, number)
            if state.key not in seen:
                seen.add(state.key)
                yield state

    def _state(self, names: dict[str, int], dice: random.Random, number: int) -> State:
        files: dict[str, bytearray] = {}
        sign = hashlib.blake2b(digest_size=16)
        kind = ("lost", "landed")[number] if number < 2 else dice.choice(KINDS)
        for path in sorted(names):
            node = self._nodes[names[path]]
            if node.pending:
                touched, before, content = self._landed(node, _fates(len(node.pending), kind, dice))
                total = _total(node.total, before, content, touched)
            else:
                if node.frozen is None:
                    node.frozen = bytes(node.durable)
                content, total = bytearray(node.frozen), node.total
            files[path] = content
            sign.update(f"{path}\0{len(content)}\0{total:x}\0".encode())
        return State(files, sign.digest(), kind)


KINDS = ("but one", "one alone", "one torn", "one damaged", "first ones", "mixed", "mixed", "mixed and damaged")


def _fates(count: int, kind: str, dice: random.Random) -> list[int]:
    if count == 0:
        return []
    one = dice.randrange(count)
    if kind in ("lost", "one alone"):
        fates = [LOST] * count
        if kind == "one alone":
            fates[one] = LANDS
    elif kind == "first ones":
        fates = [LANDS] * one + [LOST] * (count - one)
    elif kind == "mixed":
        fates = [dice.randrange(2) for _ in range(count)]
    elif kind == "mixed and damaged":
        fates = [dice.randrange(4) for _ in range(count)]
    else:
        fates = [LANDS] * count
        if kind != "landed":
            fates[one] = {"but one": LOST, "one torn": TORN, "one damaged": GARBAGE}[kind]
    return fates


def _pieces(op: Op) -> list[tuple[Op, int, int]]:
    """A write, cut at the borders of sectors."""
    if op[0] != "write":
        return [(op, 0, 0)]
    pieces = []
    offset, length = op[2], len(op[3])
    start = 0
    while start < length:
        stop = min(length, ((offset + start) // SECTOR + 1) * SECTOR - offset)
        pieces.append((op, start, stop))
        start = stop
    return pieces


def _total(total: int, before: bytes, after: bytearray, touched: set[int]) -> int:
    for sector in touched:
        at = sector * SECTOR
        old, new = before[at : at + SECTOR], bytes(after[at : at + SECTOR])
        if old != new:
            if old:
                total -= _hash(sector, old)
            if new:
                total += _hash(sector, new)
    return total % _SPACE
