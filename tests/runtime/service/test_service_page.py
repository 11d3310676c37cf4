"""docs/service.md says what the code and the units do."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from runtime.devices.guard import LIMIT_S
from runtime.devices.restarts import BACKOFF_FIRST_S, BACKOFF_LAST_S, FAULTS, REST_S
from runtime.terminal.ceiling import AT_CEILING_PERCENT, LOOK_S
from runtime.terminal.troubles import NEAR_CEILING_PERCENT

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "service.md").read_text(encoding="utf-8")


def test_every_limit_of_the_page_is_the_codes() -> None:
    rows = re.findall(r"^\| [^|]+ \| (\d+) \| `([\w.]+)\.([A-Z_]+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 15
    for number, module, name in rows:
        assert getattr(importlib.import_module(module), name) == int(number), f"{module}.{name}"


def test_the_pages_times_are_the_codes() -> None:
    for said in (
        f"after {BACKOFF_FIRST_S:g} s, then twice as long each time up to {BACKOFF_LAST_S:g} s",
        f"after {FAULTS} of\nthem",
        f"interrupted after {LIMIT_S:g} s",
        f"From {NEAR_CEILING_PERCENT} % on",
        f"From {AT_CEILING_PERCENT} % on",
        f"looks every {LOOK_S:g} s",
    ):
        assert said in PAGE, said
    assert REST_S == 60  # "rests a minute"
