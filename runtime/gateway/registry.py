"""The store's registration authority: which terminals are enrolled, their codes, and who is let in.

    store-ca.pem  gateway.pem  root.pem     from `lane ca store`
    registry.db                             codes (hashed), every certificate that was issued, what was revoked

A file of its own, beside the keys that it belongs to: moving a damaged gateway.db away forgets no terminal. Written and
synced before anything is answered (runtime.journal.database). A certificate counts only while it stands here and is not
revoked: one that somebody else made with a stolen authority does not.

Every answer may be lost: the same key asking again gets the same certificate.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runtime.gateway.errors import GatewayError
from runtime.journal.database import Database, blob, text, whole
from runtime.journal.errors import JournalError
from runtime.trust import issuing
from runtime.trust.authority import GATEWAY, ROOT, STORE_CA, read_file
from runtime.trust.codes import EnrolmentCode, is_kept, keep_code, make_code, read_code
from runtime.trust.contexts import Files, server_context
from runtime.trust.dates import validity
from runtime.trust.errors import TrustError
from runtime.trust.names import Peer, check_name, gateway_of
from runtime.wire.enrolment import MAX_CARRIED, EnrolRequest, RenewRequest, renewal

log = logging.getLogger("lane.gateway")

APPLICATION = 0x6C616E72  # "lanr": lanekit's registry, in the file's header
VERSION = 1
REGISTRY = "registry.db"
MOST_WRONG = 5  # codes that may be mistaken for one that is open; then it is void
MAX_EPOCH = (1 << 64) - 1
MINUTE_MS = 60_000

SCHEMA = """
CREATE TABLE code (
    terminal TEXT PRIMARY KEY,
    kept BLOB NOT NULL,
    made_at_ms INTEGER NOT NULL,
    ends_at_ms INTEGER NOT NULL,
    wrong INTEGER NOT NULL DEFAULT 0,
    serial TEXT
);
CREATE TABLE certificate (
    serial TEXT PRIMARY KEY,
    terminal TEXT NOT NULL,
    epoch TEXT NOT NULL,
    public_key BLOB NOT NULL,
    pem BLOB NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    ends_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER
);
CREATE TABLE carried (
    terminal TEXT NOT NULL,
    epoch TEXT NOT NULL,
    UNIQUE (terminal, epoch)
);
"""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One certificate that was issued."""

    terminal: str
    epoch: int
    issued_at_ms: int
    ends_at_ms: int
    revoked_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Authority:
    """What signs here, and what every code is marked with."""

    store: str
    issuer: issuing.Authority
    root_pem: bytes

    @property
    def root_der(self) -> bytes:
        return issuing.to_der(self.root_pem)


def read_authority(folder: Path, store: str) -> Authority:
    """From the files of `lane ca store`. Raises GatewayError `trust`."""
    try:
        issuer = issuing.read_authority(read_file(folder / STORE_CA))
        if issuing.subject_store(issuer) != store:
            raise TrustError("wrong_peer", detail=f"{STORE_CA} is of store {issuing.subject_store(issuer) or 'none'}")
        return Authority(store, issuer, read_file(folder / ROOT))
    except TrustError as error:
        raise GatewayError("trust", detail=f"{error} {error.remedy}".rstrip(".")) from error


def server_tls(folder: Path, store: str, now_ms: int) -> ssl.SSLContext:
    """For the gateway's listener. A clock from before its own certificate is wrong: then dates are not looked at, for a
    store whose gateway has a dead battery sells on. Raises GatewayError `trust`."""
    try:
        own = read_file(folder / GATEWAY)
        first_ms, last_ms = validity(issuing.to_der(own))
        if now_ms > last_ms:
            log.warning("the gateway's certificate has ended: make a new one with lane ca store")
        if now_ms < first_ms:
            log.warning("the clock is before the gateway's certificate: dates of terminals' are not looked at; set it")
        peer = issuing.named(own)
        if peer != gateway_of(store):
            raise TrustError("wrong_peer", detail=f"{GATEWAY} is of the {peer}")
        return server_context(Files(folder / ROOT, folder / GATEWAY), check_time=now_ms >= first_ms)
    except TrustError as error:
        raise GatewayError("trust", detail=f"{error} {error.remedy}".rstrip(".")) from error


