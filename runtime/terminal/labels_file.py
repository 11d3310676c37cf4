"""The weigh labels of a chain: a TOML file of [label.NAME] sections, each one template of engine.labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.api import setting
from engine.labels import MAX_LENGTH, MIN_LENGTH, LabelTemplate, TemplateError, checked_together, label_template
from runtime.settings import Reader, read_toml


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """[label.NAME]: one format of weigh label. Two formats of one length may not share a prefix."""

    prefixes: tuple[str, ...] = setting(
        ..., "what such a label begins with, each of as many digits as F", low=1, high=50
    )
    length: int = setting(..., "digits of the whole label", low=MIN_LENGTH, high=MAX_LENGTH)
    layout: str = setting(
        ...,
        "a letter a digit: F prefix, P item number (PLU), A amount, W weight, X not read, C check digit",
        low=MIN_LENGTH,
        high=MAX_LENGTH,
    )
    amount_decimals: int = setting(2, "decimals of the amount, at most the currency's", low=0, high=4)
    weight_decimals: int = setting(3, "decimals of the weight in kilograms", low=0, high=3)
    check: str = setting(
        "ean",
        "check digit: weighted from the right as on EAN-13, from the left, or not looked at",
        choices=("ean", "ean-left", "none"),
    )
    plu_prefix: str = setting("", "digits before the PLU that make the item's sku (PLU 17202, sku 117202: 1)", high=8)


def read_label_file(path: Path, exponent: int = 2) -> tuple[LabelTemplate, ...]:
    """The label templates of a file. `exponent` is the currency's (2: fen). Raises SettingsError with every fault."""
    table = read_toml(path)
    reader = Reader(path.name)
    reader.only(table, ["label"])
    templates: list[LabelTemplate] = []
    labels = reader.table(table, "label", required=False)
    for name in labels:
        section = f"label.{name}"
        one = reader.load(LabelSettings, reader.table(labels, name, within="label"), section)
        if one is None:
            continue
        try:
            templates.append(
                label_template(
                    name,
                    prefixes=one.prefixes,
                    length=one.length,
                    layout=one.layout,
                    amount_decimals=one.amount_decimals,
                    weight_decimals=one.weight_decimals,
                    check=one.check,
                    plu_prefix=one.plu_prefix,
                    exponent=exponent,
                )
            )
        except TemplateError as error:
            for _, fault in error.faults:
                reader.fault("bad_template", section, "", fault)
    try:
        checked = checked_together(templates)
    except TemplateError as error:
        for name, fault in error.faults:
            reader.fault("bad_template", f"label.{name}", "", fault)
    reader.finish()
    return checked
