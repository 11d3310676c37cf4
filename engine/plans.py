"""A promotion as the snapshot keeps it, and whether it is in force for a basket.

A **slot** is one selector of one promotion (an entry of a set; the base of a threshold is its slot 0, the goods of
its gift slot 1): posting lists lead from items to slots, and the slot table from a slot to its promotion. Money is in
minor units, percents in hundredths of a percent.
"""

from __future__ import annotations

from sys import intern
from typing import Any, Final

from engine.times import DAY_S, birthday, month_day, stamp_s, weekday
from engine.values import Basket

PRICE: Final = "price"  # a new price
OFF: Final = "off"  # so much less
PERCENT: Final = "percent"  # hundredths of a percent less
WHOLE: Final = 10_000  # one minor unit in the scale that discounts are added up in

SHELF: Final = 0  # a price promotion of step 1: what the shelf says, not a choice
LAYERED: Final = 1  # of step 2, for the layered search: `price`, and `set` with one entry
OTHER: Final = 2  # of step 2: sets with several entries, tiers
THRESHOLD: Final = 3
TENDER: Final = 4

_NOTHING: Final[dict[str, Any]] = {}  # what most promotions do not have: one for all, never written to
_NONE: Final[list[str]] = []
_ONE: Final[list[int]] = [1]
_FLAT: Final[list[tuple[int, str, int]]] = []
_NO_EACH: Final = (0, 0)
_NO_GIFT: Final = (0, 0, 0, False)


