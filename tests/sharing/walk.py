"""Everything that may happen to one suspended ticket between tills and gateway, to a bound: all states, each once.

The tills are the real machine with the real two functions of the protocol, the gateway its real board. What may happen
between any two steps: a beat is lost, or its answer; an old beat arrives again; an answer is acted on late, twice, or
only to its middle (a crash: what was accepted is on disk, the rest never happens); a person recalls the ticket, claims
it, gives the claim up; the gateway gets a new disk. A till that crashes is what its rows say, so a crash by itself
changes nothing here: the state of a walk is what is on disk, and the requests and answers under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from runtime.gateway.sharing.board import Board, answer, heard
from runtime.sale import events as ev
from runtime.sale.machine import fold, step
from runtime.sale.refusals import Refused
from runtime.sale.state import Checkout
from runtime.terminal.shared_tickets import events_of, handed_of, shares_of
from runtime.wire.beat import Beat, BeatAnswer, HandedTicket, Shares
from tests.runtime.sale_events import AT, item

OWNER = "01"
EPOCHS = {"01": 11, "02": 22, "03": 33}
NUMBER = 1


@dataclass(frozen=True, slots=True)
class Bounds:
    """How often each may happen in one walk."""

    claims: int = 2
    give_ups: int = 1
    repeats: int = 1
    late: int = 1
    crashes: int = 1
    gateway_disks: int = 1
    till_disks: int = 0
    own_recall: int = 1
    claimants: tuple[str, ...] = ("02",)


@dataclass(frozen=True, slots=True)
class World:
    tills: tuple[tuple[str, Checkout], ...]
    board: Board
    answers: tuple[tuple[str, BeatAnswer], ...]  # the last of each till, not acted on yet
    old: tuple[tuple[str, Beat], ...]  # one earlier beat of each till, that may come again
    left: Bounds
    gone: int  # recalled by the owner's own cashier, or taken on a disk that is no more
    epochs: tuple[tuple[str, int], ...]
    lost: bool = False  # a disk with it, or with its claim, is no more

    def till(self, name: str) -> Checkout:
        return dict(self.tills)[name]

    def with_till(self, name: str, checkout: Checkout) -> World:
        return replace(self, tills=tuple((n, checkout if n == name else c) for n, c in self.tills))

    @property
    def key(self) -> object:
        """Equal worlds have equal keys; all that is in it was given out by `one`."""
        tills = tuple(id(checkout) for _, checkout in self.tills)
        answers = frozenset((name, id(said)) for name, said in self.answers)
        old = frozenset((name, id(beat)) for name, beat in self.old)
        return (tills, id(self.board), answers, old, self.left, self.gone, self.epochs, self.lost)


T = TypeVar("T")
_ONES: dict[str, Any] = {}


def one(value: T) -> T:
    """The one object that stands for all that are equal to this one: it can be compared and remembered by its id."""
    text = repr(value)
    return cast(T, _ONES.setdefault(text, value))


@dataclass(slots=True)
class Rules:
    """The real code; a broken variant puts something else in one place."""

    step: Callable[[Checkout, ev.Event], Checkout] = lambda checkout, event: step(checkout, event)[0]
    events_of: Callable[[Checkout, BeatAnswer], Iterator[ev.Event]] = events_of
    shares_of: Callable[[Checkout], Shares] = shares_of
    handed_of: Callable[[Checkout, frozenset[int]], tuple[HandedTicket, ...]] = handed_of
    heard: Callable[[Board, Beat, int], Board] = heard
    answer: Callable[[Board, Beat, int], BeatAnswer] = answer
    known: dict[tuple[object, ...], Any] = field(default_factory=dict)  # what came of what, by ids

    def remembered(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        if key not in self.known:
            self.known[key] = make()
        return cast(T, self.known[key])


def begin(bounds: Bounds) -> World:
    owner = one(fold([item(), ev.SaleSuspended(350, AT)]))
    tills = ((OWNER, owner), *((name, one(Checkout())) for name in bounds.claimants))
    epochs = tuple((name, EPOCHS[name]) for name, _ in tills)
    return World(tills, one(Board()), (), (), bounds, 0, epochs)


def beat_of(rules: Rules, world: World, name: str) -> Beat:
    """What a till says now. What the gateway has of its tickets it was told; that it is told wrong is a lost beat."""
    checkout, epoch = world.till(name), dict(world.epochs)[name]
    handed = world.board.handed
    has = frozenset(each.release for each in handed if (each.owner, each.owner_epoch) == (name, epoch))

    def make() -> Beat:
        shares, handed = rules.shares_of(checkout), rules.handed_of(checkout, has)
        return one(Beat("S1", name, epoch, run=1, serial=1, shares=shares, handed=handed))

    return rules.remembered(("beat", name, epoch, id(checkout), has), make)


def exchange(rules: Rules, world: World, name: str, beat: Beat) -> World:
    """A beat arrives; its answer is under way."""

    def make() -> tuple[Board, BeatAnswer]:
        board = one(_sorted(rules.heard(world.board, beat, 0)))
        return board, one(replace(rules.answer(board, beat, 0), others=None, others_hash=b""))  # the list is for people

    board, said = rules.remembered(("exchange", id(world.board), id(beat)), make)
    answers = tuple((n, a) for n, a in world.answers if n != name)
    return replace(world, board=board, answers=(*answers, (name, said)))


def _sorted(board: Board) -> Board:
    return Board(dict(sorted(board.terminals.items())), board.handed)


def acted(rules: Rules, checkout: Checkout, said: BeatAnswer, most: int = 1_000) -> Checkout:
    """What a till is after it heard this; `most`: it crashes after so many rows."""
    return rules.remembered(("acted", id(checkout), id(said), most), lambda: one(_acted(rules, checkout, said, most)))


def _acted(rules: Rules, checkout: Checkout, said: BeatAnswer, most: int) -> Checkout:
    for count, event in enumerate(rules.events_of(checkout, said)):
        if count >= most:
            break
        try:
            checkout = rules.step(checkout, event)
        except Refused:
            continue
    return checkout


def _spend(world: World, what: str) -> World | None:
    left = getattr(world.left, what)
    return replace(world, left=replace(world.left, **{what: left - 1})) if left > 0 else None


def steps(rules: Rules, world: World) -> Iterator[tuple[str, World]]:
    """All that may happen next."""
    for name, _ in world.tills:
        beat = beat_of(rules, world, name)
        kept = tuple((n, b) for n, b in world.old if n != name)
        yield f"beat {name}", replace(exchange(rules, world, name, beat), old=(*kept, (name, beat)))
        if world.left.repeats and dict(world.old).get(name) != beat:
            yield f"beat {name}, an older one stays under way", exchange(rules, world, name, beat)
    for name, beat in world.old:
        if spent := _spend(world, "repeats"):
            yield f"an old beat of {name} comes again", _answer_lost(exchange(rules, spent, name, beat), world)
    for name, said in world.answers:
        checkout = world.till(name)
        rest = tuple((n, a) for n, a in world.answers if n != name)
        yield f"answer to {name}", replace(world, answers=rest).with_till(name, acted(rules, checkout, said))
        if spent := _spend(world, "late"):
            yield f"answer to {name}, and once more later", spent.with_till(name, acted(rules, checkout, said))
        if spent := _spend(world, "crashes"):
            cut = acted(rules, checkout, said, 1)
            yield f"answer to {name}, crash after one row", replace(spent, answers=rest).with_till(name, cut)
    owner = world.till(OWNER)
    if owner.suspended and (spent := _spend(world, "own_recall")):
        after = fold([ev.SaleRecalled(owner.suspended[0].number)], owner)
        after = fold([ev.TicketVoided("", AT)], after)  # whatever became of it
        yield "recall at its own till", replace(spent, gone=world.gone + 1).with_till(OWNER, one(after))
    for name in world.left.claimants:
        checkout = world.till(name)
        if spent := _spend(world, "claims"):
            try:
                after = one(rules.step(checkout, ev.TicketClaimed(OWNER, dict(world.epochs)[OWNER], NUMBER)))
            except Refused:
                pass
            else:
                yield f"claim by {name}", spent.with_till(name, after)
        for claim in checkout.shares.claims:
            if spent := _spend(world, "give_ups"):
                yield f"{name} gives up", spent.with_till(name, one(rules.step(checkout, ev.ClaimClosed(claim.claim))))
    if spent := _spend(world, "gateway_disks"):
        yield "the gateway has a new disk", replace(spent, board=one(Board()))
    for name, checkout in world.tills:
        if spent := _spend(world, "till_disks"):
            yield f"{name} has a new disk", _new_disk(spent, name, checkout)


def _new_disk(world: World, name: str, checkout: Checkout) -> World:
    taken = checkout.last_suspended if name != OWNER else 0
    return replace(
        world.with_till(name, one(Checkout())),
        gone=world.gone + taken,
        lost=True,
        epochs=tuple((n, epoch + 100 if n == name else epoch) for n, epoch in world.epochs),
        answers=tuple((n, said) for n, said in world.answers if n != name),
    )


def _answer_lost(after: World, before: World) -> World:
    """Nobody waits for the answer to a beat that came again."""
    return replace(after, answers=before.answers)


def copies(world: World) -> int:
    """How often the ticket can be sold, or was: this must never be more than 1."""
    count = world.gone + len(world.till(OWNER).suspended)
    return count + sum(checkout.last_suspended for name, checkout in world.tills if name != OWNER)


def is_somewhere(world: World) -> bool:
    return world.lost or copies(world) > 0 or bool(world.till(OWNER).shares.released)


class Broken(AssertionError):
    """A walk that ends where it must not, step by step."""


def explore(rules: Rules, bounds: Bounds, at_most: int = 1_000_000) -> list[World]:
    """All worlds that can be reached. Raises Broken with the shortest walk to a wrong one."""
    first = begin(bounds)
    came: dict[object, tuple[object, str]] = {first.key: (None, "begin")}
    worlds = [first]
    at = 0
    while at < len(worlds) and len(worlds) < at_most:
        world = worlds[at]
        at += 1
        for said, after in steps(rules, world):
            key = after.key
            if key in came:
                continue
            came[key] = (world.key, said)
            if copies(after) > 1 or not is_somewhere(after):
                raise Broken("; ".join(_walk(came, key)) + f": {copies(after)} copies")
            worlds.append(after)
    return worlds


def _walk(came: dict[object, tuple[object, str]], key: object) -> list[str]:
    walk: list[str] = []
    while key is not None:
        key, said = came[key]
        walk.append(said)
    return walk[::-1]


def settles(rules: Rules, world: World, rounds: int = 12) -> World:
    """What it comes to when nothing goes wrong any more and nobody does anything."""
    world = replace(world, answers=())
    for _ in range(rounds):
        for name, checkout in world.tills:
            world = exchange(rules, world, name, beat_of(rules, world, name))
            world = replace(world.with_till(name, acted(rules, checkout, dict(world.answers)[name])), answers=())
    return world
