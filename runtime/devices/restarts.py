"""When a device that ended is begun again: pure, the clock handed in.

Each wait is twice the last one, up to BACKOFF_LAST_S; a connection that held STEADY_S makes it short again. What a
device does (unplugged, silent) is tried again for ever. A fault of its driver is another matter, for each costs work:
after FAULTS of them, none of those lives as long as SOUND_S, the device rests REST_S before each next try. It is never
given up: a till heals by itself.
"""

from __future__ import annotations

from random import Random

BACKOFF_FIRST_S = 0.25
BACKOFF_LAST_S = 5.0
STEADY_S = 5.0
FAULTS = 5
SOUND_S = 60.0
REST_S = 60.0


class Restarts:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._backoff_s = BACKOFF_FIRST_S
        self._faults = 0  # in a row
        self.resting = False  # after the last `wait_s`

    def wait_s(self, began_s: float, now_s: float, is_fault: bool) -> float:
        """How long to wait after a life from `began_s` to `now_s`. `is_fault`: the driver's or ours, not the
        device's."""
        if now_s - began_s >= SOUND_S:
            self._faults = 0
        self._faults += is_fault
        self.resting = is_fault and self._faults >= FAULTS
        if self.resting:
            return REST_S
        if now_s - began_s >= STEADY_S:
            self._backoff_s = BACKOFF_FIRST_S
        wait_s = self._backoff_s * (0.5 + self._random.random() / 2)
        self._backoff_s = min(BACKOFF_LAST_S, self._backoff_s * 2)
        return wait_s
