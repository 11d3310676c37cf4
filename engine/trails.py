"""A state of a layer with the way to it, as both layered searches keep it.

One object with plain numbers in its fields, and not a tuple: compiled, a tuple is unpacked and packed again wherever
it is touched.
"""

from __future__ import annotations


class Trail:
    """What was gained so far (in parts of a minor unit), in how many applications, and what else the search carries.

    `before` is the state that this one follows, None at the root; there `count` units of class `unit` went to `offer`,
    which gained `more` by them. `last` is the search's own.
    """

    __slots__ = ("before", "carried", "count", "gain", "last", "more", "offer", "times", "unit")

    def __init__(
        self,
        before: Trail | None,
        unit: int,
        offer: int,
        count: int,
        more: int,
        gain: int,
        times: int,
        carried: tuple[int, ...],
        last: int,
    ) -> None:
        self.before = before
        self.unit = unit
        self.offer = offer
        self.count = count
        self.more = more
        self.gain = gain
        self.times = times
        self.carried = carried
        self.last = last


def root(carried: tuple[int, ...]) -> Trail:
    """Where a search begins."""
    return Trail(None, -1, -1, 0, 0, 0, 0, carried, -1)
