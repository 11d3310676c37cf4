"""promotions.json: every promotion checked, and made into the record that `engine.plans.Plan` reads.

Nothing is guessed: an unknown key, a wrong type, a null or a key where it means nothing is a fault that names the
promotion. Beside the record come its selectors, one for each slot: the entries of a set; the items of a price
promotion or tier; the base of a threshold, then the goods of its gift; a tender promotion has none.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from engine.plainreader import MAX_TEXT, PlainReader
from engine.planrecord import MAX_AMOUNT, MAX_COUNT, MAX_PARTS, MAX_QTY
from engine.plans import OFF, PERCENT, PRICE
from engine.selectors import LIST_KEYS, MAX_EXCEPT
from engine.strictjson import Decimal, shown
from engine.times import hour_s, stamp_s

COMMON = frozenset({"id", "name", "type", "when", "where", "who", "coupon", "max_times", "limit"})
OWN: dict[str, frozenset[str]] = {
    "price": frozenset({"items", "price", "percent", "off"}),
    "set": frozenset({"buy", "reward", "group", "except_discounted"}),
    "tier": frozenset({"items", "tiers", "group", "except_discounted"}),
    "threshold": frozenset({"items", "tiers", "each", "gift", "group", "except_discounted"}),
    "tender": frozenset({"tenders", "amount", "off", "percent", "max", "group"}),
}


class Rules(PlainReader):
    """Reads promotions one by one; what is wrong goes to `faults`, what is odd to `warnings`."""

    def __init__(self, skus: Container[str], *, lenient: bool) -> None:
        super().__init__()
        self._skus = skus
        self._lenient = lenient
        self._ids: set[str] = set()

    def read(self, value: Any, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        """The record and its selectors, one for each slot; None where a fault was found. `number` counts from 1."""
        before = len(self.faults)
        self._where = f"promotions.json: promotion {number}"
        if not isinstance(value, dict):
            self._fault("bad_type", f"a promotion is an object, not {shown(value)}")
            return None
        name = value.get("id")
        if not isinstance(name, str) or isinstance(name, Decimal) or not name.strip() or len(name) > MAX_TEXT:
            self._fault("bad_id", f"id must be text of 1 to {MAX_TEXT} characters")
            name = ""
        else:
            self._where = f"promotions.json: promotion {name}"
            if name in self._ids:
                self._fault("id_twice", "this id is used by an earlier promotion")
            self._ids.add(name)
        self._no_nulls(value)
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in OWN:
            self._fault("bad_kind", f"type must be one of {', '.join(OWN)}, not {shown(kind)}")
            return None
        self._keys(value, COMMON | OWN[kind], f"a promotion of type {kind}")
        record: dict[str, Any] = {"id": name, "name": self._text(value, "name", name), "kind": kind}
        self._common(value, record)
        selectors: list[dict[str, Any]] = []
        if kind == "price":
            if "items" in value:
                selectors.append(self._selector(value["items"], "items"))
            else:
                self._fault("missing_key", "items is missing")
            self._reward(value, record, "a price promotion")
        elif kind == "set":
            selectors = self._set(value, record)
        elif kind == "tier":
            selectors = self._tier(value, record)
        elif kind == "threshold":
            selectors = self._threshold(value, record)
        else:
            self._tender(value, record)
        return (record, selectors) if len(self.faults) == before else None

    # what all have

    def _common(self, value: dict[str, Any], record: dict[str, Any]) -> None:
        for key, read in (("when", self._when), ("where", self._place), ("who", self._who), ("limit", self._limit)):
            if key in value:
                part = self._object(value[key], key)
                if part is not None:
                    record[key] = read(part)
        for key in ("coupon", "group"):
            if key in value:
                record[key] = self._text(value, key, "")
                if record[key] == "":
                    self._fault("bad_value", f"{key} must not be empty")
        if "max_times" in value:
            record["max_times"] = self._whole(value["max_times"], "max_times", 1, MAX_COUNT)
        if "except_discounted" in value:
            if value["except_discounted"] is not True:
                self._fault("bad_value", "except_discounted is true or is left out")
            record["except_discounted"] = True

    def _when(self, value: dict[str, Any]) -> dict[str, Any]:
        self._keys(value, {"from", "until", "weekdays", "hours"}, "when")
        out: dict[str, Any] = {}
        for key in ("from", "until"):
            if key in value:
                out[key] = self._clock(value[key], stamp_s, f"when.{key}")
        if "from" in out and "until" in out and out["from"] >= out["until"]:
            self._warn("never", "when.from is not before when.until: this promotion never applies")
        if "weekdays" in value:
            days = self._list(value["weekdays"], "when.weekdays")
            out["weekdays"] = [self._whole(day, "a weekday", 1, 7) for day in days]
        if "hours" in value:
            out["hours"] = []
            for pair in self._list(value["hours"], "when.hours"):
                if not isinstance(pair, list) or len(pair) != 2 or None in pair:
                    self._fault("bad_time", f"hours are pairs [begin, end], not {shown(pair)}")
                    continue
                begin, end = (self._clock(hour, hour_s, "an hour") for hour in pair)
                if begin == end and begin >= 0:
                    self._fault("bad_time", f"hours {shown(pair)} begin and end alike")
                out["hours"].append([begin, end])
        return out

    def _place(self, value: dict[str, Any]) -> dict[str, Any]:
        self._keys(value, {"stores", "groups", "channels"}, "where")
        return {key: self._names(part, f"where.{key}") for key, part in value.items()}

    def _who(self, value: dict[str, Any]) -> dict[str, Any]:
        self._keys(value, {"member", "levels", "tags", "birthday"}, "who")
        out: dict[str, Any] = {}
        if "member" in value:
            if value["member"] is not True:
                self._fault("bad_value", "who.member is true or is left out")
            out["member"] = True
        for key in ("levels", "tags"):
            if key in value:
                out[key] = self._names(value[key], f"who.{key}")
        if "birthday" in value:
            if value["birthday"] not in ("day", "month"):
                self._fault("bad_value", f'who.birthday is "day" or "month", not {shown(value["birthday"])}')
            out["birthday"] = value["birthday"]
        return out

    def _limit(self, value: dict[str, Any]) -> dict[str, int]:
        self._keys(value, {"member_day", "member_total", "total"}, "limit")
        return {key: self._whole(part, f"limit.{key}", 1, MAX_COUNT) for key, part in value.items()}

    # rewards and sets

    def _reward(self, value: dict[str, Any], record: dict[str, Any], what: str) -> None:
        given = [key for key in (PRICE, OFF, PERCENT) if key in value]
        if len(given) != 1:
            self._fault("bad_reward", f"{what} has exactly one of price, off and percent")
            return
        mode = record["mode"] = given[0]
        if mode == PERCENT:
            record["amount"] = self._percent(value[mode], mode)
        else:
            record["amount"] = self._whole(value[mode], mode, 0 if mode == PRICE else 1, MAX_AMOUNT)

    def _set(self, value: dict[str, Any], record: dict[str, Any]) -> list[dict[str, Any]]:
        entries = self._list(value["buy"], "buy") if "buy" in value else []
        if not entries:
            self._fault("missing_key", "buy must be a list with at least one entry")
        selectors: list[dict[str, Any]] = []
        quantities: list[int] = []
        for entry in entries:
            if self._object(entry, "an entry of buy") is None:
                continue
            self._no_nulls(entry)
            self._keys(entry, {"items", "qty"}, "an entry of buy")
            for key in ("items", "qty"):
                if key not in entry:
                    self._fault("missing_key", f"an entry of buy has no {key}")
            selectors.append(self._selector(entry.get("items", {}), "buy"))
            quantities.append(self._whole(entry.get("qty", 1), "qty", 1, MAX_QTY))
        if len(entries) > MAX_PARTS:
            self._fault("too_many", f"buy has at most {MAX_PARTS} entries")
        record["buy"] = quantities
        record["qty"] = sum(quantities)
        if "reward" not in value:
            self._fault("missing_key", "reward is missing")
        else:
            reward = self._object(value["reward"], "reward")
            if reward is not None:
                self._set_reward(reward, record, len(entries))
        return selectors

    def _set_reward(self, reward: dict[str, Any], record: dict[str, Any], entries: int) -> None:
        self._keys(reward, {PRICE, OFF, PERCENT, "group", "of", "count"}, "reward")
        self._reward(reward, record, "reward")
        units = record["qty"]
        if "group" in reward:
            entry = self._whole(reward["group"], "reward.group", 0, max(0, entries - 1))
            if entries > 1 and len(record["buy"]) == entries:
                record["entry"] = entry
                units = record["buy"][entry]
        if "of" in reward and reward["of"] != "cheapest":
            self._fault("bad_value", f'reward.of is "cheapest", not {shown(reward["of"])}')
        if ("of" in reward) != ("count" in reward):
            self._fault("missing_key", "reward.of and reward.count go together")
        if "count" in reward:
            count = self._whole(reward["count"], "reward.count", 1, MAX_QTY)
            if count > units:
                self._warn("count_large", "reward.count is more than the units it is of: it means all of them")
            units = min(count, units)
        record["cheapest"] = units

    # tiers, thresholds, tender promotions

    def _items(self, value: dict[str, Any]) -> list[dict[str, Any]]:
        if "items" not in value:
            self._fault("missing_key", "items is missing")
            return []
        return [self._selector(value["items"], "items")]

    def _tier(self, value: dict[str, Any], record: dict[str, Any]) -> list[dict[str, Any]]:
        record["tiers"] = self._tiers(value, "qty", MAX_QTY, (PERCENT, PRICE))
        return self._items(value)

    def _threshold(self, value: dict[str, Any], record: dict[str, Any]) -> list[dict[str, Any]]:
        selectors = [self._selector(value["items"], "items") if "items" in value else {"all": True}]
        given = [key for key in ("tiers", "each", "gift") if key in value]
        if len(given) != 1:
            self._fault("bad_reward", "a threshold has exactly one of tiers, each and gift")
        elif given[0] == "tiers":
            record["tiers"] = self._tiers(value, "amount", MAX_AMOUNT, (OFF, PERCENT))
        elif given[0] == "each":
            each = self._object(value["each"], "each")
            if each is not None:
                self._keys(each, {"amount", OFF}, "each")
                self._present(each, ("amount", OFF), "each")
                amount = self._whole(each.get("amount", 1), "each.amount", 1, MAX_AMOUNT)
                record["each"] = [amount, self._whole(each.get(OFF, 1), "each.off", 1, MAX_AMOUNT)]
        else:
            gift = self._object(value["gift"], "gift")
            if gift is not None:
                selectors.append(self._gift(gift, record))
        return selectors

    def _gift(self, gift: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
        self._keys(gift, {"amount", "items", "count", PRICE, "each"}, "gift")
        self._present(gift, ("amount", "items", "count", PRICE), "gift")
        if "each" in gift and gift["each"] is not True:
            self._fault("bad_value", "gift.each is true or is left out")
        record["gift"] = [
            self._whole(gift.get("amount", 1), "gift.amount", 1, MAX_AMOUNT),
            self._whole(gift.get("count", 1), "gift.count", 1, MAX_QTY),
            self._whole(gift.get(PRICE, 0), "gift.price", 0, MAX_AMOUNT),
            1 if "each" in gift else 0,
        ]
        return self._selector(gift.get("items", {}), "gift.items")

    def _tender(self, value: dict[str, Any], record: dict[str, Any]) -> None:
        self._present(value, ("tenders",), "a tender promotion")
        record["tenders"] = self._names(value.get("tenders", []), "tenders")
        given = [key for key in (OFF, PERCENT) if key in value]
        if len(given) != 1:
            self._fault("bad_reward", "a tender promotion has exactly one of off and percent")
        elif given[0] == OFF:
            record["mode"], record["amount"] = OFF, self._whole(value[OFF], OFF, 1, MAX_AMOUNT)
        else:
            record["mode"], record["amount"] = PERCENT, self._percent(value[PERCENT], PERCENT)
        if "amount" in value:  # left out it is 0, but 0 is not written: no amount below 1 is
            record["least"] = self._whole(value["amount"], "amount", 1, MAX_AMOUNT)
        if "max" in value:
            record["most"] = self._whole(value["max"], "max", 1, MAX_AMOUNT)

    def _tiers(self, value: dict[str, Any], key: str, most: int, modes: tuple[str, str]) -> list[list[Any]]:
        """[at, mode, amount] for each tier, rising."""
        tiers = self._list(value["tiers"], "tiers") if "tiers" in value else []
        if not tiers:
            self._fault("missing_key", "tiers must be a list with at least one tier")
        if len(tiers) > MAX_PARTS:
            self._fault("too_many", f"tiers has at most {MAX_PARTS} tiers")
        out: list[list[Any]] = []
        for tier in tiers:
            if self._object(tier, "a tier") is None:
                continue
            self._no_nulls(tier)
            self._keys(tier, {key, *modes}, "a tier")
            self._present(tier, (key,), "a tier")
            given = [mode for mode in modes if mode in tier]
            if len(given) != 1:
                self._fault("bad_reward", f"a tier has exactly one of {modes[0]} and {modes[1]}")
                continue
            mode = given[0]
            if mode == PERCENT:
                amount = self._percent(tier[mode], mode)
            else:
                amount = self._whole(tier[mode], mode, 0 if mode == PRICE else 1, MAX_AMOUNT)
            out.append([self._whole(tier.get(key, 1), key, 1, most), mode, amount])
        out.sort(key=lambda tier: int(tier[0]))
        below: dict[str, int] = {}
        for number, (at, mode, amount) in enumerate(out):
            if number and out[number - 1][0] == at:
                self._fault("tier_twice", f"two tiers begin at {key} {at}")
            before = below.get(mode)
            if before is not None and (amount > before if mode == PRICE else amount < before):
                self._fault("tier_less", f"the tier at {key} {at} gives less than the one below it")
            below[mode] = amount
        return out

    def _present(self, value: dict[str, Any], keys: tuple[str, ...], what: str) -> None:
        for key in keys:
            if key not in value:
                self._fault("missing_key", f"{what} has no {key}")

    # selectors

    def _selector(self, value: Any, what: str, depth: int = 0) -> dict[str, Any]:
        selector = self._object(value, what)
        if selector is None:
            return {}
        self._no_nulls(selector)
        self._keys(selector, {*LIST_KEYS, "all", "except"}, f"the selector in {what}")
        out: dict[str, Any] = {}
        for key in LIST_KEYS:
            if key in selector:
                out[key] = self._names(selector[key], f"{what}.{key}")
        for sku in out.get("skus", ()):
            if sku not in self._skus:
                say = self._warn if self._lenient else self._fault
                say("unknown_sku", f"{what} names the sku {shown(sku)}, which no item has")
        if "all" in selector:
            if selector["all"] is not True:
                self._fault("bad_value", f"{what}.all is true or is left out")
            out["all"] = True
        if "except" in selector:
            if depth >= MAX_EXCEPT:
                self._fault("bad_value", f"except lies in except more than {MAX_EXCEPT} deep")
            else:
                out["except"] = self._selector(selector["except"], f"{what}.except", depth + 1)
        if not set(out) - {"except"}:
            self._warn("selects_nothing", f"the selector in {what} selects nothing")
        return out
