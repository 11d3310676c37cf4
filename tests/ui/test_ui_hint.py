"""The hint on the screen: one line, below what was rung or alone, and not under a warning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import ui_views

from runtime.wire.messages import Sentence, View
from ui.local import Local
from ui.models import Message, screen
from ui.texts import Texts

LOCALES = Path(__file__).parent.parent.parent / "config" / "locale"
HINT = ui_views.states()["hint"]


def message(view: View, language: str = "zh") -> Message | None:
    return screen(view, Local(connected=True, language=language), Texts(LOCALES, language)).message


@pytest.mark.parametrize(
    ("language", "says"), [("zh", "再买 1 件黑焰可乐 500ml，省 ¥3.00"), ("en", "1 more 黑焰可乐 500ml: ¥3.00 less")]
)
def test_below_what_was_rung_and_alone(language: str, says: str) -> None:
    below = message(HINT, language)
    assert below is not None and below.severity == "good" and below.remedy == says
    alone = message(replace(HINT, notice=None), language)
    assert alone is not None and (alone.severity, alone.headline, alone.remedy) == ("info", says, "")


def test_not_under_a_warning_and_only_while_ringing() -> None:
    bad = message(replace(HINT, notice=ui_views.UNKNOWN))
    assert bad is not None and "省" not in bad.remedy + bad.headline
    for state in ("tendering", "weighing", "closed"):
        found = message(replace(ui_views.states()[state], hint=HINT.hint))
        assert found is None or "省" not in found.remedy + found.headline


def test_a_long_name_leaves_room_for_what_is_saved() -> None:
    assert HINT.hint is not None
    args = {**HINT.hint.args, "item": "特级初榨橄榄油家庭装礼盒" * 5}
    long = message(replace(HINT, hint=Sentence(HINT.hint.code, HINT.hint.text, "", args)))
    assert long is not None and long.remedy.endswith("…，省 ¥3.00") and len(long.remedy) < 32
