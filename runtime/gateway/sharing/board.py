"""What the store's terminals share, as the gateway knows it: what each last said, and tickets on their way. Pure.

A beat in, the next board and the answer out. What is on the board is on disk before the answer goes
(runtime.gateway.sharing.store), but for when a terminal was heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from runtime.gateway.sharing import tickets
from runtime.gateway.sharing.tickets import Handed, Known, Terminals
from runtime.wire.beat import Beat, BeatAnswer

MAX_HANDED_BYTES = 64 << 20  # of tickets on their way; past it they wait with their owners


@dataclass(frozen=True, slots=True)
class Board:
    """`terminals` by name; `handed` in the order in which they came."""

    terminals: dict[str, Known] = field(default_factory=dict)
    handed: tuple[Handed, ...] = ()


def heard(board: Board, beat: Beat, now_ms: int) -> Board:
    """The board after a beat."""
    terminals = {**board.terminals, beat.terminal: Known(beat.terminal, beat.epoch, beat.shares, now_ms)}
    known = {(one.owner, one.owner_epoch, one.release) for one in board.handed}
    new = []
    room = MAX_HANDED_BYTES - sum(len(one.body) for one in board.handed)
    for given in beat.handed:
        for release in beat.shares.releases:
            key = (beat.terminal, beat.epoch, given.release)
            if release.release == given.release and key not in known and len(given.body) <= room:
                new.append(Handed(*key, release.terminal, release.epoch, release.claim, given.body))
    kept = tuple(one for one in (*board.handed, *new) if _is_wanted(one, terminals))
    return Board(terminals, kept)


def _is_wanted(one: Handed, terminals: dict[str, Known]) -> bool:
    """Whether its owner still has it on its way; of an owner that is no more, whether its claim is open."""
    owner = terminals.get(one.owner)
    if owner is None or owner.epoch == one.owner_epoch:
        return owner is None or any(release.release == one.release for release in owner.shares.releases)
    claimant = terminals.get(one.terminal)
    if claimant is None:
        return True
    return claimant.epoch == one.epoch and any(claim.claim == one.claim for claim in claimant.shares.claims)


def answer(board: Board, beat: Beat, now_ms: int) -> BeatAnswer:
    """What a terminal is told that has just been heard."""
    me, all_known = board.terminals[beat.terminal], board.terminals
    mine = (me.terminal, me.epoch)
    has = frozenset(one.release for one in board.handed if (one.owner, one.owner_epoch) == mine)
    arrived = tickets.arrived_for(me, board.handed)
    coming = {one.claim for one in arrived}
    others, digest = tickets.others_of(me, all_known)
    return BeatAnswer(
        wanted=tickets.wanted_of(me, all_known),
        fates=tickets.fates_of(me, all_known, has),
        news=tuple(one for one in tickets.news_of(me, all_known, now_ms) if one.claim not in coming),
        arrived=arrived,
        settled=tickets.settled_of(me, all_known),
        others=None if digest == beat.others else others,
        others_hash=digest,
    )


def unheard(board: Board) -> Board:
    """As after a restart: nobody was heard yet."""
    return replace(board, terminals={name: replace(one, heard_ms=None) for name, one in board.terminals.items()})


def currency_of(name: str, terminals: Terminals) -> tuple[str, int]:
    """What a till sells in (ISO 4217 letters), with its decimals: as it last said, also before this run of the gateway.
    One that never said it sells in what the store sells in, where that is one currency; else nobody knows: empty."""
    some = [one for one in terminals.values() if one.shares.currency]
    said = {one.terminal: (one.shares.currency, one.shares.exponent) for one in some}
    if name in said:
        return said[name]
    all_said = set(said.values())
    return all_said.pop() if len(all_said) == 1 else ("", 2)
