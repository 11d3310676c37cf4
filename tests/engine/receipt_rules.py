"""What every receipt keeps, whatever the search: its sums foot, no unit costs less than nothing or is used twice.

For receipts of any size, where the reference (tests/reference) can only do baskets of a few units: it does not look at
whether the total is the least.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

Data = dict[str, Any]


def receipt_faults(receipt: Data, promotions: list[Data], basket: Data) -> list[str]:
    """What is wrong with the sums of a receipt as `lane price` writes it; empty where they foot."""
    known = {promotion["id"]: promotion for promotion in promotions}
    faults: list[str] = []

    def same(what: str, said: object, right: object) -> None:
        if said != right:
            faults.append(f"{what} is {said}, should be {right}")

    lines = receipt["lines"]
    if len(lines) != len(basket["lines"]):
        return ["the receipt has other lines than the basket"]
    for number, line in enumerate(lines):
        if not 0 <= line["net"] <= line["current"] <= line["gross"]:
            faults.append(f"line {number}: net {line['net']}, current {line['current']}, gross {line['gross']}")
        same(f"line {number}: discount", line["discount"], line["gross"] - line["net"])
        if "qty" in line:
            same(f"line {number}: gross", line["gross"], line["regular"] * line["qty"])
        else:
            same(f"line {number}: gross", line["gross"], (line["regular"] * line["milli"] + 500) // 1_000)
    for key, part in (("gross", "gross"), ("discount", "discount"), ("total", "net")):
        same(key, receipt[key], sum(line[part] for line in lines))
    same("gross less discount", receipt["gross"] - receipt["discount"], receipt["total"])
    if not 0 <= receipt["bound"] <= receipt["total"]:
        faults.append(f"bound is {receipt['bound']} of a total of {receipt['total']}")
    same("optimal", receipt["optimal"], receipt["bound"] == 0)
    return faults + _application_faults(receipt, known, basket)


def _application_faults(receipt: Data, known: dict[str, Data], basket: Data) -> list[str]:
    faults: list[str] = []
    lines, applications = receipt["lines"], receipt["applications"]
    ids = [one["promotion"] for one in applications]
    if ids != sorted(set(ids)) or not set(ids) <= set(known):
        faults.append(f"applications are {ids}")
        return faults
    off = sum(line["current"] - line["net"] for line in lines)
    given = sum(one["discount"] for one in applications)
    if off != given:
        faults.append(f"applications give {given}, the lines lost {off}")
    coupons: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    consumed = [0] * len(lines)
    for one in applications:
        promotion = known[one["promotion"]]
        if one["times"] < 1 or one["discount"] < 1:
            faults.append(f"{one['promotion']} gives nothing")
        if "coupon" in promotion:
            coupons[promotion["coupon"]] += one["times"]
        if "group" in promotion:
            groups[promotion["group"]] += 1
        if one["times"] > promotion.get("max_times", one["times"]):
            faults.append(f"{one['promotion']} is applied {one['times']} times")
        own = one["units"] if promotion["type"] in ("price", "set", "tier") else one["gifts"]
        for line, count in own:
            consumed[line] += count
        for line, count in [*one["units"], *one["gifts"]]:
            if not 0 < count <= lines[line].get("qty", 1):
                faults.append(f"{one['promotion']} has {count} units of line {line}")
    for number, count in enumerate(consumed):
        if count > lines[number].get("qty", 1):
            faults.append(f"line {number}: {count} units are consumed")
    if receipt["coupons"] != dict(coupons):
        faults.append(f"coupons are {receipt['coupons']}, the applications used {dict(coupons)}")
    if coupons - Counter(basket.get("coupons", ())):
        faults.append(f"{dict(coupons)} are more coupons than the basket has")
    if any(count > 1 for count in groups.values()):
        faults.append(f"groups are used {dict(groups)}")
    return faults
