"""Journals that somebody has edited: every mutant must be found, and the row that is named must be the right one.

A mutant changes, removes, inserts or swaps rows, records, the anchor or the watermark of a real journal, with or
without hashes made anew for a stretch. `expected` is where the first fault must be said to be. What no chain can show
is not among them: a tail that was cut off, or chained anew to its end together with its records (docs/reliability.md).
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import apsw

from runtime.journal.anchors import anchor_sum
from runtime.journal.database import blob, whole
from runtime.journal.rows import next_hash, read_row
from runtime.journal.store import Journal
from runtime.journal.walk import walk_epoch
from runtime.wire.pack import pack, unpack
from tests.reliability.memory_disk import VFS, MemoryDisk, memory_vfs
from tests.reliability.selling import Till, open_at

SALES = 12


@dataclass
class Base:
    """A journal that is right, on its connection: every mutant is rolled back."""

    journal: Journal
    connection: apsw.Connection
    bodies: dict[int, bytes]
    hashes: dict[int, bytes]
    closing: list[int]  # rows that close a record
    first: int
    last: int


def make_base(seed: int, pruned: bool) -> Base:
    memory_vfs().disk = MemoryDisk()
    till = Till(lambda: open_at(VFS), random.Random(seed))
    till.start()
    for _ in range(SALES + 20 * pruned):
        till.sell(random.Random(seed + till.checkout.last_sequence).choice((1, 2, 3)))
    till.settle(till.checkout.last_sequence - 3)
    till.sell(2)
    if pruned:
        while till.prune():
            pass
    assert till.journal is not None and till.journal.inspect() is None
    connection = till.journal._database.connection
    rows = connection.execute("SELECT seq, body, hash FROM rows ORDER BY seq").fetchall()
    bodies = {int(seq): bytes(body) for seq, body, _ in rows}
    hashes = {int(seq): bytes(digest) for seq, _, digest in rows}
    anchor = till.journal.anchor()
    hashes[anchor.seq] = anchor.hash
    closing = [int(row) for (row,) in connection.execute("SELECT row FROM records ORDER BY row")]
    return Base(till.journal, connection, bodies, hashes, closing, anchor.seq + 1, max(bodies))


Mutation = Callable[[Base, random.Random], set[int]]  # makes it; gives the rows that may be named


def _row(base: Base, dice: random.Random) -> int:
    return dice.randint(base.first, base.last - 1)


def _other(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    changed[dice.randrange(len(changed))] ^= dice.randint(1, 255)
    return bytes(changed)


def _set(base: Base, seq: int, **columns: object) -> None:
    said = ", ".join(f"{name} = ?" for name in columns)
    base.connection.execute(f"UPDATE rows SET {said} WHERE seq = ?", (*columns.values(), seq))


def _shift(base: Base, first: int, by: int) -> None:
    base.connection.execute("UPDATE rows SET seq = -(seq + ?) WHERE seq >= ?", (by, first))
    base.connection.execute("UPDATE rows SET seq = -seq WHERE seq < 0")


def body_edited(base: Base, dice: random.Random) -> set[int]:
    seq = dice.randint(base.first, base.last)
    _set(base, seq, body=_other(base.bodies[seq], dice))
    return {seq}


def hash_edited(base: Base, dice: random.Random) -> set[int]:
    seq = dice.randint(base.first, base.last)
    _set(base, seq, hash=_other(base.hashes[seq], dice))
    return {seq}


def type_changed(base: Base, dice: random.Random) -> set[int]:
    seq = dice.randint(base.first, base.last)
    _set(base, seq, **dice.choice(({"body": "text"}, {"body": 5}, {"hash": 7}, {"hash": "x"}, {"body": b""})))
    return {seq}


def chained_anew_for_a_stretch(base: Base, dice: random.Random) -> set[int]:
    """The time of a row is changed, and hashes from there on made anew, but not to the end; or to the end, and the
    records are as they were."""
    seq = dice.randint(base.first, base.closing[-1])
    stretch = dice.choice((1, 2, 5, 20, 10**6))
    head = base.hashes[seq - 1]
    for number in range(seq, min(seq + stretch, base.last + 1)):
        body = base.bodies[number]
        if number == seq:
            body = pack(replace(read_row(body), at="2026-01-01T00:00:00"))
        head = next_hash(head, body)
        _set(base, number, body=body, hash=head)
    return {min(seq + stretch, next(row for row in base.closing if row >= seq))}


def number_changed_and_chained(base: Base, dice: random.Random) -> set[int]:
    seq = _row(base, dice)
    body = pack(replace(read_row(base.bodies[seq]), seq=seq + dice.choice((-1, 1, 100))))
    _set(base, seq, body=body, hash=next_hash(base.hashes[seq - 1], body))
    return {seq}


def not_canonical_and_chained(base: Base, dice: random.Random) -> set[int]:
    """The same row in other bytes: the map's length in its long form."""
    seq = _row(base, dice)
    body = base.bodies[seq]
    other = b"\xde\x00" + bytes([body[0] & 0x0F]) + body[1:]
    assert unpack(other) == unpack(body)
    _set(base, seq, body=other, hash=next_hash(base.hashes[seq - 1], other))
    return {seq}


