"""What `lane gateway --show` says of a store's tills, from GET /v1/overview: lines for a person. Pure."""

from __future__ import annotations

from typing import Any

from runtime.gateway.page.html import amount
from runtime.wire.sentences import fill

MOST_DECIMALS = 4  # of a currency
STATES = {"good": "well", "trouble": "needs a look", "silent": "not heard"}


def overview_words(store: dict[str, Any]) -> list[str]:
    """Raises LookupError, TypeError or ValueError where it is none."""
    exponent = int(store["exponent"])
    if not 0 <= exponent <= MOST_DECIMALS:
        raise ValueError(f"amounts of {exponent} decimals")
    lines = []
    if store["date"]:
        lines.append(f"{store['date']}: {store['sales']} sales, in all {amount(store['total_minor'], exponent)}.")
    for till in store["tills"]:
        lines.append(_till(till, exponent))
        lines += [f"    {_said(trouble['sentence'])}" for trouble in till["troubles"]]
    for one in store["alarms"]:
        of = f"till {one['terminal']}: " if one["terminal"] else ""
        lines.append(f"  ! {of}{_said(one['sentence'])}")
    return lines


def _till(till: dict[str, Any], exponent: int) -> str:
    parts = [f"  till {till['terminal']}: {STATES[till['state']]}"]
    if till["heard_ms_ago"] is not None:
        parts.append(f"heard {till['heard_ms_ago'] // 1000} s ago")
    parts.append(f"{till['sales']} sales, {amount(till['total_minor'], exponent)}")
    status = till["status"]
    if status is not None:
        queue, well = status["queue"], sum(bool(device["ok"]) for device in status["devices"])
        parts.append(f"{queue['unsent']} only there" + (f" since {queue['oldest_at']}" if queue["oldest_at"] else ""))
        parts.append(f"devices {well} of {len(status['devices'])} well")
        parts.append(f"version {status['versions']['lanekit'] or '-'}, prices {status['versions']['snapshot'][:8]}")
    if till["tickets"]:
        parts.append(f"{till['tickets']} put aside")
    return "; ".join(parts)


def _said(sentence: dict[str, Any]) -> str:
    return fill(f"{sentence['text']} {sentence['remedy']}".strip(), sentence["args"])
