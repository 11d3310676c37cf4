"""The section [log] of terminal.toml, gateway.toml and hq.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.api import setting
from runtime.service.log import DEFAULT_TOTAL_KB


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """[log]: the ring of files that a process logs to."""

    folder: str = setting(
        "",
        "folder of the logs; empty: the folder log beside the terminal's socket or the server's database",
        high=255,
    )
    total_kb: int = setting(DEFAULT_TOTAL_KB, "the most that one process's log takes on the disk", low=64, high=65_536)

    def path(self, folder: Path, beside: Path, name: str) -> Path:
        """The newest file of `name`'s log. A relative folder begins at `folder`."""
        return (folder / self.folder if self.folder else beside.parent / "log") / f"{name}.log"
