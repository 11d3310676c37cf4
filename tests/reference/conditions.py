"""Which items a promotion means, and whether it holds for a basket at all: selector, `when`, `where`, `who`, `limit`.

Part of the brute-force reference of the price and promotion contract: written from its sentences alone, in the plainest
Python, so that it is right by being obvious. The engine is compared with it; neither knows the other.
"""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from typing import Any

Data = dict[str, Any]  # an item, a promotion, a basket or a receipt, as JSON has it
NO_LIMIT = 10**9


def selects(selector: Data, item: Data) -> bool:
    """Selected "by any one of the keys, and not by `except`"; so no key, or `except` alone, selects nothing."""
    if "except" in selector and selects(selector["except"], item):
        return False
    if selector.get("all"):
        return True
    if item["sku"] in selector.get("skus", []):
        return True
    for category in selector.get("categories", []):  # "A category selects everything below it"
        if item["category"] == category or item["category"].startswith(category + "/"):
            return True
    if item["brand"] != "" and item["brand"] in selector.get("brands", []):  # "An empty brand is no brand"
        return True
    return any(tag in selector.get("tags", []) for tag in item["tags"])


def holds(promotion: Data, basket: Data) -> bool:
    """Whether `when`, `where` and `who` hold. Coupons, limits and groups are counted elsewhere."""
    return (
        _when(promotion.get("when", {}), datetime.fromisoformat(basket["at"]))
        and _where(promotion.get("where", {}), basket)
        and _who(promotion.get("who", {}), basket)
    )


def _when(when: Data, at: datetime) -> bool:
    # AMBIGUOUS: "hours may pass midnight and then belong to the weekday they began on": only the weekday is that of
    # the beginning; `from` and `until` are read literally, against the basket's own time.
    if "from" in when and at < datetime.fromisoformat(when["from"]):
        return False
    if "until" in when and at >= datetime.fromisoformat(when["until"]):
        return False
    weekdays = when.get("weekdays", [1, 2, 3, 4, 5, 6, 7])
    today = at.isoweekday()
    yesterday = (at - timedelta(days=1)).isoweekday()
    if "hours" not in when:
        return today in weekdays
    clock = at.strftime("%H:%M:%S")
    for begin, end in when["hours"]:
        if begin < end:
            if begin + ":00" <= clock < end + ":00" and today in weekdays:
                return True
        else:  # passes midnight
            if begin + ":00" <= clock and today in weekdays:
                return True
            if clock < end + ":00" and yesterday in weekdays:
                return True
    return False


def _where(where: Data, basket: Data) -> bool:
    """Each key that is there must match one of the basket's."""
    if "stores" in where and basket.get("store") not in where["stores"]:
        return False
    if "channels" in where and basket.get("channel") not in where["channels"]:
        return False
    return "groups" not in where or any(group in where["groups"] for group in basket.get("groups", []))


def _who(who: Data, basket: Data) -> bool:
    """Each key that is there must match the basket's member; `tags` by any."""
    if who == {}:
        return True
    member = basket.get("member")
    if member is None:
        return False
    if "levels" in who and member.get("level") not in who["levels"]:
        return False
    if "tags" in who and not any(tag in who["tags"] for tag in member.get("tags", [])):
        return False
    if "birthday" in who:
        at = datetime.fromisoformat(basket["at"])
        birthday = member.get("birthday", "")
        if who["birthday"] == "month":
            return bool(birthday[:2] == at.strftime("%m"))
        if birthday == "02-29" and not calendar.isleap(at.year):
            birthday = "02-28"
        return bool(birthday == at.strftime("%m-%d"))
    return True


def times_left(promotion: Data, basket: Data) -> int:
    """The most applications that `max_times` and `limit` leave for this basket; coupons are counted elsewhere."""
    left = int(promotion.get("max_times", NO_LIMIT))
    used = basket.get("used", {}).get(promotion["id"], {})
    for key, most in promotion.get("limit", {}).items():
        if key.startswith("member_") and basket.get("member") is None:
            return 0
        left = min(left, most - used.get(key, 0))
    return max(0, left)


def coupon_count(basket: Data, coupon: str) -> int:
    return list(basket.get("coupons", [])).count(coupon)
