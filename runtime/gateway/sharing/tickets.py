"""Who is told what of the store's suspended tickets: from what each terminal last said of itself. Pure.

The gateway decides nothing here. It passes on facts that stay true however old they are (runtime.sale.shared), and the
two tills act on them; so a gateway that lost its disk, or has an old beat, makes a recall slower and never double.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from runtime.wire.beat import (
    ArrivedTicket,
    ClaimNews,
    Fate,
    OtherTicket,
    Shares,
    TicketClaim,
    TicketRelease,
    TicketTake,
    Wanted,
)
from runtime.wire.pack import pack

SILENT_AFTER_MS = 10_000  # five beats


@dataclass(frozen=True, slots=True)
class Known:
    """What a terminal last said of itself. `heard_ms`: None where it was not heard in this run of the gateway."""

    terminal: str
    epoch: int
    shares: Shares
    heard_ms: int | None


@dataclass(frozen=True, slots=True)
class Handed:
    """A ticket that its owner gave away, kept for the one claim that it was given for."""

    owner: str
    owner_epoch: int
    release: int
    terminal: str
    epoch: int
    claim: int
    body: bytes


Terminals = Mapping[str, Known]  # by name: of each its newest epoch


def wanted_of(me: Known, all_known: Terminals) -> tuple[Wanted, ...]:
    """The claims of the others on tickets of this one, oldest claim first."""
    return tuple(
        Wanted(claim.number, other.terminal, other.epoch, claim.claim)
        for other in all_known.values()
        if other.terminal != me.terminal
        for claim in other.shares.claims
        if (claim.terminal, claim.epoch) == (me.terminal, me.epoch)
    )


def fates_of(me: Known, all_known: Terminals, handed: frozenset[int]) -> tuple[Fate, ...]:
    """Of each release; `handed` are the releases whose ticket is here."""
    return tuple(
        Fate(release.release, _fate(release, all_known), release.release in handed) for release in me.shares.releases
    )


def _fate(release: TicketRelease, all_known: Terminals) -> Literal["open", "taken", "closed", "gone"]:
    claimant = all_known.get(release.terminal)
    if claimant is None:
        return "open"
    if claimant.epoch != release.epoch:
        return "gone"
    shares = claimant.shares
    if any(take.claim == release.claim for take in shares.takes):
        return "taken"
    if release.claim > shares.last_claim or any(claim.claim == release.claim for claim in shares.claims):
        return "open"
    return "closed"


def news_of(me: Known, all_known: Terminals, now_ms: int) -> tuple[ClaimNews, ...]:
    """How each claim of this terminal stands."""
    return tuple(ClaimNews(claim.claim, _news(me, claim, all_known, now_ms)) for claim in me.shares.claims)


def _news(me: Known, claim: TicketClaim, all_known: Terminals, now_ms: int) -> Literal["waiting", "silent", "gone"]:
    owner = all_known.get(claim.terminal)
    if owner is None:
        return "silent"
    if owner.epoch != claim.epoch:
        return "gone"
    shares = owner.shares
    mine = (me.terminal, me.epoch, claim.claim)
    if any((release.terminal, release.epoch, release.claim) == mine for release in shares.releases):
        return "waiting"
    has = any(ticket.number == claim.number and ticket.may_leave for ticket in shares.tickets)
    if claim.number <= shares.last_number and not has:
        return "gone"
    if owner.heard_ms is None or now_ms - owner.heard_ms > SILENT_AFTER_MS:
        return "silent"
    return "waiting"


def arrived_for(me: Known, handed: tuple[Handed, ...]) -> tuple[ArrivedTicket, ...]:
    """One ticket that was given away for an open claim of this terminal."""
    for claim in me.shares.claims:
        for one in handed:
            if is_for(me, claim, one):
                return (ArrivedTicket(claim.claim, one.owner, one.owner_epoch, one.release, one.body),)
    return ()


def is_for(me: Known, claim: TicketClaim, handed: Handed) -> bool:
    return (handed.terminal, handed.epoch, handed.claim) == (me.terminal, me.epoch, claim.claim)


def settled_of(me: Known, all_known: Terminals) -> tuple[int, ...]:
    """The claims under which a ticket came that its owner has let go of."""
    return tuple(take.claim for take in me.shares.takes if _is_over(take, all_known.get(take.terminal)))


def _is_over(take: TicketTake, owner: Known | None) -> bool:
    if owner is None:
        return False
    if owner.epoch != take.epoch:
        return True
    kept = any(release.release == take.release for release in owner.shares.releases)
    return take.release <= owner.shares.last_release and not kept


def others_of(me: Known, all_known: Terminals) -> tuple[tuple[OtherTicket, ...], bytes]:
    """The tickets that the others have, and the hash of that list."""
    found = tuple(
        OtherTicket(other.terminal, other.epoch, ticket)
        for name, other in sorted(all_known.items())
        if name != me.terminal
        for ticket in other.shares.tickets
    )
    return found, hashlib.sha256(pack(found)).digest()
