"""Selectors: from `{"skus", "categories", "brands", "tags", "all", "except"}` to the items they mean.

An item is selected by any one of the keys and not by `except`, which is a selector again. A category selects
everything below it. An empty brand, category or tag is none. Items tagged `no_discount` are selected by nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.values import Item

NO_DISCOUNT = "no_discount"
LIST_KEYS = ("skus", "categories", "brands", "tags")
MAX_EXCEPT = 8  # how deep `except` may lie in `except`


class ItemIndex:
    """Which items (by their number) a sku, a category, a brand or a tag means."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.by_sku: dict[str, int] = {}
        self.free: set[int] = set()  # the items that promotions may touch
        self._named: dict[str, dict[str, set[int]]] = {"categories": {}, "brands": {}, "tags": {}}
        for number, item in enumerate(items):
            self.by_sku[item.sku] = number
            if NO_DISCOUNT in item.tags:
                continue
            self.free.add(number)
            path = item.category.split("/") if item.category else []
            for depth in range(1, len(path) + 1):
                self._named["categories"].setdefault("/".join(path[:depth]), set()).add(number)
            if item.brand:
                self._named["brands"].setdefault(item.brand, set()).add(number)
            for tag in item.tags:
                self._named["tags"].setdefault(tag, set()).add(number)

    def select(self, selector: dict[str, Any]) -> set[int]:
        """The numbers of the items that `selector`, already checked, means. Unknown skus mean nothing."""
        chosen: set[int] = set()
        if selector.get("all"):
            chosen |= self.free
        else:
            for sku in selector.get("skus", ()):
                number = self.by_sku.get(sku)
                if number is not None and number in self.free:
                    chosen.add(number)
            for key, named in self._named.items():
                for name in selector.get(key, ()):
                    chosen |= named.get(name.strip("/") if key == "categories" else name, set())
        if chosen and "except" in selector:
            chosen -= self.select(selector["except"])
        return chosen
