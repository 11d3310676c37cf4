"""How long to wait after a failure: exponential with full jitter, so that a store's terminals do not come back as
one."""

from __future__ import annotations

from collections.abc import Callable

FIRST_S = 1.0
MOST_S = 60.0
LEAST_S = 0.1  # full jitter may say nearly nothing, and a dead gateway must not be asked in a loop
MOST_RETRY_AFTER_S = 600


def delay_s(failures: int, random: Callable[[], float], retry_after_s: int | None = None) -> float:
    """Seconds to wait after so many failures in a row (1 or more). `random` gives 0 <= x < 1. A `Retry-After` is the
    least, up to ten minutes; the jitter comes on top."""
    ceiling = min(MOST_S, FIRST_S * 2.0 ** min(max(failures, 1) - 1, 16))
    jitter = max(LEAST_S, ceiling * random())
    if retry_after_s is None:
        return jitter
    return min(max(retry_after_s, 0), MOST_RETRY_AFTER_S) + jitter
