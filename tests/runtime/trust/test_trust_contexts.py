"""Handshakes over real sockets, with certificates of the real authorities: who gets through, and who gets nothing."""

from __future__ import annotations

import os
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from runtime.trust import contexts, issuing
from runtime.trust.contexts import Files, Tls, client_context, server_context
from runtime.trust.errors import TrustError
from runtime.trust.names import HQ, Peer, gateway_of, read_peer, server_name
from tests.runtime.trust.chains import NOW, TILL, Chain, meet, new_chain, now_ms

GATEWAY = server_name(gateway_of("S001"))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return new_chain(tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """Another chain with the same names in everything."""
    return new_chain(tmp_path_factory.mktemp("other"))


def test_a_terminal_and_its_gateway_meet(chain: Chain) -> None:
    seen, shown = meet(server_context(chain.gateway()), client_context(chain.till(), now_ms), GATEWAY)
    assert read_peer(seen) == TILL
    assert read_peer(shown) == gateway_of("S001")


def test_a_gateway_and_head_office_meet(chain: Chain) -> None:
    seen, shown = meet(server_context(chain.hq()), client_context(chain.gateway(), now_ms), server_name(HQ))
    assert (read_peer(seen), read_peer(shown)) == (gateway_of("S001"), HQ)


def test_who_shows_no_certificate_is_nobody(chain: Chain) -> None:
    seen, _ = meet(server_context(chain.gateway()), client_context(Files(chain.root_file), now_ms), GATEWAY)
    assert read_peer(seen) is None


@pytest.mark.parametrize("who", ["self-signed", "of another chain", "forged by another terminal", "expired", "future"])
def test_a_wrong_certificate_gets_nothing(chain: Chain, other: Chain, who: str) -> None:
    if who == "self-signed":
        key = issuing.new_key()
        alone = issuing.Authority(issuing.new_root("Chain", NOW).certificate, key)
        own = issuing.key_pem(key) + issuing.issue(alone, key.public_key(), TILL, NOW, 30)
        files = chain.files("self", own)
    elif who == "of another chain":
        files = Files(chain.root_file, other.till().own)
    elif who == "forged by another terminal":  # its key is a terminal's: no authority
        key, mine = issuing.new_key(), issuing.new_key()
        pem = issuing.issue(chain.store("S001"), key.public_key(), TILL, NOW, 30)
        terminal = issuing.Authority(issuing._load(issuing.to_der(pem)), key)
        files = chain.files(
            "forged", issuing.key_pem(mine) + issuing.issue(terminal, mine.public_key(), TILL, NOW, 9) + pem
        )
    elif who == "expired":
        files = chain.till(now=NOW - timedelta(days=20), by=chain.store("S001"), days=10)
    else:
        files = chain.till(now=NOW + timedelta(days=2), by=chain.store("S001", NOW))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        meet(server_context(chain.gateway()), client_context(files, now_ms), GATEWAY)


def test_a_store_authority_cannot_name_another_store(chain: Chain) -> None:
    """Name constraints: OpenSSL refuses, whatever the leaf says of itself."""
    files = chain.till(TILL, by=chain.store("S002"))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        meet(server_context(chain.gateway()), client_context(files, now_ms), GATEWAY)


@pytest.mark.parametrize("peer", [gateway_of("S001"), HQ])
def test_a_store_authority_makes_no_servers(chain: Chain, peer: Peer) -> None:
    key = issuing.new_key()
    pem = issuing.issue(chain.store("S001"), key.public_key(), peer, NOW, 30)
    files = chain.files(f"impostor-{peer.role}", issuing.key_pem(key) + pem)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        meet(server_context(files), client_context(chain.till(), now_ms), server_name(peer))


def test_a_terminal_is_no_gateway(chain: Chain) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        meet(server_context(chain.till()), client_context(chain.till(), now_ms), GATEWAY)


@pytest.mark.parametrize("store", ["S002", "s001"])
def test_the_gateway_of_another_store_is_not_spoken_to(chain: Chain, store: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(server_context(chain.gateway(store)), client_context(chain.till(), now_ms), GATEWAY)


def test_a_gateway_of_another_chain_is_not_spoken_to(chain: Chain, other: Chain) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(server_context(other.gateway()), client_context(Files(chain.root_file), now_ms), GATEWAY)


def test_a_client_that_names_no_server_does_not_connect(chain: Chain) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="names no server"):
        meet(server_context(chain.gateway()), client_context(chain.till(), now_ms), None)


def test_tls_1_2_is_refused(chain: Chain) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(chain.root_file)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        meet(server_context(chain.gateway()), old, GATEWAY)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain.gateway().own)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        meet(server, client_context(chain.till(), now_ms), GATEWAY)


