"""Where lanekit's own data files lie: `$LANE_CONFIG`, else the checkout's `config/`, else the installed prefix."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def config_dir() -> Path:
    """The folder that holds profiles, translations, label templates and the demo store.

    Raises FileNotFoundError, saying where it looked.
    """
    named = os.environ.get("LANE_CONFIG")
    places = [Path(named)] if named else []
    places += [Path(__file__).resolve().parent.parent / "config", Path(sys.prefix) / "share" / "lanekit" / "config"]
    for place in places:
        if place.is_dir():
            return place
        if named:
            break
    looked = ", ".join(str(p) for p in places[: 1 if named else None])
    raise FileNotFoundError(f"lanekit's data files are not at {looked}; set LANE_CONFIG to their folder")
