"""The names in a chain's certificates (X.509, RFC 5280): made by the authorities, read after every handshake. Pure.

    issuer    subject                              who
    itself    O=chain, CN=root                     the chain's root, offline
    root      O=chain, OU=store, CN=ca/store       a store's authority, in its gateway; issues terminals alone
    root      O=chain, OU=store, CN=gateway/store  a store's gateway
    root      O=chain, CN=hq/hq                    head office
    ca/store  O=chain, OU=store, CN=terminal/03    a terminal

All but root and store authorities have one SAN of kind URI, `urn:lanekit:STORE:ROLE:NAME:EPOCH` (the epoch in 16 hex
digits), and those that serve one of kind DNS, `server_name`. Names are not addresses: a till finds its gateway by
number, and asks for it by the name that only this store's gateway has, whatever wire it is on.

Python shows a peer's own certificate and not its chain, so the store stands in the issuer's name too; that an authority
names only its own store is held by OpenSSL (name constraints), and here again.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from runtime.trust.dates import BEFORE_MS
from runtime.trust.errors import TrustError

Role = Literal["terminal", "gateway", "hq"]

ROLES = ("terminal", "gateway", "hq")
MAX_NAME = 20  # characters of a store's or terminal's number, as in their settings
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")
MAX_CHAIN = 64  # characters of the chain's name: X.520's limit for O
ROOT = "root"
AUTHORITY = "ca"
_EPOCH = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end, as its certificate says. `store` is empty for head office; `epoch` is 0 for all but
    terminals, whose journal's it is. `serial` is the certificate's number, for who keeps a list of them; `made_ms` is
    when it was made (UTC, to the second), 0 where it does not say."""

    role: Role
    store: str
    name: str
    epoch: int = 0
    serial: int = field(default=0, compare=False)
    made_ms: int = field(default=0, compare=False)

    @property
    def urn(self) -> str:
        return f"urn:lanekit:{self.store}:{self.role}:{self.name}:{self.epoch:016x}"

    @property
    def common_name(self) -> str:
        return f"{self.role}/{self.name}"

    def __str__(self) -> str:
        if self.role == "terminal":
            return f"terminal {self.name} of store {self.store}, epoch {self.epoch:016x}"
        return f"gateway of store {self.store}" if self.role == "gateway" else "head office"


HQ = Peer("hq", "", "hq")


def gateway_of(store: str) -> Peer:
    return Peer("gateway", store, store)


def server_name(peer: Peer) -> str:
    """The name to ask this gateway or head office for in the handshake. Hex of the store: DNS knows no capitals."""
    if peer.role == "hq":
        return "hq.lanekit.invalid"
    return f"{peer.role}.{peer.store.encode().hex()}.lanekit.invalid"


def check_name(what: str, name: str) -> None:
    """Raises TrustError `bad_name`."""
    if not NAME.fullmatch(name):
        raise TrustError("bad_name", detail=f"{name[:64]!r} is no name of a {what}")


def read_peer(shown: Mapping[str, Any] | None) -> Peer | None:
    """Who `SSLObject.getpeercert()` shows, after the chain was verified; None where there is no certificate.

    Raises TrustError `wrong_peer` for names that no authority of ours gives: the handshake was right, the peer is not.
    """
    if not shown:
        return None
    subject, issuer = _attributes(shown.get("subject")), _attributes(shown.get("issuer"))
    peer = _read_urn(shown.get("subjectAltName", ()))
    organisation = {"organizationName": subject.get("organizationName", "")}
    unit = {"organizationalUnitName": peer.store} if peer.store else {}
    if subject != {**organisation, **unit, "commonName": peer.common_name}:
        raise TrustError("wrong_peer", detail="subject and SAN say different things")
    if peer.role == "terminal":
        expected = {**organisation, **unit, "commonName": f"{AUTHORITY}/{peer.store}"}
    else:
        expected = {**organisation, "commonName": ROOT}
    if issuer != expected:
        raise TrustError("wrong_peer", detail=f"the {peer} is not issued by who may issue it")
    try:
        return replace(peer, serial=int(shown["serialNumber"], 16), made_ms=_made_ms(shown))
    except (KeyError, ValueError) as error:
        raise TrustError("wrong_peer", detail="it has no number") from error


def _made_ms(shown: Mapping[str, Any]) -> int:
    try:
        return int(ssl.cert_time_to_seconds(shown["notBefore"])) * 1000 + BEFORE_MS
    except (KeyError, ValueError):
        return 0


def read_urn(urn: str) -> Peer:
    """A Peer from the SAN that says who it is. Raises TrustError `wrong_peer`."""
    parts = urn.split(":")
    if len(parts) != 6 or parts[:2] != ["urn", "lanekit"]:
        raise TrustError("wrong_peer", detail="the SAN is not one of this chain's")
    _, _, store, role, name, epoch = parts
    named = store == "" if role == "hq" else NAME.fullmatch(store)
    if role not in ROLES or not named or not NAME.fullmatch(name) or not _EPOCH.fullmatch(epoch):
        raise TrustError("wrong_peer", detail="the SAN is not one of this chain's")
    peer = Peer(cast(Role, role), store, name, int(epoch, 16))
    singular = {"gateway": gateway_of(store), "hq": HQ}.get(role)
    if (peer.epoch == 0) if singular is None else peer != singular:
        raise TrustError("wrong_peer", detail="the SAN is not one of this chain's")
    return peer


def _read_urn(names: Any) -> Peer:
    found = [value for kind, value in names if kind == "URI"]
    if len(found) != 1:
        raise TrustError("wrong_peer", detail=f"{len(found)} names of kind URI where one is due")
    return read_urn(str(found[0]))


def _attributes(name: Any) -> dict[str, str]:
    """A distinguished name as getpeercert() has it. Raises TrustError for one attribute twice."""
    pairs = [pair for part in name or () for pair in part]
    if len({key for key, _ in pairs}) != len(pairs):
        raise TrustError("wrong_peer", detail="a name has an attribute twice")
    return dict(pairs)
