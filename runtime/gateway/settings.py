"""The settings file of a store's gateway.

    [gateway]     which store, where it listens, where it keeps the sales
    [tls]         its keys; without it the gateway listens on this machine alone
    [hq]          head office
    [snapshots]   head office's prices: whose are taken, and how many are kept
    [log]         its own log

A path that is not absolute is relative to the file's folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from drivers.api import setting
from runtime.service.settings import LogSettings
from runtime.settings import Reader, SettingsError, is_loopback, is_server_url, read_toml
from runtime.wire.records import MAX_BATCH_BYTES

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """[gateway]: which store it is of, where it listens, where it keeps the sales, and what it takes at once."""

    store: str = setting(..., "the store's number, the same as its terminals': letters, digits, . _ -", low=1, high=20)
    database: str = setting(..., "path of the database; its folder must be on this machine's own disk", low=1, high=255)
    host: str = setting("127.0.0.1", "the address to listen on; 0.0.0.0 for every one", low=1, high=253)
    port: int = setting(8700, "the TCP port to listen on", low=1, high=65535)
    max_body_bytes: int = setting(
        MAX_BATCH_BYTES, "the largest batch that is read", low=64 * 1024, high=MAX_BATCH_BYTES
    )
    max_requests: int = setting(32, "batches that are read at the same time", low=1, high=500)
    body_timeout_ms: int = setting(20_000, "how long one batch may take to arrive", low=100, high=120_000)
    users: str = setting("", "file of the store's users, for all its terminals (lane users); empty: none", high=255)
    time_key: str = setting("", "file of the private key that signs the time for terminals; empty: none", high=255)
    max_waiting: int = setting(200, "batches that may wait for a commit; the next come later", low=1, high=2_000)
    keep_days: int = setting(
        90, "how long records stay after head office has them: receipts for returns come from them", low=1, high=3_660
    )
    page_port: int = setting(
        0, "TCP port on 127.0.0.1 for people: status, and --show; plain and read-only; 0: none", low=0, high=65535
    )


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """[tls]: the gateway's keys, and what it gives terminals. Without this section it listens on this machine alone."""

    folder: str = setting(..., "the folder that lane ca store wrote; the registry is kept in it", low=1, high=255)
    code_minutes: int = setting(60, "how long an enrolment code counts", low=5, high=1440)
    certificate_days: int = setting(
        365, "how long a terminal's certificate holds; it is renewed after a third", low=3, high=1095
    )


@dataclass(frozen=True, slots=True)
class HqLink:
    """[hq]: head office, where sales go and prices come from. Without this section the store is alone."""

    url: str = setting(..., "head office: https://HOST:PORT; http for an address of this machine", low=8, high=255)
    timeout_ms: int = setting(10_000, "how long one answer is waited for", low=100, high=120_000)

    @property
    def is_private(self) -> bool:
        """Whether it is spoken to over TLS."""
        return urlsplit(self.url).scheme == "https"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class SnapshotsSettings:
    """[snapshots]: what a gateway keeps of head office's snapshots, and whose it takes."""

    trusted_keys: tuple[str, ...] = setting(
        (), "files of the public keys whose snapshots are taken; none: any snapshot, signed or not", high=8
    )
    poll_ms: int = setting(
        2_000, "how often new prices are asked for, where answers are not held back", low=100, high=3_600_000
    )
    keep: int = setting(
        40,
        "snapshots that are kept, to make deltas for terminals that were away; more if they hold them",
        low=1,
        high=400,
    )
    max_mb: int = setting(1_024, "what they and their deltas may take of the disk", low=64, high=65_536)


@dataclass(frozen=True, slots=True)
class GatewayFile:
    path: Path
    gateway: GatewaySettings
    log: LogSettings = field(default_factory=LogSettings)
    tls: TlsSettings | None = None
    snapshots: SnapshotsSettings = field(default_factory=SnapshotsSettings)
    hq: HqLink | None = None

    @property
    def log_file(self) -> Path:
        return self.log.path(self.path.parent, self.database, "gateway")

    @property
    def database(self) -> Path:
        """The database, absolute."""
        return self.path.parent / self.gateway.database

    @property
    def trust(self) -> Path | None:
        """The folder of keys, absolute; None without TLS."""
        return self.path.parent / self.tls.folder if self.tls is not None else None

    @property
    def shared(self) -> Path:
        """The database of what the terminals share, absolute."""
        return self.database.with_name(f"{self.database.stem}-shared{self.database.suffix}")

    @property
    def users(self) -> Path | None:
        """The file of the store's users, absolute; None where this gateway keeps none."""
        return self.path.parent / self.gateway.users if self.gateway.users else None

    @property
    def time_key(self) -> Path | None:
        """The key's file, absolute; None where the gateway signs no time."""
        return self.path.parent / self.gateway.time_key if self.gateway.time_key else None

    @property
    def snapshots_folder(self) -> Path:
        """A folder of the gateway's own, beside its database."""
        return self.database.with_name(f"{self.database.stem}-snapshots")

    @property
    def trusted_keys(self) -> tuple[Path, ...]:
        return tuple(self.path.parent / name for name in self.snapshots.trusted_keys)


def read_gateway_file(path: Path) -> GatewayFile:
    """The settings of one gateway. Raises SettingsError with every fault of the file."""
    path = path.absolute()
    table = read_toml(path)
    reader = Reader(path.name)
    reader.only(table, ["gateway", "tls", "hq", "snapshots", "log"])
    log = reader.load(LogSettings, reader.table(table, "log", required=False), "log")
    gateway = None
    if "gateway" not in table:
        reader.fault("missing", "gateway", "", "the section is missing")
    elif isinstance(table["gateway"], dict):
        gateway = reader.load(GatewaySettings, table["gateway"], "gateway")
    else:
        reader.table(table, "gateway")
    if gateway is not None and not _ID.fullmatch(gateway.store):
        reader.fault(
            "bad_value", "gateway", "store", f"{gateway.store!r} may have only letters A to Z, digits and . _ -"
        )
    tls = reader.load(TlsSettings, reader.table(table, "tls"), "tls") if "tls" in table else None
    if gateway is not None and "tls" not in table and not is_loopback(gateway.host):
        text = f'{gateway.host} is reached from other machines; that takes [tls] (lane ca), or host = "127.0.0.1"'
        reader.fault("conflict", "gateway", "host", text)
    if gateway is not None and gateway.page_port == gateway.port:
        reader.fault("conflict", "gateway", "page_port", f"{gateway.page_port} is port too; they are two listeners")
    snapshots = reader.load(SnapshotsSettings, reader.table(table, "snapshots", required=False), "snapshots")
    hq = reader.load(HqLink, reader.table(table, "hq"), "hq") if "hq" in table else None
    if hq is not None:
        _check_hq(reader, hq, "tls" in table)
    reader.finish()
    if gateway is None or log is None or snapshots is None:
        raise SettingsError(reader.faults)
    return GatewayFile(path, gateway, log, tls, snapshots, hq)


def _check_hq(reader: Reader, hq: HqLink, has_keys: bool) -> None:
    if not is_server_url(hq.url):
        reader.fault("bad_value", "hq", "url", f"{hq.url!r} is not https://HOST:PORT")
    elif not hq.is_private and not is_loopback(hq.host):
        text = f"{hq.url} leaves this machine in the clear: write https://, with the keys of [tls]"
        reader.fault("bad_value", "hq", "url", text)
    elif hq.is_private and not has_keys:
        reader.fault("conflict", "hq", "url", "https takes the gateway's keys: [tls] folder (lane ca store)")