def removed(base: Base, dice: random.Random) -> set[int]:
    seq = _row(base, dice)
    count = min(dice.choice((1, 1, 2, 10)), base.last - seq)
    base.connection.execute("DELETE FROM rows WHERE seq >= ? AND seq < ?", (seq, seq + count))
    return {seq}


def removed_and_renumbered(base: Base, dice: random.Random) -> set[int]:
    seq = _row(base, dice)
    base.connection.execute("DELETE FROM rows WHERE seq = ?", (seq,))
    _shift(base, seq + 1, -1)
    return {seq}


def inserted(base: Base, dice: random.Random) -> set[int]:
    """A copy of a row of the same journal, with the right number and hash; the rest moves up."""
    seq, like = _row(base, dice), dice.randint(base.first, base.last)
    body = pack(replace(read_row(base.bodies[like]), seq=seq))
    _shift(base, seq, 1)
    base.connection.execute(
        "INSERT INTO rows SELECT n, ?, ?, ? FROM rows LIMIT 1", (seq, body, next_hash(base.hashes[seq - 1], body))
    )
    return {seq, seq + 1}


def swapped(base: Base, dice: random.Random) -> set[int]:
    one, two = sorted(dice.sample(range(base.first, base.last + 1), 2))
    base.connection.execute(
        "UPDATE rows SET seq = CASE seq WHEN ?1 THEN -?2 ELSE -?1 END WHERE seq IN (?1, ?2)", (one, two)
    )
    base.connection.execute("UPDATE rows SET seq = -seq WHERE seq < 0")
    return {one}


def bodies_swapped(base: Base, dice: random.Random) -> set[int]:
    one, two = sorted(dice.sample(range(base.first, base.last + 1), 2))
    _set(base, one, body=base.bodies[two])
    _set(base, two, body=base.bodies[one])
    return {one}


def cut_off_under_a_record(base: Base, dice: random.Random) -> set[int]:
    seq = dice.randint(base.first, base.closing[-1])
    base.connection.execute("DELETE FROM rows WHERE seq >= ?", (seq,))
    return {seq}


# --- records --------------------------------------------------------------------------------------------------------


def _record(base: Base, dice: random.Random) -> tuple[int, int, bytes]:
    row = dice.choice(base.closing)
    found = base.connection.execute("SELECT sequence, body FROM records WHERE row = ?", (row,)).fetchone()
    assert found is not None
    return row, whole(found[0]), blob(found[1])


def record_edited(base: Base, dice: random.Random) -> set[int]:
    row, sequence, body = _record(base, dice)
    column, value = dice.choice((("body", _other(body, dice)), ("hash", bytes(32)), ("hash", 5), ("body", "text")))
    base.connection.execute(f"UPDATE records SET {column} = ? WHERE sequence = ?", (value, sequence))
    return {row}


def record_edited_with_its_hash(base: Base, dice: random.Random) -> set[int]:
    row, sequence, body = _record(base, dice)
    value = unpack(body)
    key = dice.choice(("head", "rows", "SequenceNumber", "epoch", "none"))
    if key == "none":
        del value["head"]
    else:
        value[key] = {"head": bytes(32), "rows": [1, 1], "SequenceNumber": 999, "epoch": 8}[key]
    other = pack(value)
    base.connection.execute(
        "UPDATE records SET body = ?, hash = ? WHERE sequence = ?", (other, hashlib.sha256(other).digest(), sequence)
    )
    return {row}


def record_removed(base: Base, dice: random.Random) -> set[int]:
    row, sequence, _ = _record(base, dice)
    base.connection.execute("DELETE FROM records WHERE sequence = ?", (sequence,))
    return {row}


def record_moved(base: Base, dice: random.Random) -> set[int]:
    row, sequence, _ = _record(base, dice)
    to = dice.choice([one for one in range(base.first, base.last + 1) if one not in base.closing])
    base.connection.execute("UPDATE records SET row = ? WHERE sequence = ?", (to, sequence))
    return {row, to}


def records_swapped(base: Base, dice: random.Random) -> set[int]:
    one, two = sorted(dice.sample(base.closing, 2))
    swap = "UPDATE records SET row = CASE row WHEN ?1 THEN ?2 ELSE ?1 END WHERE row IN (?1, ?2)"
    base.connection.execute(swap, (one, two))
    return {one}


