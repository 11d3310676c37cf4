"""The settings file of head office: [hq], its keys in [tls], its [log], and [groups] of stores that prices are for.

A path that is not absolute is relative to the file's folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.api import setting
from runtime.service.settings import LogSettings
from runtime.settings import Reader, SettingsError, is_loopback, read_toml
from runtime.wire.records import MAX_BATCH_BYTES


@dataclass(frozen=True, slots=True)
class HqSettings:
    """[hq]: where it listens, where it keeps the sales, and what it takes at once."""

    postgres: str = setting(
        "", "PostgreSQL, like postgresql://lane@/lane?host=/run/postgresql; empty: SQLite, for one store or a trial",
        high=500,
    )  # fmt: skip
    database: str = setting("hq.db", "path of the SQLite database, where postgres is empty", low=1, high=255)
    snapshots: str = setting("hq-snapshots", "folder of the snapshots that are published", low=1, high=255)
    host: str = setting("127.0.0.1", "the address to listen on; 0.0.0.0 for every one, with [tls]", low=1, high=253)
    port: int = setting(8800, "the TCP port to listen on", low=1, high=65535)
    page_port: int = setting(
        0, "TCP port on 127.0.0.1 for status, --show and the feed where [tls] is set; plain; 0: none", low=0, high=65535
    )
    connections: int = setting(4, "groups that PostgreSQL commits at the same time", low=1, high=64)
    store_partitions: int = setting(
        8, "cuts of the tables by store, when they are made; 1 where Citus distributes them", low=1, high=256
    )
    allow_unsafe: bool = setting(False, "take a PostgreSQL that may lose what it has confirmed (fsync off...)")
    max_waiting: int = setting(500, "batches that may wait; the next are told to come later", low=1, high=10_000)
    max_requests: int = setting(500, "batches that are read at the same time", low=1, high=10_000)
    max_body_bytes: int = setting(
        MAX_BATCH_BYTES, "the largest batch that is read", low=64 * 1024, high=MAX_BATCH_BYTES
    )
    body_timeout_ms: int = setting(20_000, "how long one batch may take to arrive", low=100, high=120_000)


@dataclass(frozen=True, slots=True)
class HqTlsSettings:
    """[tls]: head office's keys. Without this section it listens on this machine alone."""

    folder: str = setting(..., "the folder that lane ca hq wrote", low=1, high=255)


@dataclass(frozen=True, slots=True)
class HqFile:
    path: Path
    hq: HqSettings
    tls: HqTlsSettings | None = None
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of stores, by name
    log: LogSettings = field(default_factory=LogSettings)

    @property
    def log_file(self) -> Path:
        """Beside the SQLite file, or beside what is published."""
        return self.log.path(self.path.parent, self.snapshots if self.hq.postgres else self.database, "hq")

    @property
    def database(self) -> Path:
        """The SQLite file, absolute."""
        return self.path.parent / self.hq.database

    @property
    def trust(self) -> Path | None:
        """The folder of keys, absolute; None without TLS."""
        return self.path.parent / self.tls.folder if self.tls is not None else None

    @property
    def snapshots(self) -> Path:
        """The folder of what is published, absolute."""
        return self.path.parent / self.hq.snapshots


def read_hq_file(path: Path) -> HqFile:
    """The settings of head office. Raises SettingsError with every fault of the file."""
    path = path.absolute()
    table = read_toml(path)
    reader = Reader(path.name)
    reader.only(table, ["hq", "tls", "groups", "log"])
    hq = reader.load(HqSettings, reader.table(table, "hq"), "hq")
    if hq is not None and hq.postgres and not hq.postgres.startswith(("postgresql://", "postgres://")):
        reader.fault("bad_value", "hq", "postgres", "must begin with postgresql://")
    tls = reader.load(HqTlsSettings, reader.table(table, "tls"), "tls") if "tls" in table else None
    if hq is not None and "tls" not in table and not is_loopback(hq.host):
        text = f'{hq.host} is reached from other machines; that takes [tls] (lane ca hq), or host = "127.0.0.1"'
        reader.fault("conflict", "hq", "host", text)
    if hq is not None and hq.page_port == hq.port:
        reader.fault("conflict", "hq", "page_port", f"{hq.page_port} is port too; they are two listeners")
    groups = _groups(reader, reader.table(table, "groups", required=False))
    log = reader.load(LogSettings, reader.table(table, "log", required=False), "log")
    reader.finish()
    if hq is None or log is None:
        raise SettingsError(reader.faults)
    return HqFile(path, hq, tls, groups, log)


def _groups(reader: Reader, table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Name -> its stores' numbers."""
    found = {}
    for name, stores in table.items():
        if not isinstance(stores, list) or not all(isinstance(one, str) and 1 <= len(one) <= 20 for one in stores):
            reader.fault("bad_type", "groups", name, "must be a list [...] of stores' numbers in quotes")
        elif not 1 <= len(name) <= 64 or not name.isprintable():
            reader.fault("bad_value", "groups", name, "a group's name has 1 to 64 printable characters")
        else:
            found[name] = tuple(stores)
    return found
