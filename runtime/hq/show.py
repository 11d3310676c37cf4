"""What a running head office has, in words: `lane hq --show`."""

from __future__ import annotations

from typing import Any

from runtime.hq.settings import HqFile
from runtime.serving.process import Place
from runtime.serving.showing import Ask, amount, aside, count, in_words, moment
from runtime.serving.showing import show as show_server


def show(file: HqFile) -> int:
    """Ask the head office that these settings describe, and print what it has."""

    def say(ask: Ask) -> list[str]:
        return status_words(ask("/v1/status"))

    return show_server("head office", place_of(file), file.tls is not None, say)


def place_of(file: HqFile) -> Place:
    return Place(file.hq.host, file.hq.port, file.hq.page_port)


def status_words(data: bytes) -> list[str]:
    """The answer to GET /v1/status as lines for a person. Raises ValueError where it is none."""
    return in_words(data, words)


def words(status: dict[str, Any]) -> list[str]:
    """A head office's status (GET /v1/status) as lines for a person. Amounts are in minor units' hundredths."""
    lines = [
        f"Head office: {count(status['sales'], 'sale')} of {count(len(status['stores']), 'store')},"
        f" in all {amount(status['total_minor'])}."
    ]
    lines += [
        f"  store {one['store']}: {count(one['records'], 'record')} of {count(one['lines'], 'line')};"
        f" {count(one['sales'], 'sale')}, {amount(one['total_minor'])}; last at {moment(one['last_seen_at_ms'])}"
        for one in status["stores"]
    ]
    if status["open_holes"]:
        beyond = f"{count(status['open_holes'], 'hole')}: what came after it counts as beyond"
        lines.append(f"  {beyond}. See lane hq holes.")
    for one in status["late"]:
        where = f"store {one['store']}, terminal {one['terminal']}, numbers {one['first']} to {one['last']}"
        said = f"{one['closed_by']} had closed that hole ({one['reason']})"
        lines.append(f"  ! {count(one['found'], 'record')} came after all: {where}. {said}: tell who counts.")
    return lines + aside(
        status, lambda q: f"store {q['store']}, terminal {q['terminal']}", "a number came again with other content."
    )