def test_the_system_s_authorities_count_for_nothing(chain: Chain) -> None:
    for context in (client_context(chain.till(), now_ms), server_context(chain.gateway())):
        assert [dict(x[0] for x in one["subject"])["commonName"] for one in context.get_ca_certs()] == ["root"]


# --- time -----------------------------------------------------------------------------------------------------------


def test_dates_are_held_against_the_time_that_is_handed_in(chain: Chain) -> None:
    server, files = server_context(chain.gateway()), chain.till()
    for when, fits in ((0, False), (now_ms(), True), (now_ms() + 11 * 365 * 86_400_000, False), (None, True)):
        context = client_context(files, lambda when=when: when)
        if fits:
            meet(server, context, GATEWAY)
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match=r"holds from|held until"):
                meet(server, context, GATEWAY)


def test_a_till_whose_clock_is_years_behind_reaches_its_gateway_once_it_was_told_the_time(chain: Chain) -> None:
    """To OpenSSL, which asks this machine's clock, the gateway's certificate holds from years ahead on."""
    ahead = timedelta(days=3 * 365)
    server = server_context(chain.gateway(now=NOW + ahead), check_time=False)
    told = now_ms() + int(ahead.total_seconds()) * 1000
    files = chain.till(by=chain.store("S001", NOW + ahead), now=NOW + ahead)
    meet(server, client_context(files, lambda: told), GATEWAY)
    with pytest.raises(ssl.SSLCertVerificationError, match="holds from"):
        meet(server, client_context(files, now_ms), GATEWAY)
    strict = client_context(files, lambda: told)
    strict.verify_flags &= ~contexts.NO_CHECK_TIME
    with pytest.raises(ssl.SSLCertVerificationError, match="not yet valid"):
        meet(server, strict, GATEWAY)


def test_without_the_time_the_chain_is_verified_all_the_same(chain: Chain, other: Chain) -> None:
    untimed = client_context(Files(chain.root_file), lambda: None)
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(server_context(other.gateway()), untimed, GATEWAY)


def test_a_server_with_a_wrong_clock_looks_at_chains_and_not_at_dates(chain: Chain, other: Chain) -> None:
    server = server_context(chain.gateway(), check_time=False)
    ended = chain.till(now=NOW - timedelta(days=20), days=10, by=chain.store("S001"))
    assert read_peer(meet(server, client_context(ended, now_ms), GATEWAY)[0]) == TILL
    with pytest.raises((ssl.SSLError, ConnectionError)):
        meet(server, client_context(Files(chain.root_file, other.till().own), now_ms), GATEWAY)


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_renewed_certificate_counts_from_the_next_connection_on(chain: Chain, tmp_path: Path) -> None:
    own = tmp_path / "terminal.pem"
    own.write_bytes(chain.till().own.read_bytes())
    tls = Tls(Files(chain.root_file, own), gateway_of("S001"), now_ms)
    server = server_context(chain.gateway())
    first = meet(server, tls.context(), tls.server_name)[0]
    assert tls.context() is tls.context()
    new = tmp_path / "new"
    new.write_bytes(chain.till().own.read_bytes())
    new.replace(own)
    second = meet(server, tls.context(), tls.server_name)[0]
    assert first["serialNumber"] != second["serialNumber"]


@pytest.mark.parametrize("spoiled", ["missing", "empty", "cut", "garbage", "another key"])
def test_files_that_cannot_be_used_are_said(chain: Chain, tmp_path: Path, spoiled: str) -> None:
    own = tmp_path / "terminal.pem"
    good = chain.till().own.read_bytes()
    if spoiled != "missing":
        own.write_bytes(
            {
                "empty": b"",
                "cut": good[: len(good) // 2],
                "garbage": os.urandom(900),
                "another key": issuing.key_pem(issuing.new_key()) + good[good.index(b"-----BEGIN CERT") :],
            }[spoiled]
        )
    with pytest.raises(TrustError):
        client_context(Files(chain.root_file, own), now_ms)
    with pytest.raises(OSError):
        Tls(Files(chain.root_file, own), gateway_of("S001"), now_ms).context()


# --- broken variants ------------------------------------------------------------------------------------------------


def test_broken_without_a_name_any_store_s_gateway_would_do(chain: Chain) -> None:
    """The one line that `test_the_gateway_of_another_store_is_not_spoken_to` rests on."""
    context = client_context(chain.till(), now_ms)
    context.check_hostname = False
    meet(server_context(chain.gateway("S002")), context, GATEWAY)


def test_broken_without_the_dates_an_ended_gateway_would_do(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    server = server_context(chain.gateway(), check_time=False)
    later = lambda: now_ms() + 11 * 365 * 86_400_000  # noqa: E731
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(server, client_context(chain.till(), later), GATEWAY)
    monkeypatch.setattr(contexts, "check_dates", lambda shown, now: None)
    meet(server, client_context(chain.till(), later), GATEWAY)
