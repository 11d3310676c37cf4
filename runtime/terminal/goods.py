"""What a book says of an item besides its price, in tags and further columns. Pure.

    no_discount          no promotion, no discount by hand
    not_for_sale         it is not rung: a display piece, an item of the shop's own
    recalled             it is not rung: it must go off the shelf; it may come back
    min_age:18           only for customers of at least so many years; also the column `age`
    column stock_g       grams that one takes from stock: goods made up from a bulk, by the spec
    column stock_sku     the bulk that it takes them from; without it the item itself

A carrier bag, which the settings name, is never discounted: where the book has not tagged it `no_discount`, it is kept
out of the engine's basket, and costs its regular price.
"""

from __future__ import annotations

from collections.abc import Collection

from engine.values import Item
from runtime.sale.refusals import MAX_AGE, MAX_TEXT, MAX_WEIGHT_G
from runtime.sale.state import Facts
from runtime.terminal.names import goods_text
from runtime.terminal.refusal import NotTaken

NO_DISCOUNT, NOT_FOR_SALE, RECALLED, MIN_AGE = "no_discount", "not_for_sale", "recalled", "min_age:"


def check_saleable(item: Item) -> None:
    """Raises NotTaken where the book says that it is not sold."""
    if not item.tags:
        return
    if RECALLED in item.tags:
        raise NotTaken("item_recalled", name=goods_text(item.name, item.sku))
    if NOT_FOR_SALE in item.tags:
        raise NotTaken("not_for_sale", name=goods_text(item.name, item.sku))


def facts_of(item: Item, bags: Collection[str] = ()) -> Facts | None:
    """None where there is nothing to say. A column that says nothing that can be read says nothing."""
    is_bag = item.sku in bags
    tagged = NO_DISCOUNT in item.tags
    stock_sku = item.extra.get("stock_sku", "")
    facts = Facts(
        no_discount=tagged or is_bag,
        apart=is_bag and not tagged,
        min_age=_min_age(item),
        stock_sku=stock_sku if len(stock_sku) <= MAX_TEXT else "",
        stock_g=_number(item.extra.get("stock_g", ""), MAX_WEIGHT_G),
    )
    return None if facts == _NOTHING else facts


_NOTHING = Facts()


def _min_age(item: Item) -> int:
    """The highest, where it is said more than once."""
    ages = [_number(item.extra.get("age", ""), MAX_AGE)]
    ages += [_number(tag.removeprefix(MIN_AGE), MAX_AGE) for tag in item.tags if tag.startswith(MIN_AGE)]
    return max(ages)


def _number(text: str, most: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= most else 0
