"""The path where a till finds its snapshots (runtime.terminal.snapshots), as the place that a Keeper keeps supplied.

Beside it lies the folder `NAME-incoming`: what is under way, and `taken`, the last publication that was installed. That
is written before the file gets its name: a till that dies in between has the old prices and the new number, and puts
the same file there again; the other order could let an older number in.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from runtime.distribution.errors import DistributionError
from runtime.distribution.files import file_hash, put, write_through
from runtime.distribution.manifest import read_manifest
from runtime.wire.pack import pack
from runtime.wire.snapshots import Manifest

log = logging.getLogger(__name__)


class TillPlace:
    """`path` is [terminal] snapshot."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.incoming = path.with_name(f"{path.name}-incoming")
        with contextlib.suppress(OSError):  # a till sells also where it cannot write here; fetching says so
            self.incoming.mkdir(exist_ok=True)
        self._hashed: tuple[tuple[int, int, int, int], bytes] | None = None
        self.taken: Manifest | None = None
        try:
            self.taken = read_manifest((self.incoming / "taken").read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, DistributionError) as error:
            log.error("which prices were taken last cannot be read: %s", error)

    def base(self) -> tuple[bytes, Path] | None:
        try:
            found = self._path.stat()
            seen = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
            if self._hashed is None or self._hashed[0] != seen:
                self._hashed = seen, file_hash(self._path)
        except OSError:
            return None
        return self._hashed[1], self._path

    def has(self, manifest: Manifest) -> bool:
        base = self.base()
        return base is not None and base[0] == manifest.file

    def install(self, manifest: Manifest, part: Path | None, delta: tuple[Path, str] | None) -> None:
        if manifest != self.taken:
            write_through(self.incoming / "taken", pack(manifest))
            self.taken = manifest
        if part is not None:
            put(part, self._path)
        if delta is not None:
            delta[0].unlink(missing_ok=True)

    def forget(self, but: Manifest | None) -> None:
        wanted = but.file.hex() if but is not None else "nothing"
        with contextlib.suppress(OSError):
            for path in self.incoming.iterdir():
                if path.name != "taken" and wanted not in path.name:
                    path.unlink(missing_ok=True)
