"""The settings file of one terminal.

    [terminal]                who and where it is, and where its files lie
    [gateway]                 the store's gateway
    [tls]                     where its certificate lies
    [receipt]                 what stands above and below every receipt
    [labels]                  the weigh labels that it reads
    [sale]                    what the cashier's keys do
    [users]                   who may work here
    [permission.OPERATION]    what one operation takes, where that is not lanekit's own table
    [shift]                   whether a shift must be open, and how it is counted
    [day]                     when the business day ends
    [journal]                 the journal's reserve, and how long it keeps what head office has
    [log]                     the daemon's and the screen's own logs
    [ui]                      the cashier's screen; [ui.keys] and [ui.reasons] are its own (docs/ui.md)
    [device.NAME]             one device: `driver = "<class>.<model>"`, exactly one of [device.NAME.serial] and
                              [device.NAME.tcp], and the driver's own settings

A path that is not absolute is relative to the file's folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from drivers.api import CLASS_OF_FOLDER, SerialLine, setting
from runtime.day.business_day import read_ends
from runtime.day.permissions import ALWAYS, NEVER, PERMISSIONS, ROLES
from runtime.devices.registry import Driver, DriverNameError, find_driver
from runtime.devices.settings import TRANSPORT_OF_TABLE, SerialTransport
from runtime.devices.spec import DeviceSpec, SerialPort, TcpPort
from runtime.service.settings import LogSettings
from runtime.settings import Reader, SettingsError, is_loopback, is_server_url, read_toml
from runtime.share import config_dir

MAX_DEVICES = 16
MAX_SOCKET_BYTES = 107  # of a unix socket's path (sockaddr_un)

Resolve = Callable[[str], Driver]  # by name; raises DriverNameError with a sentence

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DRIVER = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_UNSTABLE = re.compile(r"/dev/tty(USB|ACM)[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSettings:
    """[terminal]: who and where this terminal is, and where its files lie."""

    store: str = setting(..., "the store's number, as in the book's promotions: letters, digits, . _ -", low=1, high=20)
    workstation: str = setting(..., "this terminal's number, one of its kind in the store", low=1, high=20)
    operator: str = setting("", "the cashier's number on receipts", high=20)
    language: str = setting("zh", "language of the receipts", choices=("zh", "en"))
    snapshot: str = setting(..., "path of the compiled book", low=1, high=255)
    trusted_keys: tuple[str, ...] = setting(
        (), "files of the public keys whose snapshots are taken; none: any snapshot, signed or not", high=8
    )
    journal: str = setting(..., "path of the journal; its folder must be on this machine's own disk", low=1, high=255)
    socket: str = setting(
        ..., "path of the socket that front ends connect to, at most 107 bytes in full", low=1, high=255
    )
    groups: tuple[str, ...] = setting((), "groups of stores that this one is in, for promotions", high=50)
    channel: str = setting("", "the sales channel, for promotions", high=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLink:
    """[gateway]: where closed sales go."""

    url: str = setting(
        ..., "the gateway: https://HOST:PORT; http:// only where HOST is this machine's own, 127.0.0.1", low=8, high=255
    )
    timeout_ms: int = setting(5_000, "how long one answer is waited for", low=100, high=60_000)
    backoff_low_ms: int = setting(500, "the first wait after a failure; each next is longer", low=10, high=60_000)
    backoff_high_ms: int = setting(30_000, "the longest wait between two tries", low=10, high=3_600_000)
    snapshot_poll_ms: int = setting(
        10_000,
        "how often the gateway is asked for new prices, of which its beats tell sooner; 0: never, they are put there",
        low=0,
        high=3_600_000,
    )
    beat_ms: int = setting(2_000, "how often the gateway is told how this till is", low=200, high=60_000)
    time_keys: tuple[str, ...] = setting(
        (), "files of public keys: time that the gateway signs with one of them is taken; none: no time", high=8
    )

    @property
    def is_private(self) -> bool:
        """Whether it is spoken to over TLS."""
        return urlsplit(self.url).scheme == "https"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (443 if self.is_private else 80)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """[tls]: this terminal's key and certificate, made by lane enrol."""

    folder: str = setting("", "the folder to keep them in; empty: the folder trust beside the journal", high=255)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptSettings:
    """[receipt]: what stands above and below every receipt."""

    header: tuple[str, ...] = setting((), "lines above; the first is printed large", high=10)
    footer: tuple[str, ...] = setting((), "lines below", high=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsSettings:
    """[labels]: the weigh labels that the terminal reads."""

    templates: str = setting(
        "labels.toml",
        "file of label templates: beside this file, else lanekit's own of that name; empty for none",
        high=255,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleSettings:
    """[sale]: what the cashier's keys do."""

    bags: tuple[str, ...] = setting((), "skus of the carrier bags that the bag keys ring, in their order", high=9)
    suspend_slip: bool = setting(False, "print a slip with a code for every ticket that is put aside")
    member_key: str = setting(
        "",
        "file of the chain's key that seals members' telephone numbers (64 hexadecimal digits); empty: one of this "
        "terminal's own, made beside its journal",
        high=255,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersSettings:
    """[users]: who may work here. Without a file nobody signs on, and nothing needs approval."""

    file: str = setting("", "file of users and PINs, made by lane users; empty: nobody signs on", high=255)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSettings:
    """[permission.OPERATION]: who may do it. OPERATION is one of runtime.day.permissions."""

    role: str = setting(..., "the lowest role that may do it whatever the amount, or approve it", choices=ROLES)
    up_to_minor: int = setting(
        ..., "what everybody may do alone, in minor units: -1 nothing at all", low=NEVER, high=ALWAYS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftSettings:
    """[shift]: the drawer's shifts."""

    required: bool = setting(False, "whether a shift must be open before anything is sold")
    blind: bool = setting(True, "whether no paper or screen says what should be in the drawer before it is counted")


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySettings:
    """[day]: the business day."""

    ends: str = setting(
        "",
        "when the business day ends by itself, HH:MM; before 12:00 it is the night after the day. Empty: by hand only,"
        " and records have the calendar's date",
        high=5,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSettings:
    """[journal]: the room that is kept for a full disk, and how long what head office has is kept."""

    reserve_mb: int = setting(
        16, "room that is kept beside the journal and given up first when the disk is full; 0: none", low=0, high=1024
    )
    keep_days: int = setting(90, "how long sales that head office has are kept here", low=1, high=3650)
    max_mb: int = setting(
        1024, "a larger journal gives up sales that head office has before their time", low=16, high=65_536
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UiSection:
    """[ui]: the cashier's screen. `lane ui --settings` reads it, with the lists of [ui.keys] and [ui.reasons]."""

    theme: str = setting(
        "light",
        "colours of the cashier's screen to begin with; a key changes them",
        choices=("light", "dark", "contrast"),
    )


@dataclass(frozen=True, slots=True)
class TerminalFile:
    """A whole file, checked. The sections are as written; the paths below are absolute."""

    path: Path
    terminal: TerminalSettings
    gateway: GatewayLink
    receipt: ReceiptSettings
    labels: LabelsSettings
    users: UsersSettings
    permissions: Mapping[str, PermissionSettings]
    shift: ShiftSettings
    day: DaySettings
    devices: tuple[DeviceSpec, ...]
    sale: SaleSettings = SaleSettings()
    keeping: JournalSettings = field(default_factory=JournalSettings)
    log: LogSettings = field(default_factory=LogSettings)
    tls: TlsSettings = field(default_factory=TlsSettings)

    @property
    def trust(self) -> Path:
        """The folder of this terminal's key and certificate (runtime.terminal.trust)."""
        return self.path.parent / self.tls.folder if self.tls.folder else self.journal.with_name("trust")

    @property
    def snapshot(self) -> Path:
        return self.path.parent / self.terminal.snapshot

    @property
    def kept_snapshots(self) -> Path:
        """A folder of the terminal's own, beside its journal."""
        return self.journal.with_name(f"{self.journal.stem}-snapshots")

    @property
    def trusted_keys(self) -> tuple[Path, ...]:
        return tuple(self.path.parent / name for name in self.terminal.trusted_keys)

    @property
    def time_keys(self) -> tuple[Path, ...]:
        return tuple(self.path.parent / name for name in self.gateway.time_keys)

    @property
    def journal(self) -> Path:
        return self.path.parent / self.terminal.journal

    @property
    def socket(self) -> Path:
        return self.path.parent / self.terminal.socket

    def log_of(self, process: str) -> Path:
        """The log of `terminal` or `ui`."""
        return self.log.path(self.path.parent, self.socket, process)

    @property
    def users_file(self) -> Path | None:
        return self.path.parent / self.users.file if self.users.file else None

    @property
    def member_key(self) -> tuple[Path, bool]:
        """The file of the key that seals members' numbers, and whether it is this terminal's own to make."""
        if self.sale.member_key:
            return self.path.parent / self.sale.member_key, False
        return self.journal.with_name(f"{self.journal.stem}-members.key"), True

    @property
    def label_templates(self) -> Path | None:
        """The file of label templates (runtime.terminal.labels_file reads it); None where there is none."""
        if not self.labels.templates:
            return None
        beside = self.path.parent / self.labels.templates
        return beside if beside.exists() else config_dir() / self.labels.templates


SECTIONS: dict[str, type[Any]] = {
    "terminal": TerminalSettings,
    "gateway": GatewayLink,
    "tls": TlsSettings,
    "receipt": ReceiptSettings,
    "labels": LabelsSettings,
    "sale": SaleSettings,
    "users": UsersSettings,
    "shift": ShiftSettings,
    "day": DaySettings,
    "journal": JournalSettings,
    "log": LogSettings,
}


def read_terminal_file(path: Path, resolve: Resolve = find_driver) -> TerminalFile:
    """The settings of one terminal. Raises SettingsError with every fault of the file."""
    path = path.absolute()
    table = read_toml(path)
    reader = Reader(path.name)
    reader.only(table, [*SECTIONS, "permission", "ui", "device"])
    terminal = (
        reader.load(TerminalSettings, reader.table(table, "terminal"), "terminal") if "terminal" in table else None
    )
    gateway = reader.load(GatewayLink, reader.table(table, "gateway"), "gateway") if "gateway" in table else None
    for section in ("terminal", "gateway"):
        if section not in table:
            reader.fault("missing", section, "", "the section is missing")
    receipt = reader.load(ReceiptSettings, reader.table(table, "receipt", required=False), "receipt")
    labels = reader.load(LabelsSettings, reader.table(table, "labels", required=False), "labels")
    sale = reader.load(SaleSettings, reader.table(table, "sale", required=False), "sale")
    users = reader.load(UsersSettings, reader.table(table, "users", required=False), "users")
    shift = reader.load(ShiftSettings, reader.table(table, "shift", required=False), "shift")
    day = reader.load(DaySettings, reader.table(table, "day", required=False), "day")
    permissions = _permissions(reader, reader.table(table, "permission", required=False))
    _check_ui(reader, reader.table(table, "ui", required=False))
    if day is not None and day.ends:
        _check_ends(reader, day.ends)
    keeping = reader.load(JournalSettings, reader.table(table, "journal", required=False), "journal")
    log = reader.load(LogSettings, reader.table(table, "log", required=False), "log")
    tls = reader.load(TlsSettings, reader.table(table, "tls", required=False), "tls")
    if terminal is not None:
        _check_terminal(reader, terminal, path.parent)
    if gateway is not None:
        _check_gateway(reader, gateway)
    devices = _devices(reader, reader.table(table, "device", required=False), path.parent, resolve)
    reader.finish()
    if terminal is None or gateway is None or receipt is None or labels is None or sale is None:
        raise SettingsError(reader.faults)
    if users is None or shift is None or day is None or keeping is None or log is None or tls is None:
        raise SettingsError(reader.faults)
    file = TerminalFile(
        path, terminal, gateway, receipt, labels, users, permissions, shift, day, devices, sale, keeping, log, tls
    )
    templates = file.label_templates
    if templates is not None and not templates.is_file():
        reader.fault(
            "no_file", "labels", "templates", f"{labels.templates} is neither beside this file nor lanekit's own"
        )
    reader.finish()
    return file


def _permissions(reader: Reader, tables: Mapping[str, Any]) -> dict[str, PermissionSettings]:
    reader.only(tables, PERMISSIONS, "permission")
    found = {}
    for operation in PERMISSIONS:
        section = f"permission.{operation}"
        if operation not in tables:
            continue
        if not isinstance(tables[operation], dict):
            reader.fault("bad_type", "permission", operation, f"must be a section [{section}]")
            continue
        loaded = reader.load(PermissionSettings, tables[operation], section)
        if loaded is not None:
            found[operation] = loaded
    return found


def _check_ui(reader: Reader, table: Mapping[str, Any]) -> None:
    """What can be told without the front end: which operations and keys there are is its own."""
    reader.load(UiSection, {key: value for key, value in table.items() if key not in ("keys", "reasons")}, "ui")
    for section in ("keys", "reasons"):
        for key, value in reader.table(table, section, within="ui", required=False).items():
            if not all(isinstance(one, str) for one in (value if isinstance(value, list) else [value])):
                reader.fault("bad_type", f"ui.{section}", key, "must be a list [...] of text in quotes each")


def _check_ends(reader: Reader, text: str) -> None:
    try:
        read_ends(text)
    except ValueError as error:
        reader.fault("bad_value", "day", "ends", str(error))


def _check_terminal(reader: Reader, terminal: TerminalSettings, folder: Path) -> None:
    for key, value in (("store", terminal.store), ("workstation", terminal.workstation)):
        if not _ID.fullmatch(value):
            reader.fault("bad_value", "terminal", key, f"{value!r} may have only letters A to Z, digits and . _ -")
    in_full = len(str(folder / terminal.socket).encode(errors="surrogateescape"))
    if in_full > MAX_SOCKET_BYTES:
        text = f"is {in_full} bytes in full; a socket's path has at most {MAX_SOCKET_BYTES}"
        reader.fault("out_of_range", "terminal", "socket", text)
    if len({folder / path for path in (terminal.snapshot, terminal.journal, terminal.socket)}) < 3:
        reader.fault("conflict", "terminal", "journal", "snapshot, journal and socket must be three different paths")


def _check_gateway(reader: Reader, gateway: GatewayLink) -> None:
    if not is_server_url(gateway.url):
        reader.fault("bad_value", "gateway", "url", f"{gateway.url!r} is not https://HOST:PORT")
    elif not gateway.is_private and not is_loopback(gateway.host):
        text = f"{gateway.url} leaves this machine in the clear: write https://, and enrol the terminal with lane enrol"
        reader.fault("bad_value", "gateway", "url", text)
    if gateway.backoff_low_ms > gateway.backoff_high_ms:
        text = f"{gateway.backoff_low_ms} is more than backoff_high_ms, {gateway.backoff_high_ms}"
        reader.fault("conflict", "gateway", "backoff_low_ms", text)


def _devices(reader: Reader, tables: Mapping[str, Any], folder: Path, resolve: Resolve) -> tuple[DeviceSpec, ...]:
    if len(tables) > MAX_DEVICES:
        reader.fault("out_of_range", "device", "", f"{len(tables)} devices are too many: at most {MAX_DEVICES}")
    found = [_device(reader, tables, name, folder, resolve) for name in list(tables)[:MAX_DEVICES]]
    devices = tuple(device for device in found if device is not None)
    _check_ports(reader, devices)
    return devices


def _check_ports(reader: Reader, devices: tuple[DeviceSpec, ...]) -> None:
    """A port has one device: of two, one would find it in use for ever."""
    first: dict[object, str] = {}
    for device in devices:
        port = device.transport
        place = os.path.normpath(port.path) if isinstance(port, SerialPort) else (port.host, port.port)
        other = first.setdefault(place, device.name)
        if other != device.name:
            text = f"is on the same port as [device.{other}]; a port has one device"
            reader.fault("conflict", f"device.{device.name}", "", text)


def _device(reader: Reader, tables: Mapping[str, Any], name: str, folder: Path, resolve: Resolve) -> DeviceSpec | None:
    section = f"device.{name}"
    if not isinstance(tables[name], dict):
        reader.fault("bad_type", "device", name, f"must be a section [{section}]")
        return None
    if not _ID.fullmatch(name) or len(name) > 32:
        reader.fault("bad_value", section, "", "a device's name is 1 to 32 letters A to Z, digits and . _ -")
    own = dict(tables[name])
    named = own.pop("driver", None)
    tables_of_transport = {table: own.pop(table) for table in TRANSPORT_OF_TABLE if table in own}
    driver = _driver(reader, named, section, resolve)
    port = _port(reader, tables_of_transport, section, folder, driver)
    if driver is None:
        return None
    settings = reader.load(driver.settings_type, own, section)
    if port is None or settings is None:
        return None
    return DeviceSpec(name, driver.name, port, {key: getattr(settings, key) for key in own})


def _driver(reader: Reader, named: Any, section: str, resolve: Resolve) -> Driver | None:
    if named is None:
        reader.fault("missing", section, "driver", f'is missing: the model, "<class>.<model>" ({_folders()})')
    elif not isinstance(named, str) or not _DRIVER.fullmatch(named):
        reader.fault("bad_value", section, "driver", f'{named!r} is not "<class>.<model>" ({_folders()})')
    else:
        try:
            return resolve(named)
        except DriverNameError as error:
            reader.fault("unknown_driver", section, "driver", str(error))
    return None


def _port(
    reader: Reader, tables: dict[str, Any], section: str, folder: Path, driver: Driver | None
) -> SerialPort | TcpPort | None:
    """Where a device is plugged in, from its one table of TRANSPORT_OF_TABLE."""
    if len(tables) != 1:
        said = " and ".join(tables) or "neither"
        text = f"has {said}; it must have exactly one of {' and '.join(TRANSPORT_OF_TABLE)}"
        reader.fault("conflict" if tables else "missing", section, "", text)
        return None
    ((kind, table),) = tables.items()
    inner = f"{section}.{kind}"
    if not isinstance(table, dict):
        reader.fault("bad_type", section, kind, f"must be a section [{inner}]")
        return None
    if driver is not None and kind not in driver.transports:
        text = f"{driver.name} cannot be spoken to over {kind}, only over {' or '.join(driver.transports)}"
        reader.fault("conflict", section, kind, text)
    transport = reader.load(TRANSPORT_OF_TABLE[kind], table, inner)
    if transport is None:
        return None
    if isinstance(transport, SerialTransport):
        if _UNSTABLE.fullmatch(transport.path):
            text = (
                f"{transport.path} is another device after the next plugging; use /dev/serial/by-id/... or by-path/..."
            )
            reader.fault("bad_value", inner, "path", text)
        return transport.port(folder, (driver.serial if driver is not None else None) or SerialLine())
    if transport.host != "localhost" and not _is_address(transport.host):
        text = f"{transport.host!r} is neither an address in digits nor localhost; a till prints without a name server"
        reader.fault("bad_value", inner, "host", text)
    return transport.tcp_port()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _folders() -> str:
    return "classes: " + ", ".join(CLASS_OF_FOLDER)
