"""What a running gateway has, in words: `lane gateway --show`."""

from __future__ import annotations

from typing import Any

from runtime.currency import added_up, money, moneys, sum_of
from runtime.gateway.page.words import overview_words
from runtime.gateway.settings import GatewayFile
from runtime.serving.process import Place
from runtime.serving.showing import Ask, aside, count, in_words, moment
from runtime.serving.showing import show as show_server


def show(file: GatewayFile) -> int:
    """Ask the gateway that these settings describe, and print what it has."""
    settings = file.gateway

    def say(ask: Ask) -> list[str]:
        now = now_words(ask("/v1/overview")) if settings.page_port else []
        return status_words(ask("/v1/status")) + now

    return show_server("gateway", place_of(file), file.tls is not None, say)


def place_of(file: GatewayFile) -> Place:
    return Place(file.gateway.host, file.gateway.port, file.gateway.page_port)


def now_words(data: bytes) -> list[str]:
    """The answer to GET /v1/overview as lines for a person. Raises ValueError where it is none."""
    return in_words(data, overview_words)


def status_words(data: bytes) -> list[str]:
    """The answer to GET /v1/status likewise."""
    return in_words(data, words)


def words(status: dict[str, Any]) -> list[str]:
    """A gateway's status (GET /v1/status) as lines for a person."""
    terminals = status["terminals"]
    sums = [sum_of(one["total_minor"], one["currency"], one["exponent"]) for one in terminals]
    totals = added_up(sums)
    lines = [
        f"Store {status['store']}: {count(status['sales'], 'sale')} of {count(len(terminals), 'terminal')},"
        f" in all {moneys(totals) or '0'}."
    ]
    for one, total in zip(terminals, sums, strict=True):
        beyond = one["beyond"]
        lines.append(
            f"  terminal {one['terminal']}, epoch {int(one['epoch']):016x}: records 1 to {one['stored']} without a gap"
            + (f" and {beyond} beyond one" if beyond else "")
            + f"; {count(one['sales'], 'sale')}, {money(total, letters=len(totals) > 1)}"
            f"; last at {moment(one['last_seen_at_ms'])}"
        )
    if status["head_office"] is not None:
        upward = status["head_office"]
        waiting = f" {count(upward['unsettled'], 'record')} on the way." if upward["unsettled"] else ""
        lines.append(f"  {upward['sentence']}{waiting}")
    return lines + aside(status, lambda q: f"terminal {q['terminal']}", "a number was sent again with other content.")
