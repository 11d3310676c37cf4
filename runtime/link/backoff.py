"""How long to wait after a failure: exponential with full jitter, so that a store's terminals do not come back as
one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LEAST_S = 0.1  # full jitter may say nearly nothing, and a dead gateway must not be asked in a loop
MOST_RETRY_AFTER_S = 600


@dataclass(frozen=True, slots=True)
class Backoff:
    """`first_s`: the most that is waited after one failure; each next doubles it, up to `most_s`."""

    first_s: float = 1.0
    most_s: float = 60.0

    def delay_s(self, failures: int, random: Callable[[], float], retry_after_s: int | None = None) -> float:
        """Seconds to wait after so many failures in a row (1 or more). `random` gives 0 <= x < 1. A `Retry-After` is
        the least, up to ten minutes; the jitter comes on top."""
        ceiling = min(self.most_s, self.first_s * 2.0 ** min(max(failures, 1) - 1, 16))
        jitter = max(LEAST_S, ceiling * random())
        if retry_after_s is None:
            return jitter
        return min(max(retry_after_s, 0), MOST_RETRY_AFTER_S) + jitter
