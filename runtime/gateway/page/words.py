"""What `lane gateway --show` says of a store's tills, from GET /v1/overview: lines for a person. Pure."""

from __future__ import annotations

from typing import Any

from runtime.currency import money, moneys, sum_of
from runtime.serving.showing import count
from runtime.wire.sentences import fill

STATES = {"good": "well", "trouble": "needs a look", "silent": "not heard"}


def overview_words(store: dict[str, Any]) -> list[str]:
    """Raises LookupError, TypeError or ValueError where it is none."""
    totals = tuple(sum_of(**one) for one in store["totals"])
    letters = len(totals) > 1
    lines = []
    if store["date"]:
        lines.append(f"{store['date']}: {count(store['sales'], 'sale')}, in all {moneys(totals)}.")
    for till in store["tills"]:
        lines.append(_till(till, letters))
        lines += [f"    {_said(trouble['sentence'])}" for trouble in till["troubles"]]
    for one in store["alarms"]:
        of = f"till {one['terminal']}: " if one["terminal"] else ""
        lines.append(f"  ! {of}{_said(one['sentence'])}")
    return lines


def _till(till: dict[str, Any], letters: bool) -> str:
    parts = [f"  till {till['terminal']}: {STATES[till['state']]}"]
    if till["heard_ms_ago"] is not None:
        parts.append(f"heard {till['heard_ms_ago'] // 1000} s ago")
    parts.append(f"{count(till['sales'], 'sale')}, {money(sum_of(**till['total']), letters)}")
    status = till["status"]
    if status is not None:
        queue, well = status["queue"], sum(bool(device["ok"]) for device in status["devices"])
        since = f" since {queue['oldest_at']}" if queue["oldest_at"] else ""
        parts.append(f"{count(queue['unsent'], 'sale')} only there{since}")
        parts.append(f"{well} of {count(len(status['devices']), 'device')} well")
        parts.append(f"version {status['versions']['lanekit'] or '-'}, prices {status['versions']['snapshot'][:8]}")
    if till["tickets"]:
        parts.append(f"{count(till['tickets'], 'ticket')} put aside")
    return "; ".join(parts)


def _said(sentence: dict[str, Any]) -> str:
    return fill(f"{sentence['text']} {sentence['remedy']}".strip(), sentence["args"])
