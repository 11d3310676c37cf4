"""Fingers: which action a touch means. Pure; the clock is handed in.

A wide button says Pay, then Exact cash, then Next sale, all in one place. A finger that bounces, or taps twice, must
not walk through them: what has just begun to mean something else there is not touched yet, and the same place is not
touched twice at once. Digits, erasing and scrolling are: a person types fast.
"""

from __future__ import annotations

from ui.paper import Rect, Scene, Target

SETTLE_S = 0.4  # a double tap is over by then; a cashier who means it looks first
FAST = ("type", "erase", "clear", "page_up", "page_down", "line")


class Fingers:
    """Told of every picture; asked at every touch. `now`: a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._since: dict[Rect, tuple[str, str, float]] = {}  # place -> action, meaning, since when
        self._targets: tuple[Target, ...] = ()
        self._last: tuple[Rect, float] | None = None

    def shown(self, scene: Scene, now: float) -> None:
        """This is on the screen from `now` on. What is there from the first picture on has always been there."""
        first = not self._targets
        before, self._since = self._since, {}
        for target in scene.targets:
            known = before.get(target.rect)
            if known is None or known[:2] != (target.action, target.meaning):
                known = (target.action, target.meaning, now - SETTLE_S if first else now)
            self._since[target.rect] = known
        self._targets = scene.targets

    def hit(self, x: float, y: float, now: float) -> str:
        """The action that is touched at this place; empty for none, or for one that was not meant."""
        target = next((one for one in reversed(self._targets) if one.rect.holds(x, y)), None)
        if target is None:
            return ""
        if target.action.partition(":")[0] in FAST:
            return target.action
        bounced = self._last is not None and self._last[0] == target.rect and now - self._last[1] < SETTLE_S
        if bounced or now - self._since[target.rect][2] < SETTLE_S:
            return ""
        self._last = (target.rect, now)
        return target.action