def record_invented(base: Base, dice: random.Random) -> set[int]:
    row, _, body = _record(base, dice)
    last = base.journal.last_sequence
    to = dice.choice([row, dice.randint(base.first, base.last), base.last + 5])
    value = {**unpack(body), "SequenceNumber": last + 1}
    other = pack(value)
    base.connection.execute(
        "INSERT INTO records (n, sequence, row, body, hash) SELECT n, ?, ?, ?, ? FROM records LIMIT 1",
        (last + 1, to, other, hashlib.sha256(other).digest()),
    )
    return {min(to, base.last + 1)}


# --- what stands beside the chain -----------------------------------------------------------------------------------


def epoch_changed(base: Base, dice: random.Random) -> set[int]:
    """Rows of another epoch do not pass for this one's; after pruning, its records do not."""
    base.connection.execute("UPDATE epochs SET epoch = epoch + 1")
    return {base.closing[0] if base.first > 1 else 1}


def watermark_record_changed(base: Base, dice: random.Random) -> set[int]:
    """A record that the gateway had, and the tail after it, made anew without a flaw: its hash was kept."""
    base.connection.execute("UPDATE epochs SET stored_hash = ?", (dice.randbytes(32),))
    found = base.connection.execute("SELECT row FROM records JOIN epochs ON sequence = stored").fetchone()
    assert found is not None
    return {whole(found[0])}


def tail_cut_off_below_the_watermark(base: Base, dice: random.Random) -> set[int]:
    """Rows and records together, so that the chain is right to its new end."""
    found = base.connection.execute("SELECT stored FROM epochs").fetchone()
    assert found is not None
    row = dice.choice(base.closing[: max(1, whole(found[0]) - base.journal.last_sequence - 1)])
    base.connection.execute("DELETE FROM rows WHERE seq > ?", (row,))
    base.connection.execute("DELETE FROM records WHERE row > ?", (row,))
    return {row + 1}


def anchor_edited(base: Base, dice: random.Random) -> set[int]:
    """Only of a journal that was pruned."""
    found = base.connection.execute("SELECT seq, hash, sequence, body FROM anchors").fetchone()
    if found is None:
        return hash_edited(base, dice)
    seq, digest, sequence, body = whole(found[0]), blob(found[1]), whole(found[2]), blob(found[3])
    kind = dice.choice(("hash", "seq", "sequence", "body", "gone"))
    if kind == "gone":
        base.connection.execute("DELETE FROM anchors")
        return {1}
    if kind == "hash":
        digest = _other(digest, dice)
    elif kind == "seq":
        seq += dice.choice((-1, 1))
    elif kind == "sequence":
        sequence += dice.choice((-1, 1))
    else:
        body = _other(body, dice)
    total = bytes(32) if kind == "body" or dice.random() < 0.5 else anchor_sum(seq, digest, sequence, body)
    edit = "UPDATE anchors SET seq = ?, hash = ?, sequence = ?, body = ?, sum = ?"
    base.connection.execute(edit, (seq, digest, sequence, body, total))
    return {seq, seq + 1, base.first, base.first - 1, base.closing[0]}


MUTATIONS: dict[str, Mutation] = {
    f.__name__: f
    for f in (
        body_edited, hash_edited, type_changed, chained_anew_for_a_stretch, number_changed_and_chained,
        not_canonical_and_chained, removed, removed_and_renumbered, inserted, swapped, bodies_swapped,
        cut_off_under_a_record, record_edited, record_edited_with_its_hash, record_removed, record_moved,
        records_swapped, record_invented, epoch_changed, watermark_record_changed, tail_cut_off_below_the_watermark,
        anchor_edited,
    )
}  # fmt: skip


@dataclass
class Hunt:
    mutants: int = 0
    found: int = 0
    named: int = 0  # with the right row
    missed: list[str] = field(default_factory=list)
    by_kind: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)


def hunt(count: int, seed: int = 1) -> Hunt:
    """So many mutants, of every kind in turn, of a journal with and one without pruned rows."""
    result = Hunt()
    for pruned in (False, True):
        base = make_base(seed, pruned)
        for number in range(count // 2 + (count % 2) * (not pruned)):
            kind = list(MUTATIONS)[number % len(MUTATIONS)]
            dice = random.Random(f"{seed} {pruned} {number}")
            base.connection.execute("BEGIN")
            expected = MUTATIONS[kind](base, dice)
            (epoch,) = base.connection.execute("SELECT epoch FROM epochs").fetchone() or (0,)
            fault = walk_epoch(base.connection, 1, int(str(epoch))).fault
            base.connection.execute("ROLLBACK")
            result.mutants += 1
            result.by_kind[kind] += 1
            if fault is None:
                result.missed.append(f"{kind} {number}: not found")
                continue
            result.found += 1
            result.codes[fault.code] += 1
            if fault.row in expected:
                result.named += 1
            else:
                result.missed.append(f"{kind} {number}: {fault} and not row {sorted(expected)}")
        base.journal.close()
    return result


def figures(result: Hunt) -> dict[str, Any]:
    return {"mutants": result.mutants, "found": result.found, "named": result.named, "missed": result.missed[:5]}
