"""The workload in django-oscar's offer engine, for scripts/bench engine: offers by priority, a unit in one only.

In memory, on SQLite; only goods that promotions or baskets name are loaded. Its own rules: every offer wants its units
for itself, `percent` too, and a multibuy gives the cheapest line away once in a pass.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bench_workload import N_FOR_M, PERCENT, Promo, Work

BATCH = 500


class _NoMigrations(dict[str, None]):
    """Tables are made from the models at once: migrations take a minute and change no price."""

    def __contains__(self, _: object) -> bool:
        return True

    def __getitem__(self, _: str) -> None:
        return None


def _start() -> None:
    oscar = importlib.import_module("oscar")
    defaults = importlib.import_module("oscar.defaults")
    settings = importlib.import_module("django.conf").settings
    settings.configure(
        **{name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}
        | {
            "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
            "HAYSTACK_CONNECTIONS": {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
            "INSTALLED_APPS": list(oscar.INSTALLED_APPS),
            "LOGGING_CONFIG": None,
            "MIGRATION_MODULES": _NoMigrations(),
            "OSCAR_DEFAULT_CURRENCY": "CNY",
            "OSCAR_OFFERS_INCL_TAX": False,
            "ROOT_URLCONF": "oscar.urls",
            "SECRET_KEY": "bench",
            "SITE_ID": 1,
            "USE_TZ": True,
        }
    )
    importlib.import_module("django").setup()
    importlib.import_module("django.core.management").call_command("migrate", verbosity=0, run_syncdb=True)


def oscar(work: Work) -> Callable[[list[tuple[str, int]]], int]:
    _start()
    loading = importlib.import_module("oscar.core.loading")
    model: Callable[[str, str], Any] = loading.get_model
    product_of = _goods(work, model)
    by_category: dict[int, list[str]] = {}
    for sku, category, _ in work.goods:
        if sku in product_of:
            by_category.setdefault(category, []).append(sku)
    for number, promo in enumerate(work.promos):
        listed = promo.skus or by_category.get(promo.category, [])
        _offer(promo, [product_of[sku] for sku in listed], len(work.promos) - number, model)
    strategy = loading.get_class("partner.strategy", "Selector")().strategy()
    applicator = loading.get_class("offer.applicator", "Applicator")
    baskets: dict[int, Any] = {}

    def evaluate(basket: list[tuple[str, int]]) -> int:
        made = baskets.get(id(basket))
        if made is None:
            made = baskets[id(basket)] = model("basket", "Basket").objects.create()
            made.strategy = strategy
            for sku, qty in basket:
                made.add_product(product_of[sku], quantity=qty)
        made.reset_offer_applications()
        applicator().apply(made)
        found: int = round(made.total_discount * 100)
        return found

    return evaluate


def _goods(work: Work, model: Callable[[str, str], Any]) -> dict[str, Any]:
    product, stock = model("catalogue", "Product"), model("partner", "StockRecord")
    kind = model("catalogue", "ProductClass").objects.create(name="goods", track_stock=False, requires_shipping=False)
    partner = model("partner", "Partner").objects.create(name="shop")
    wanted = {sku for promo in work.promos for sku in promo.skus}
    wanted |= {sku for basket in work.baskets for sku, _ in basket}
    prices = {sku: price for sku, _, price in work.goods if sku in wanted}
    product.objects.bulk_create(
        [product(upc=sku, title=sku, slug=sku, product_class=kind, structure="standalone") for sku in prices],
        batch_size=BATCH,
    )
    found = {one.upc: one for one in product.objects.all()}
    stock.objects.bulk_create(
        [
            stock(
                product=found[sku],
                partner=partner,
                partner_sku=sku,
                price_currency="CNY",
                price=Decimal(price) / 100,
                num_in_stock=1_000_000,
            )
            for sku, price in prices.items()
        ],
        batch_size=BATCH,
    )
    return found


def _offer(promo: Promo, goods: list[Any], priority: int, model: Callable[[str, str], Any]) -> None:
    of = model("offer", "Range").objects.create(name=promo.id, slug=promo.id.lower())
    member = model("offer", "RangeProduct")
    member.objects.bulk_create([member(range=of, product=one, display_order=0) for one in goods])
    asks: tuple[str, Decimal | int]
    gives: tuple[str, Decimal | None]
    if promo.kind == PERCENT:
        asks, gives = ("Count", 1), ("Percentage", Decimal(promo.worth) / 100)
    elif promo.kind == N_FOR_M:
        asks, gives = ("Count", 3), ("Multibuy", None)
    else:
        asks, gives = ("Value", Decimal(promo.spend) / 100), ("Absolute", Decimal(promo.worth) / 100)
    model("offer", "ConditionalOffer").objects.create(
        name=promo.id,
        offer_type="Site",
        condition=model("offer", "Condition").objects.create(range=of, type=asks[0], value=asks[1]),
        benefit=model("offer", "Benefit").objects.create(range=of, type=gives[0], value=gives[1]),
        priority=priority,
        exclusive=True,
        max_basket_applications=None if promo.kind in (PERCENT, N_FOR_M) else 1,
    )
