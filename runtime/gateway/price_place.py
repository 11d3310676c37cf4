"""What a gateway took of head office's publications, and serves to its terminals.

Nothing is served of a file before it is verified, and after a start not before it is verified again. When a terminal
says that a file arrived damaged, it is verified once more: disks rot.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from engine.errors import SnapshotError
from engine.signature import Trust
from runtime.distribution.bell import Bell
from runtime.distribution.errors import DistributionError
from runtime.distribution.files import SnapshotFiles, put, verify, write_through
from runtime.distribution.manifest import read_manifest
from runtime.wire.pack import pack
from runtime.wire.snapshots import MAX_HOLDINGS, Holding, Manifest, SnapshotAsk

log = logging.getLogger(__name__)

REFUSALS_OF_DAMAGE = frozenset({"prices_refused", "prices_given_up"})


class GatewayPlace:
    """The place that the gateway's Keeper keeps supplied, and the source that its endpoints serve."""

    def __init__(self, files: SnapshotFiles, trust: Trust | None) -> None:
        self.files = files
        self.bell = Bell()
        self.doubted: Callable[[], None] = lambda: None  # called when a terminal says that a file is damaged
        self._trust = trust
        self._proven: set[bytes] = set()
        self.holdings: dict[str, Holding] = {}  # what each terminal said last
        self.taken: Manifest | None = None
        try:
            self.taken = read_manifest((files.folder / "current").read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, DistributionError) as error:
            log.error("which prices were taken last cannot be read: %s", error)

    # --- kept supplied ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Verify what is here, so that it is served also while head office cannot be reached. Blocks."""
        self.files.tidy()
        if self.taken is not None and not self.has(self.taken):
            log.error("the snapshot that was taken last is not here whole; it is fetched again")

    def base(self) -> tuple[bytes, Path] | None:
        if self.taken is None or self.taken.file not in self._proven:
            return None
        return self.taken.file, self.files.place(self.taken.file)

    def has(self, manifest: Manifest) -> bool:
        if not self.files.has(manifest.file):
            self._proven.discard(manifest.file)
            return False
        return manifest.file in self._proven or self._prove(manifest)

    def _prove(self, manifest: Manifest) -> bool:
        try:
            verify(self.files.place(manifest.file), manifest, self._trust)
        except (SnapshotError, OSError) as error:
            log.error("prices number %d: %s The file is removed.", manifest.counter, error)
            self._proven.discard(manifest.file)
            self.files.drop(manifest.file)
            return False
        self._proven.add(manifest.file)
        return True

    def prove_again(self) -> bool:
        """Whether the file that is served is whole still; it is removed where it is not. Blocks."""
        return self.taken is None or (self.files.has(self.taken.file) and self._prove(self.taken))

    def install(self, manifest: Manifest, part: Path | None, delta: tuple[Path, str] | None) -> None:
        if part is not None:
            put(part, self.files.place(manifest.file))
        if delta is not None and self.taken is not None:  # the same that most terminals will ask for
            delta[0].replace(self.files.delta_place(self.taken.file, manifest.file, delta[1]))
        self._proven.add(manifest.file)
        self.files.used(self.files.place(manifest.file))
        write_through(self.files.folder / "current", pack(manifest))
        self.taken = manifest
        self.files.sweep({manifest.file, *(one.file for one in self.holdings.values() if one.file)})

    def forget(self, but: Manifest | None) -> None:
        self.files.clear_incoming(but.file.hex() if but is not None else "")

    # --- serving ------------------------------------------------------------------------------------------------

    def wanted(self, store: str) -> Manifest | None:
        return self.served()

    def served(self) -> Manifest | None:
        """The publication whose file is here and proven."""
        return self.taken if self.taken is not None and self.taken.file in self._proven else None

    def is_wanted(self, file: bytes) -> bool:
        return self.taken is not None and self.taken.file == file

    def heard(self, ask: SnapshotAsk) -> None:
        before = self.holdings.get(ask.has.name)
        self.holdings[ask.has.name] = ask.has
        if ask.has.refused in REFUSALS_OF_DAMAGE and (before is None or before.refused != ask.has.refused):
            self.doubted()

    def held(self) -> tuple[Holding, ...]:
        """What the terminals have, for head office."""
        return tuple(self.holdings[name] for name in sorted(self.holdings))[:MAX_HOLDINGS]
