"""Every file of config/ is loaded, and the demo store is what it says it is."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.gtin import check_digit, is_gtin
from engine.labels import Label, read_label
from runtime.terminal.labels_file import read_label_file
from runtime.terminal.settings import read_terminal_file
from runtime.tools.settings_list import check_file

ROOT = Path(__file__).resolve().parent.parent.parent
CONFIG = ROOT / "config"
BOOK = CONFIG / "demo" / "book"


def items() -> list[dict[str, str]]:
    with (BOOK / "items.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def promotions() -> list[dict[str, Any]]:
    return list(json.loads((BOOK / "promotions.json").read_text(encoding="utf-8")))


def lane(*words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runtime.cli", *words]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.snapshot"
    made = lane("compile", str(BOOK), "-o", str(path))
    assert made.returncode == 0, made.stdout + made.stderr
    return path


def priced(snapshot: Path, *baskets: dict[str, Any]) -> list[dict[str, Any]]:
    done = lane("price", "--snapshot", str(snapshot), text="".join(json.dumps(basket) + "\n" for basket in baskets))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("path", sorted(CONFIG.rglob("*.toml")), ids=lambda path: str(path.relative_to(CONFIG)))
def test_every_settings_file_is_good(path: Path) -> None:
    assert check_file(path) == ()


def test_every_file_is_of_a_kind_that_is_loaded_here() -> None:
    """A new kind of file needs a test that loads it, and a line here."""
    known = {".toml", ".mo", ".po", ".pot", ".service", ".conf"}  # also: tests of the front end, test_systemd_units
    for path in CONFIG.rglob("*"):
        assert path.is_dir() or path.suffix in known or path.parent == BOOK, path
    assert {path.name for path in BOOK.iterdir()} == {"book.json", "items.csv", "promotions.json"}


def test_the_demo_terminals_devices() -> None:
    file = read_terminal_file(CONFIG / "demo" / "terminal.toml")
    assert {device.name: device.driver for device in file.devices} == {
        "scanner": "scanner.serial_line",
        "scale": "scale.cas",
        "display": "line_display.led8",
        "printer": "pos_printer.escpos",
        "payment": "electronic_value.simulated",
    }
    assert file.label_templates == CONFIG / "labels.toml"


def test_the_goods() -> None:
    goods = items()
    assert len(goods) >= 300
    assert goods[0]["barcodes"] == "6901234567892"
    assert (goods[0]["unit"], goods[0]["tags"]) == ("each", "")
    each = [one for one in goods if one["unit"] == "each"]
    assert len(each) >= 300
    for one in each:
        assert is_gtin(one["barcodes"]), one
        assert one["barcodes"][:2] == "69"
        assert int(one["price"]) > 0
    weighed = [one for one in goods if one["unit"] == "kg"]
    assert len(weighed) >= 50
    assert all(one["sku"].isdigit() and len(one["sku"]) in (5, 6) and not one["barcodes"] for one in weighed)
    for key in ("sku", "name", "name_en"):
        values = [one[key] for one in goods]
        assert len(set(values)) == len(values), key
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in one["name"]) for one in goods)
    codes = [code for one in goods for code in (one["sku"], one["barcodes"]) if code]
    assert len(set(codes)) == len(codes)


def test_every_category_has_its_name() -> None:
    names = json.loads((BOOK / "book.json").read_text(encoding="utf-8"))["categories"]
    for one in items():
        parts = one["category"].split("/")
        assert all("/".join(parts[: i + 1]) in names for i in range(len(parts))), one


def test_oden_tobacco_and_bags() -> None:
    by_sku = {one["sku"]: one for one in items()}
    oden = [one for one in by_sku.values() if one["stock_g"]]
    assert [(one["price"], one["pieces"], one["stock_g"]) for one in oden] == [
        ("500", "6", "100"),
        ("1000", "13", "220"),
    ]
    tobacco = [one for one in by_sku.values() if one["category"].startswith("40/")]
    bags = [one for one in by_sku.values() if one["category"].startswith("90/")]
    assert len(tobacco) >= 5
    assert len(bags) >= 3
    assert all(one["age"] == "18" for one in tobacco)
    assert all("no_discount" in one["tags"].split(";") for one in tobacco + bags)
    assert by_sku["117202"]["price"] == "456"


def test_the_items_are_what_their_script_writes() -> None:
    script = ROOT / "scripts" / "make_demo_book.py"
    done = subprocess.run([sys.executable, str(script), "--check"], check=False, timeout=60)
    assert done.returncode == 0, "scripts/make_demo_book.py writes them; edit scripts/demo_goods.py"


def test_the_promotions() -> None:
    offers = promotions()
    assert len(offers) >= 25
    assert len({offer["name"] for offer in offers}) == len({offer["id"] for offer in offers}) == len(offers)
    for offer in offers:
        assert offer["type"] in ("price", "set")
        assert offer["type"] == "price" or len(offer["buy"]) == 1
        assert offer["when"]["from"] <= "2026-11-01T00:00"
        assert offer["when"]["until"] > "2030-12-31"
    for key in ("who", "where", "coupon", "max_times", "limit", "group", "except_discounted"):
        assert any(key in offer for offer in offers), key


def test_the_first_walk_of_the_help(snapshot: Path) -> None:
    basket = {"at": "2026-11-22T18:30:00", "lines": [{"code": "6901234567892", "qty": 1}]}
    (receipt,) = priced(snapshot, basket)
    assert receipt["total"] == 200


def test_oden_by_spec(snapshot: Path) -> None:
    lines = [{"code": "70001", "qty": 2}, {"code": "70002", "qty": 1}]
    (receipt,) = priced(snapshot, {"at": "2026-11-23T12:00", "lines": lines})
    assert receipt["gross"] == 2000
    assert receipt["total"] == 1800  # two portions, 2 yuan less: one application of three portions


def test_bags_and_cigarettes_take_no_promotion(snapshot: Path) -> None:
    skus = [one["sku"] for one in items() if "no_discount" in one["tags"]]
    basket = {
        "at": "2026-11-22T20:00",
        "groups": ["community"],
        "member": {"id": "1", "level": "gold", "birthday": "11-22"},
        "lines": [{"code": sku, "qty": 9} for sku in skus],
    }
    (receipt,) = priced(snapshot, basket)
    assert receipt["discount"] == 0


def test_every_promotion_works_for_somebody(snapshot: Path) -> None:
    """A basket for each, at one of the hours of one week: a promotion that never applies is a mistake in the book."""
    by_sku = {one["sku"]: one for one in items()}
    begin = datetime(2026, 11, 23)
    hours = [begin + timedelta(hours=hour, minutes=45) for hour in range(0, 24 * 7, 1)]
    offers, baskets = promotions(), []
    for offer in offers:
        selector = offer["items"] if offer["type"] == "price" else offer["buy"][0]["items"]
        skus = [sku for sku, one in by_sku.items() if selects(selector, one)]
        assert skus, offer["id"]
        times = [at for at in hours if fits(offer["when"], at)][:1]
        assert times, offer["id"]
        count = 1 if offer["type"] == "price" else offer["buy"][0]["qty"]
        best = max(skus, key=lambda sku: int(by_sku[sku]["price"]))
        amount = {"milli": 1000} if by_sku[best]["unit"] == "kg" else {"qty": count}
        basket = {
            "at": times[0].isoformat(),
            "groups": ["community"],
            "member": {"id": "1", "level": "gold", "birthday": f"{times[0]:%m-%d}"},
            "coupons": [offer["coupon"]] if "coupon" in offer else [],
            "lines": [{"code": best, **amount}],
        }
        baskets.append(basket)
    for offer, receipt in zip(offers, priced(snapshot, *baskets), strict=True):
        applied = {line["price_promotion"] for line in receipt["lines"]}
        applied |= {one["promotion"] for one in receipt["applications"]}
        assert offer["id"] in applied, (offer["id"], receipt)
        assert receipt["optimal"]


def selects(selector: dict[str, Any], one: dict[str, str]) -> bool:
    path = one["category"]
    chosen = (
        one["sku"] in selector.get("skus", [])
        or any(path == c or path.startswith(c + "/") for c in selector.get("categories", []))
        or one["brand"] in selector.get("brands", [])
        or bool(set(one["tags"].split(";")) & set(selector.get("tags", [])))
    )
    return chosen and not ("except" in selector and selects(selector["except"], one))


def fits(when: dict[str, Any], at: datetime) -> bool:
    clock = f"{at:%H:%M}"
    in_hours = any(
        begin <= clock < end if begin < end else clock >= begin or clock < end for begin, end in when.get("hours", [])
    )
    return at.isoweekday() in when.get("weekdays", range(1, 8)) and ("hours" not in when or in_hours)


@pytest.mark.parametrize(
    ("data", "sku"),
    [
        ("211720201181", "117202"),
        ("211000101298", "10001"),
        ("221720202590", "117202"),
        ("231172020118", "117202"),
        ("26172020118102590", "117202"),
        ("27172020259001181", "117202"),
    ],
)
def test_labels_of_the_demo_store(data: str, sku: str) -> None:
    code = data + str(check_digit(data))
    (template,) = [one for one in read_label_file(CONFIG / "labels.toml") if one.fits(code)]
    label = read_label(code, template)
    assert isinstance(label, Label)
    skus = {one["sku"] for one in items() if one["unit"] == "kg"}
    assert next(one for one in label.skus() if one in skus) == sku