class Registry:
    """One store's. `clock` gives milliseconds UTC. Not for two threads. Raises GatewayError: `disk_full`, and
    `store_broken` (fatal) after a failed sync."""

    def __init__(
        self, database: Database, authority: Authority, clock: Callable[[], int], *, days: int = issuing.TERMINAL_DAYS
    ) -> None:
        self._database = database
        self._authority = authority
        self._clock = clock
        self._days = days
        with _told(), database.reading() as connection:
            rows = connection.execute("SELECT serial, terminal, epoch FROM certificate WHERE revoked_at_ms IS NULL")
            self._live = {int(serial, 16): (terminal, int(epoch, 16)) for serial, terminal, epoch in rows}
            known = connection.execute("SELECT terminal, epoch FROM certificate UNION SELECT * FROM carried")
            self._lines = {(terminal, int(epoch, 16)) for terminal, epoch in known}

    @classmethod
    def open(cls, folder: Path, store: str, clock: Callable[[], int], *, days: int = issuing.TERMINAL_DAYS) -> Registry:
        """The registry in `folder`, made if it is not there. Raises GatewayError `trust`, `store_cannot_open`."""
        authority = read_authority(folder, store)
        path = folder / REGISTRY
        try:
            database = Database(path, application=APPLICATION, schema=SCHEMA, version=VERSION)
        except JournalError as error:
            code = {"IN_USE": "store_in_use", "DISK_FULL": "disk_full"}.get(error.code, "store_cannot_open")
            raise GatewayError(code, path=str(path), detail=error.detail or error.code) from error
        return cls(database, authority, clock, days=days)

    def close(self) -> None:
        try:
            self._database.close()
        except JournalError:
            return  # what was answered is on disk already

    @property
    def root_pem(self) -> bytes:
        return self._authority.root_pem

    # --- who is let in -----------------------------------------------------------------------------------------------

    def admit(self, peer: Peer | None) -> Peer:
        """The terminal, where it is one of this store's and enrolled; asked before every request, also on a connection
        that has long been open. Raises GatewayError `no_certificate`, `not_yours`, `not_enrolled`."""
        if peer is None:
            raise GatewayError("no_certificate")
        if peer.role != "terminal" or peer.store != self._authority.store:
            raise GatewayError("not_yours", peer=str(peer), store=self._authority.store)
        if self._live.get(peer.serial) != (peer.name, peer.epoch):
            raise GatewayError("not_enrolled", peer=str(peer))
        return peer

    def check_line(self, peer: Peer, terminal: str, epoch: int) -> None:
        """Whether the terminal may send these records: its own, also of the epochs that its journal had before.
        Raises GatewayError `not_its_line`."""
        if terminal != peer.name or (terminal, epoch) not in self._lines:
            raise GatewayError("not_its_line", peer=str(peer), terminal=terminal, epoch=f"{epoch:016x}")

    # --- codes and certificates --------------------------------------------------------------------------------------

    def make_code(self, terminal: str, random_bytes: bytes, minutes: int) -> str:
        """A new code for one terminal; one that was open is void. Raises GatewayError `bad_field`."""
        _check(terminal)
        now = self._clock()
        code = make_code(random_bytes[:5], self._authority.root_der, self._authority.store, terminal)
        with _told(), self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO code (terminal, kept, made_at_ms, ends_at_ms) VALUES (?,?,?,?)",
                (terminal, keep_code(code, random_bytes[5:]), now, now + minutes * MINUTE_MS),
            )
        return code.text

    def enrol(self, asked: EnrolRequest) -> bytes:
        """A certificate in PEM for who knows the code. Raises GatewayError `wrong_store`, `bad_field`, `bad_code`,
        `bad_request_for`, `no_code`, `code_ended`, `code_wrong`, `code_used`, `clock`."""
        self._check_asked(asked.store, asked.terminal, asked.epoch)
        carried = asked.carried
        if len(carried) > MAX_CARRIED or not all(1 <= one <= MAX_EPOCH for one in carried):
            raise GatewayError("bad_field", detail="the epochs before are not as agreed")
        key, code = _read(asked.request, asked.code)
        with _told(), self._database.transaction() as connection:
            open_code = connection.execute(
                "SELECT kept, ends_at_ms, wrong, serial FROM code WHERE terminal=?", (asked.terminal,)
            ).fetchone()
            if open_code is None or open_code[2] >= MOST_WRONG:
                raise GatewayError("no_code", terminal=asked.terminal)
            kept, ends_at_ms, wrong, serial = open_code
            if self._clock() > ends_at_ms:
                raise GatewayError("code_ended", terminal=asked.terminal)
            right = is_kept(code, kept)
            if not right:
                connection.execute("UPDATE code SET wrong=? WHERE terminal=?", (wrong + 1, asked.terminal))
            elif serial is not None:
                return self._again(connection, serial, asked, key)
            else:
                pem = self._issue(connection, asked.terminal, asked.epoch, key)
                issued = _serial(issuing.serial_of(pem))
                connection.execute("UPDATE code SET serial=? WHERE terminal=?", (issued, asked.terminal))
                for epoch in (*carried, asked.epoch):
                    line = (asked.terminal, f"{epoch:016x}")
                    connection.execute("INSERT OR IGNORE INTO carried VALUES (?,?)", line)
        if not right:  # counted, on disk
            raise GatewayError("code_wrong", terminal=asked.terminal, left=MOST_WRONG - wrong - 1)
        self._let_in(pem, asked.terminal, asked.epoch)
        self._lines |= {(asked.terminal, epoch) for epoch in carried}
        return pem

    def renew(self, asked: RenewRequest) -> bytes:
        """A certificate in PEM for a new key, which a key that has one has asked for, ended or not.

        Raises GatewayError `wrong_store`, `bad_field`, `bad_request_for`, `not_known`, `clock`."""
        self._check_asked(asked.store, asked.terminal, asked.epoch)
        key, _ = _read(asked.request, None)
        new = issuing.public_bytes(key)
        with _told(), self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT public_key, pem FROM certificate WHERE terminal=? AND epoch=? AND revoked_at_ms IS NULL",
                (asked.terminal, f"{asked.epoch:016x}"),
            ).fetchall()
            said = renewal(asked.request)
            if not any(issuing.signed_by(blob(public), asked.signature, said) for public, _ in rows):
                raise GatewayError("not_known", terminal=asked.terminal)
            for public, known in rows:
                if public == new:
                    return blob(known)
            pem = self._issue(connection, asked.terminal, asked.epoch, key)
        self._let_in(pem, asked.terminal, asked.epoch)
        return pem

    def revoke(self, terminal: str, epoch: int | None) -> int:
        """No certificate of this terminal (of this epoch of it) counts any more; its code is void. How many did."""
        _check(terminal)
        of_epoch = "" if epoch is None else f" AND epoch='{epoch:016x}'"
        with _told(), self._database.transaction() as connection:
            connection.execute("DELETE FROM code WHERE terminal=?", (terminal,))
            connection.execute(
                f"UPDATE certificate SET revoked_at_ms=? WHERE terminal=? AND revoked_at_ms IS NULL{of_epoch}",
                (self._clock(), terminal),
            )
            count = int(connection.changes())
        self._live = {
            serial: line for serial, line in self._live.items() if line[0] != terminal or epoch not in (None, line[1])
        }
        return count

    def enrolled(self) -> list[Enrolled]:
        """The newest certificate of every terminal and epoch, by name, the oldest epoch first."""
        with _told(), self._database.reading() as connection:
            rows = connection.execute(
                "SELECT terminal, epoch, max(issued_at_ms), ends_at_ms, revoked_at_ms FROM certificate"
                " GROUP BY terminal, epoch ORDER BY terminal, issued_at_ms"
            ).fetchall()
        return [
            Enrolled(
                text(name), int(text(epoch), 16), whole(issued), whole(ends), None if gone is None else whole(gone)
            )
            for name, epoch, issued, ends, gone in rows
        ]

    # --- underneath --------------------------------------------------------------------------------------------------

    def _check_asked(self, store: str, terminal: str, epoch: int) -> None:
        _check(terminal)
        if store != self._authority.store:
            raise GatewayError("wrong_store", terminal=terminal, sent=store[:64], store=self._authority.store)
        if not 1 <= epoch <= MAX_EPOCH:
            raise GatewayError("bad_field", detail="the epoch is not of 64 bits")

    def _again(self, connection: Any, serial: str, asked: EnrolRequest, key: Any) -> bytes:
        """The answer was lost: the same key, of the same epoch, asks with the same code."""
        row = connection.execute(
            "SELECT public_key, epoch, pem FROM certificate WHERE serial=? AND revoked_at_ms IS NULL", (serial,)
        ).fetchone()
        if row is None or row[:2] != (issuing.public_bytes(key), f"{asked.epoch:016x}"):
            raise GatewayError("code_used", terminal=asked.terminal)
        return blob(row[2])

    def _issue(self, connection: Any, terminal: str, epoch: int, key: Any) -> bytes:
        peer = Peer("terminal", self._authority.store, terminal, epoch)
        now = datetime.fromtimestamp(self._clock() / 1000, UTC)
        try:
            pem = issuing.issue(self._authority.issuer, key, peer, now, self._days)
        except TrustError as error:
            raise GatewayError("clock" if error.code == "clock" else "trust", detail=str(error).rstrip(".")) from error
        connection.execute(
            "INSERT INTO certificate VALUES (?,?,?,?,?,?,?,NULL)",
            (
                _serial(issuing.serial_of(pem)),
                terminal,
                f"{epoch:016x}",
                issuing.public_bytes(key),
                pem,
                self._clock(),
                validity(issuing.to_der(pem))[1],
            ),
        )
        return pem

    def _let_in(self, pem: bytes, terminal: str, epoch: int) -> None:
        self._live[issuing.serial_of(pem)] = terminal, epoch
        self._lines.add((terminal, epoch))


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with the database, as the gateway says it."""
    try:
        yield
    except JournalError as error:
        if error.code == "DISK_FULL":
            raise GatewayError("disk_full") from error
        raise GatewayError("store_broken", fatal=True) from error


def _read(request: bytes, code: str | None) -> tuple[Any, EnrolmentCode]:
    try:
        return issuing.read_request(request), read_code(code) if code is not None else EnrolmentCode(0, 0)
    except TrustError as error:
        wrong = "bad_code" if error.code.startswith("code_") else "bad_request_for"
        raise GatewayError(wrong, detail=str(error).rstrip(".")) from error


def _check(terminal: str) -> None:
    try:
        check_name("terminal", terminal)
    except TrustError as error:
        raise GatewayError("bad_field", detail=str(error).rstrip(".")) from error


def _serial(number: int) -> str:
    return f"{number:040x}"
