"""Every text that a person may read has its Chinese, the .mo is of the .po, and no name is lost on the way."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "config" / "locale" / "zh_CN" / "LC_MESSAGES" / "lanekit.po"


@pytest.fixture(scope="module")
def translate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translate", ROOT / "scripts" / "translate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_everything_has_its_chinese(translate: ModuleType) -> None:
    faults = translate.faults(polib.pofile(str(PO)), translate.message_ids())
    assert not faults, "run scripts/translate and complete config/locale:\n" + "\n".join(faults)


def test_the_catalogue_is_built() -> None:
    assert PO.with_suffix(".mo").read_bytes() == polib.pofile(str(PO)).to_binary(), "run scripts/translate"


def test_what_is_found(translate: ModuleType, tmp_path: Path) -> None:
    for room in translate.ROOMS:
        (tmp_path / room).mkdir()
    (tmp_path / "engine" / "a.py").write_text(
        'MORE_SENTENCES: dict[str, tuple[str, str]] = {"a": ("One " "{x}.", "Two."), "b": ("{x}", "")}\n'
        'other = {"c": ("Not", "this")}\n'
        'def f(_, t):\n    _("Three"); t("Four", x=1); Sentence("code", "Five", remedy="Six"); g("Not")\n',
        "utf-8",
    )
    found = translate.message_ids(tmp_path)
    assert set(found) == {"One {x}.", "Two.", "{x}", "Three", "Four", "Five", "Six"}
    po = polib.POFile()
    po.append(polib.POEntry(msgid="One {x}.", msgstr="一 {y}"))
    po.append(polib.POEntry(msgid="Old", msgstr="旧"))
    faults = translate.faults(po, {"One {x}.": "a", "{x}": "a", "Two": "a"})
    assert [f.split()[0] for f in faults] == ["missing", "left", "names"]