class Plan:
    """One promotion, as `engine.rules` compiled it. `index` is its place in the order of ids."""

    __slots__ = (
        "amount",
        "buy",
        "cheapest",
        "coupon",
        "each",
        "entry",
        "except_discounted",
        "flat",
        "free",
        "gift",
        "group",
        "id",
        "index",
        "is_gift",
        "is_shelf",
        "kind",
        "least",
        "limit",
        "max_times",
        "mode",
        "most",
        "name",
        "qty",
        "reach",
        "role",
        "tenders",
        "tiers",
        "when",
        "where",
        "who",
    )

    def __init__(self, index: int, record: dict[str, Any]) -> None:
        self.index = index
        self.id: str = record["id"]
        self.name: str = record["name"]
        if self.name == self.id:
            self.name = self.id  # thousands of promotions are kept: not twice the same text
        self.kind: str = intern(record["kind"])
        self.mode: str = intern(record.get("mode", ""))
        self.amount: int = record.get("amount", 0)
        self.qty: int = record.get("qty", 1)  # units that one application consumes
        self.cheapest: int = record.get("cheapest", self.qty)  # how many of them, the cheapest, the reward is for
        self.buy: list[int] = record.get("buy", _ONE)  # units of each entry of a set
        self.entry: int = record.get("entry", -1)  # the entry that the reward is for, -1 for all units
        # at, mode, amount
        self.tiers: list[tuple[int, str, int]] = (
            [(tier[0], intern(tier[1]), tier[2]) for tier in record["tiers"]] if "tiers" in record else _FLAT
        )
        self.each: tuple[int, int] = _NO_EACH  # amount and off
        if "each" in record:
            self.each = (record["each"][0], record["each"][1])
        self.gift: tuple[int, int, int, bool] = _NO_GIFT  # amount, count, price, each
        if "gift" in record:
            gift = record["gift"]
            self.gift = (gift[0], gift[1], gift[2], bool(gift[3]))
        self.is_gift = self.gift[0] > 0  # a threshold whose reward is goods at a price
        # Of a threshold: the least base that gives anything.
        self.reach = self.gift[0] or self.each[0] or (self.tiers[0][0] if self.tiers else 0)
        self.flat = -1  # of a threshold with one amount that takes off so much, its `reach`; else -1
        if self.kind == "threshold" and len(self.tiers) == 1 and self.tiers[0][1] == OFF:
            self.flat = self.tiers[0][2]
        self.tenders: list[str] = record.get("tenders", _NONE)
        self.least: int = record.get("least", 0)  # of a tender promotion: the base from which it holds
        self.most: int = record.get("most", -1)  # the most that it gives, -1 for any
        self.coupon: str = record.get("coupon", "")
        self.max_times: int = record.get("max_times", 0)  # 0: as often as there are units
        self.limit: dict[str, int] = record.get("limit", _NOTHING)
        self.group: str = record.get("group", "")
        self.except_discounted: bool = record.get("except_discounted", False)
        self.when: dict[str, Any] = record.get("when", _NOTHING)
        self.where: dict[str, list[str]] = record.get("where", _NOTHING)
        self.who: dict[str, Any] = record.get("who", _NOTHING)
        counted = bool(self.max_times or self.coupon or self.limit)
        self.is_shelf = self.kind == "price" and not counted
        self.role = self._role()
        # Nothing to ask a basket: it is in force always and for everyone, as often as there are units.
        self.free = not (counted or self.when or self.where or self.who)

    def _role(self) -> int:
        if self.is_shelf:
            return SHELF
        if self.kind == "price" or (self.kind == "set" and len(self.buy) == 1):
            return LAYERED
        if self.kind == "threshold":
            return THRESHOLD
        return TENDER if self.kind == "tender" else OTHER

    def price_of(self, regular: int) -> int:
        """What a `price` promotion makes of a regular price (for one, or for a kg): never below 0, never dearer."""
        if self.mode == PRICE:
            return min(regular, self.amount)
        if self.mode == OFF:
            return max(0, regular - self.amount)
        return regular - (regular * self.amount + WHOLE // 2) // WHOLE


Touch = tuple[Plan, int]  # a promotion, and which of its slots


class Posting:
    """The promotions that select the items of one posting list: those of step 1, and those of steps 2 and 3."""

    __slots__ = ("free", "shelf", "touch")

    def __init__(self, touches: list[Touch]) -> None:
        self.shelf = tuple([touch for touch in touches if touch[0].role == SHELF])
        self.touch = tuple([touch for touch in touches if touch[0].role != SHELF])
        self.free = all(touch[0].free for touch in touches)


class Moment:
    """What conditions ask of a basket, worked out once."""

    __slots__ = ("at_s", "basket", "day_s", "leap", "month", "monthday", "weekday")

    def __init__(self, basket: Basket) -> None:
        self.basket = basket
        self.at_s = stamp_s(basket.at)
        self.day_s = self.at_s % DAY_S
        self.weekday = weekday(self.at_s)
        self.month, self.monthday, self.leap = month_day(self.at_s)


def in_force(plan: Plan, moment: Moment) -> bool:
    """Whether time, place and member are right. Coupons and limits are counted by `allowance`."""
    if plan.when and not _is_time(plan.when, moment):
        return False
    if plan.where and not _is_place(plan.where, moment.basket):
        return False
    return not plan.who or _is_member(plan.who, moment)


def _is_time(when: dict[str, Any], moment: Moment) -> bool:
    if "from" in when and moment.at_s < when["from"]:
        return False
    if "until" in when and moment.at_s >= when["until"]:
        return False
    days: list[int] | None = when.get("weekdays")
    if "hours" not in when:
        return days is None or moment.weekday in days
    yesterday = (moment.weekday + 5) % 7 + 1
    for begin, end in when["hours"]:
        if begin < end:
            if begin <= moment.day_s < end and (days is None or moment.weekday in days):
                return True
        elif moment.day_s >= begin:
            if days is None or moment.weekday in days:
                return True
        elif moment.day_s < end and (days is None or yesterday in days):
            return True
    return False


def _is_place(where: dict[str, list[str]], basket: Basket) -> bool:
    if "stores" in where and (not basket.store or basket.store not in where["stores"]):
        return False
    if "channels" in where and (not basket.channel or basket.channel not in where["channels"]):
        return False
    return "groups" not in where or any(group in where["groups"] for group in basket.groups)


def _is_member(who: dict[str, Any], moment: Moment) -> bool:
    member = moment.basket.member
    if member is None:
        return False
    if "levels" in who and (not member.level or member.level not in who["levels"]):
        return False
    if "tags" in who and not any(tag in who["tags"] for tag in member.tags):
        return False
    if "birthday" not in who:
        return True
    if not member.birthday:
        return False
    month, day = birthday(member.birthday)
    if month != moment.month:
        return False
    if who["birthday"] == "month":
        return True
    if (month, day) == (2, 29) and not moment.leap:
        day = 28
    return day == moment.monthday


def allowance(plan: Plan, basket: Basket, coupons: dict[str, int]) -> int | None:
    """The most applications that `max_times`, `limit` and the basket's coupons leave; None where nothing limits them.

    `coupons` is how many of each code the basket has. Promotions that share a code share that number.
    """
    most: int | None = plan.max_times or None
    if plan.coupon:
        here = coupons.get(plan.coupon, 0)
        most = here if most is None else min(most, here)
    gone = basket.used.get(plan.id, _NOTHING)
    for key, limit in plan.limit.items():
        left = max(0, limit - gone.get(key, 0))
        if key != "total" and basket.member is None:
            left = 0
        most = left if most is None else min(most, left)
    return most
