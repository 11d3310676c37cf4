"""A running server asked on its own machine, and its answer in words: `lane gateway --show`, `lane hq --show`."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from runtime.serving.process import EXIT_CANNOT_START, PAGE_HOST, Place

TIMEOUT_S = 10.0
MAX_STATUS_BYTES = 64 << 20
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # listens on every address: ask it at this one

Ask = Callable[[str], bytes]


def show(who: str, place: Place, has_tls: bool, say: Callable[[Ask], list[str]]) -> int:
    """Print what `say` makes of the answers of the server at this place; gives the exit status. `say` raises ValueError
    for what is no answer of such a server."""
    if has_tls and not place.page_port:
        print(f"A {who} with [tls] is asked on its page_port: set it in the settings.", file=sys.stderr)
        return EXIT_CANNOT_START
    host = PAGE_HOST if place.page_port else EVERYWHERE.get(place.host, place.host)
    port = place.page_port or place.port
    try:
        print("\n".join(say(lambda path: _ask(host, port, path))))
    except (OSError, http.client.HTTPException) as error:
        print(f"No {who} answers on {host} port {port}: {error}. Start it first.", file=sys.stderr)
    except ValueError as error:
        print(f"What answers on {host} port {port} is no {who}: {error}.", file=sys.stderr)
    else:
        return 0
    return EXIT_CANNOT_START


def _ask(host: str, port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        data = response.read(MAX_STATUS_BYTES)
        if response.status != 200:
            raise ValueError(f"status {response.status}")
    finally:
        connection.close()
    return data


def in_words(data: bytes, words: Callable[[Any], list[str]]) -> list[str]:
    """What `words` makes of this JSON. Raises ValueError where it is not what `words` reads."""
    try:
        return words(json.loads(data))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError) as error:
        # Python's datetime has three of them for moments that it cannot hold.
        raise ValueError(repr(error)[:200]) from error


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def amount(minor: int) -> str:
    """Minor units as hundredths of the major one."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def moment(at_ms: int) -> str:
    """Milliseconds since 1970 as this machine's time."""
    return datetime.fromtimestamp(at_ms / 1000).strftime("%Y-%m-%d %H:%M:%S")


def aside(status: Any, name: Callable[[Any], str], why: str) -> list[str]:
    """The contents that were kept aside, of a status that has them. `name` says whose record one is of."""
    if not status["quarantined"]:
        return []
    return [
        f"  {count(status['quarantined'], 'record')} kept aside: {why}",
        *(
            f"    {name(q)}, record {q['sequence']}: {q['quarantined'][:12]} beside {q['kept'][:12]}"
            for q in status["quarantine"]
        ),
    ]
