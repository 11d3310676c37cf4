"""Who a certificate names: only what the chain's own authorities write is read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.trust import names
from runtime.trust.errors import TrustError
from runtime.trust.names import HQ, Peer, gateway_of, read_peer, read_urn, server_name
from tests.runtime.trust.chains import TILL

NUMBERS = st.from_regex(names.NAME, fullmatch=True)


def shown(peer: Peer = TILL, **other: Any) -> dict[str, Any]:
    """As getpeercert() shows it."""
    unit = [("organizationalUnitName", peer.store)] if peer.store else []
    by = [*unit, ("commonName", f"ca/{peer.store}")] if peer.role == "terminal" else [("commonName", "root")]
    chain = ("organizationName", "Chain")
    return {
        "subject": tuple((pair,) for pair in (chain, *unit, ("commonName", peer.common_name))),
        "issuer": tuple((pair,) for pair in (chain, *by)),
        "subjectAltName": (("URI", peer.urn),),
        "serialNumber": "0A",
        **other,
    }


@pytest.mark.parametrize("peer", [TILL, gateway_of("S001"), HQ])
def test_it_reads_what_the_authorities_write(peer: Peer) -> None:
    assert read_peer(shown(peer)) == peer


def test_no_certificate_is_nobody() -> None:
    assert read_peer(None) is None
    assert read_peer({}) is None


@given(NUMBERS, NUMBERS, st.integers(1, (1 << 64) - 1))
def test_a_urn_is_read_as_it_was_written(store: str, name: str, epoch: int) -> None:
    peer = Peer("terminal", store, name, epoch)
    assert read_urn(peer.urn) == peer


@given(NUMBERS, NUMBERS)
def test_two_stores_never_share_a_server_name(one: str, two: str) -> None:
    same = server_name(gateway_of(one)).lower() == server_name(gateway_of(two)).lower()
    assert same == (one == two)
    assert all(len(label) <= 63 for label in server_name(gateway_of(one)).split("."))


WRONG: dict[str, dict[str, Any]] = {
    "issuer of another store": {"issuer": shown(Peer("terminal", "S002", "03", 1))["issuer"]},
    "issued by the root": {"issuer": shown(HQ)["issuer"]},
    "subject of another store": {"subject": shown(Peer("terminal", "S002", "03", 1))["subject"]},
    "subject of another terminal": {"subject": shown(Peer("terminal", "S001", "04", 1))["subject"]},
    "subject of a gateway": {"subject": shown(gateway_of("S001"))["subject"]},
    "no SAN": {"subjectAltName": ()},
    "two SANs": {"subjectAltName": (("URI", TILL.urn), ("URI", TILL.urn))},
    "SAN of a gateway": {"subjectAltName": (("URI", gateway_of("S001").urn),)},
    "SAN of another kind": {"subjectAltName": (("DNS", TILL.urn),)},
    "an attribute twice": {"subject": (*shown()["subject"], (("organizationalUnitName", "S001"),))},
    "another attribute": {"subject": (*shown()["subject"], (("countryName", "CN"),))},
    "no subject": {"subject": ()},
    "no issuer": {"issuer": ()},
    "no number": {"serialNumber": ""},
}


@pytest.mark.parametrize("what", WRONG)
def test_names_that_no_authority_of_ours_gives_are_refused(what: str) -> None:
    with pytest.raises(TrustError):
        read_peer(shown(**WRONG[what]))


@pytest.mark.parametrize(
    "urn",
    [
        "",
        "urn:lanekit:S001:terminal:03",
        "urn:lanekit:S001:terminal:03:abcdef0123456789:x",
        "urn:lanekit:S001:terminal:03:ABCDEF0123456789",
        "urn:lanekit:S001:terminal:03:0",
        "urn:lanekit:S001:terminal:03:0000000000000000",
        "urn:lanekit::terminal:03:abcdef0123456789",
        "urn:lanekit:S001:cashier:03:abcdef0123456789",
        "urn:lanekit:S001:gateway:S002:0000000000000000",
        "urn:lanekit:S001:gateway:S001:0000000000000001",
        "urn:lanekit:S001:hq:hq:0000000000000000",
        "urn:other:S001:terminal:03:abcdef0123456789",
        "urn:lanekit:S 1:terminal:03:abcdef0123456789",
        "urn:lanekit:S001:terminal:03:\u0661bcdef0123456789",
    ],
)
def test_a_urn_of_another_form_is_refused(urn: str) -> None:
    with pytest.raises(TrustError):
        read_urn(urn)


@given(st.text(max_size=90) | st.builds(lambda parts: ":".join(parts), st.lists(st.text(max_size=20), max_size=7)))
def test_whatever_a_san_says_is_a_peer_or_a_sentence(urn: str) -> None:
    try:
        assert read_urn(urn).urn == urn
    except TrustError as error:
        assert error.code == "wrong_peer"
