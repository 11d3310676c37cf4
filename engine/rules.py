"""promotions.json: every promotion checked, and made into the record that `engine.plans.Plan` reads.

Nothing is guessed: an unknown key, a wrong type, a null or a key where it means nothing is a fault that names the
promotion. Present kinds are `price`, and `set` with one `buy` entry; the others are known and refused.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from engine.errors import Fault
from engine.plans import OFF, PERCENT, PRICE
from engine.selectors import LIST_KEYS, MAX_EXCEPT
from engine.strictjson import Decimal, shown
from engine.times import hour_s, stamp_s

MAX_AMOUNT = 999_999_999  # minor units, of any price or amount
MAX_COUNT = 999_999_999  # of times and limits
MAX_QTY = 9_999  # units in one application
MAX_TEXT = 200
LATER = {"tier": "tiers", "threshold": "thresholds", "tender": "tender promotions"}
COMMON = frozenset({"id", "name", "type", "when", "where", "who", "coupon", "max_times", "limit"})
OWN: dict[str, frozenset[str]] = {
    "price": frozenset({"items", "price", "percent", "off"}),
    "set": frozenset({"buy", "reward", "group", "except_discounted"}),
    "tier": frozenset({"items", "tiers", "group", "except_discounted"}),
    "threshold": frozenset({"items", "tiers", "each", "gift", "group", "except_discounted"}),
    "tender": frozenset({"tenders", "amount", "off", "percent", "max", "group"}),
}


class Rules:
    """Reads promotions one by one; what is wrong goes to `faults`, what is odd to `warnings`."""

    def __init__(self, skus: Container[str], *, lenient: bool) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._skus = skus
        self._lenient = lenient
        self._ids: set[str] = set()
        self._where = ""

    def read(self, value: Any, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        """The record and its selectors, one for each slot; None where a fault was found. `number` counts from 1."""
        before = len(self.faults)
        self._where = f"promotions.json: promotion {number}"
        if not isinstance(value, dict):
            self._fault("bad_type", f"a promotion is an object, not {shown(value)}")
            return None
        name = value.get("id")
        if not isinstance(name, str) or not name.strip() or len(name) > MAX_TEXT:
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
        else:
            self._fault("later_version", f"promotion {name}: {LATER[kind]} come with a later version of lanekit")
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
        record["qty"] = sum(quantities)
        if "reward" not in value:
            self._fault("missing_key", "reward is missing")
        else:
            reward = self._object(value["reward"], "reward")
            if reward is not None:
                self._set_reward(reward, record, len(entries))
        if len(entries) > 1:
            text = f"promotion {record['id']}: sets with several buy entries come with a later version of lanekit"
            self._fault("later_version", text)
        return selectors

    def _set_reward(self, reward: dict[str, Any], record: dict[str, Any], entries: int) -> None:
        self._keys(reward, {PRICE, OFF, PERCENT, "group", "of", "count"}, "reward")
        self._reward(reward, record, "reward")
        if "group" in reward:
            self._whole(reward["group"], "reward.group", 0, max(0, entries - 1))
        if "of" in reward and reward["of"] != "cheapest":
            self._fault("bad_value", f'reward.of is "cheapest", not {shown(reward["of"])}')
        if ("of" in reward) != ("count" in reward):
            self._fault("missing_key", "reward.of and reward.count go together")
        if "count" in reward:
            count = self._whole(reward["count"], "reward.count", 1, MAX_QTY)
            if count > record["qty"]:
                self._warn("count_large", "reward.count is more than the set's units: it means all of them")
            record["cheapest"] = min(count, record["qty"])

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

    # plain values

    def _fault(self, code: str, text: str) -> None:
        self.faults.append(Fault(code, self._where, text))

    def _warn(self, code: str, text: str) -> None:
        self.warnings.append(Fault(code, self._where, text))

    def _keys(self, value: dict[str, Any], known: Container[str], what: str) -> None:
        for key in value:
            if key not in known:
                self._fault("unknown_key", f"{what} has no key {shown(key)}")

    def _no_nulls(self, value: dict[str, Any]) -> None:
        for key, part in value.items():
            if part is None:
                self._fault("null", f"{shown(key)} is null; leave the key out instead")

    def _object(self, value: Any, what: str) -> dict[str, Any] | None:
        if isinstance(value, dict):
            if what in ("when", "where", "who", "limit", "reward"):
                self._no_nulls(value)
            return value
        if value is not None:
            self._fault("bad_type", f"{what} must be an object, not {shown(value)}")
        return None

    def _list(self, value: Any, what: str) -> list[Any]:
        if isinstance(value, list):
            if None in value:
                self._fault("null", f"{what} holds a null")
            return [part for part in value if part is not None]
        if value is not None:
            self._fault("bad_type", f"{what} must be a list, not {shown(value)}")
        return []

    def _names(self, value: Any, what: str) -> list[str]:
        out: list[str] = []
        for name in self._list(value, what):
            if isinstance(name, str) and not isinstance(name, Decimal):
                out.append(name)
            else:
                self._fault("bad_type", f"{what} holds text only, not {shown(name)}")
        return out

    def _text(self, value: dict[str, Any], key: str, otherwise: str) -> str:
        text = value.get(key, otherwise)
        if isinstance(text, str) and not isinstance(text, Decimal) and len(text) <= MAX_TEXT:
            return text
        if text is not None:
            self._fault("bad_type", f"{key} must be text of at most {MAX_TEXT} characters, not {shown(text)}")
        return otherwise

    def _whole(self, value: Any, what: str, least: int, most: int) -> int:
        """`value`, or `least` after a fault."""
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        if value is not None:
            code = "too_small" if isinstance(value, int) and value < least else "bad_number"
            self._fault(code, f"{what} must be a whole number from {least} to {most}, not {shown(value)}")
        return least

    def _percent(self, value: Any, what: str) -> int:
        """Hundredths of a percent, 1 to 10,000."""
        if isinstance(value, Decimal):
            whole, point, part = value.partition(".")
            part = part.rstrip("0")
            if point and whole.isdecimal() and len(whole) <= 3 and (not part or part.isdecimal()) and len(part) <= 2:
                hundredths = int(whole) * 100 + int((part + "00")[:2])
                if 0 < hundredths <= 10_000:
                    return hundredths
        elif isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 100:
            return value * 100
        if value is not None:
            text = f"{what} must be above 0 and at most 100, with at most two decimals, not {shown(value)}"
            self._fault("bad_percent", text)
        return 100

    def _clock(self, value: Any, read: Callable[[str], int], what: str) -> int:
        """Seconds, or -1 after a fault."""
        try:
            if isinstance(value, str):
                return read(value)
            reason = "it must be text"
        except ValueError as e:
            reason = str(e)
        if value is not None:
            self._fault("bad_time", f"{what} cannot be read, {shown(value)}: {reason}")
        return -1
