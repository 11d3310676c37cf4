"""A ticket that is recalled on another till: taken once at most, never lost, however things go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from runtime.gateway.sharing import tickets
from runtime.gateway.sharing.tickets import Handed, Known
from runtime.sale import events as ev
from runtime.sale.machine import step
from runtime.sale.state import Checkout
from runtime.terminal.shared_tickets import events_of
from runtime.wire.beat import BeatAnswer, TicketClaim, TicketTake
from tests.sharing.walk import Bounds, Broken, Rules, copies, explore, settles

QUIET = Bounds(claims=1, give_ups=1, repeats=0, late=0, crashes=0, gateway_disks=0)
# What goes wrong in each family; all of them together are the long form.
FAMILIES = {
    "old beats come again": replace(QUIET, repeats=1),
    "answers late, crashes, a new disk in the gateway": replace(QUIET, late=1, crashes=1, gateway_disks=1),
    "two claims, a crash": replace(QUIET, claims=2, crashes=1, gateway_disks=1),
    "two tills want it": replace(QUIET, claims=2, claimants=("02", "03")),
    "new disks in tills": replace(QUIET, till_disks=1, repeats=1, give_ups=0),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_at_most_once_and_never_lost_whatever_happens(family: str) -> None:
    rules = Rules()
    worlds = explore(rules, FAMILIES[family])
    assert len(worlds) > 1_000
    for world in worlds[::29]:
        end = settles(rules, world)
        assert copies(end) == 1 or world.lost
        for _, checkout in end.tills:
            assert checkout.shares.released == checkout.shares.taken == ()


@pytest.mark.long
def test_all_of_it_together() -> None:
    together = Bounds(claims=2, give_ups=1, repeats=1, late=1, crashes=1, gateway_disks=1)
    assert len(explore(Rules(), together, at_most=150_000)) >= 150_000
    two = replace(QUIET, claims=2, repeats=1, crashes=1, claimants=("02", "03"))
    assert len(explore(Rules(), two, at_most=150_000)) > 50_000


# --- broken on purpose, one line each --------------------------------------------------------------------------------


def claimant_forgets_that_it_took(patch: pytest.MonkeyPatch) -> Rules:
    def forgetful(checkout: Checkout, event: ev.Event) -> Checkout:
        after = step(checkout, event)[0]
        return replace(after, shares=replace(after.shares, taken=())) if isinstance(event, ev.TicketTaken) else after

    return Rules(step=forgetful)


def owner_releases_without_a_row(patch: pytest.MonkeyPatch) -> Rules:
    def keeping(checkout: Checkout, event: ev.Event) -> Checkout:
        after = step(checkout, event)[0]
        return replace(after, suspended=checkout.suspended) if isinstance(event, ev.TicketReleased) else after

    return Rules(step=keeping)


def owner_takes_back_what_it_gave(patch: pytest.MonkeyPatch) -> Rules:
    def impatient(checkout: Checkout, said: BeatAnswer) -> Iterator[ev.Event]:
        yield from (ev.ReleaseUndone(fate.release) for fate in said.fates if fate.fate == "open")
        yield from events_of(checkout, said)

    return Rules(events_of=impatient)


def gateway_gives_to_two(patch: pytest.MonkeyPatch) -> Rules:
    def careless(me: Known, claim: TicketClaim, handed: Handed) -> bool:
        return (handed.owner, handed.owner_epoch) == (claim.terminal, claim.epoch)

    patch.setattr(tickets, "is_for", careless)
    return Rules()


def a_release_that_was_not_heard_of_is_over(patch: pytest.MonkeyPatch) -> Rules:
    def hasty(take: TicketTake, owner: Known | None) -> bool:
        return owner is not None and all(one.release != take.release for one in owner.shares.releases)

    patch.setattr(tickets, "_is_over", hasty)
    return Rules()


def owner_lets_go_at_once(patch: pytest.MonkeyPatch) -> Rules:
    def eager(checkout: Checkout, said: BeatAnswer) -> Iterator[ev.Event]:
        yield from events_of(checkout, said)
        yield from (ev.ReleaseEnded(fate.release) for fate in said.fates if fate.handed)

    return Rules(events_of=eager)


BROKEN: list[tuple[Callable[[pytest.MonkeyPatch], Rules], Bounds, str]] = [
    (claimant_forgets_that_it_took, QUIET, "2 copies"),
    (owner_releases_without_a_row, QUIET, "2 copies"),
    (owner_takes_back_what_it_gave, QUIET, "2 copies"),
    (gateway_gives_to_two, replace(QUIET, claims=2, claimants=("02", "03")), "2 copies"),
    (gateway_gives_to_two, replace(QUIET, claims=2), "2 copies"),
    (a_release_that_was_not_heard_of_is_over, replace(QUIET, repeats=1), "2 copies"),
    (owner_lets_go_at_once, replace(QUIET, gateway_disks=1), "0 copies"),
]


@pytest.mark.parametrize(("breaks", "bounds", "said"), BROKEN)
def test_a_broken_variant_is_caught(
    breaks: Callable[[pytest.MonkeyPatch], Rules], bounds: Bounds, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = breaks(monkeypatch)
    with pytest.raises(Broken, match=said):
        explore(rules, bounds)
