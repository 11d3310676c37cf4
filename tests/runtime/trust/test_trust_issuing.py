"""What the authorities make, and what they refuse: a request decides nothing but its public key."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.cli import main
from runtime.trust import issuing
from runtime.trust.authority import read_root
from runtime.trust.dates import certificates, validity
from runtime.trust.errors import SENTENCES, TrustError
from runtime.trust.names import Peer
from tests.runtime.trust.chains import NOW, TILL, Chain, new_chain


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return new_chain(tmp_path_factory.mktemp("chain"))


def request_of(key: Any, digest: Any = None, **extensions: Any) -> bytes:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Chain"),
            x509.NameAttribute(NameOID.COMMON_NAME, "gateway/S001"),
        ]
    )
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for one in extensions.values():
        builder = builder.add_extension(one, critical=True)
    return builder.sign(key, digest).public_bytes(serialization.Encoding.PEM)


def test_names_and_extensions_of_a_request_count_for_nothing(chain: Chain) -> None:
    key = issuing.new_key()
    pem = request_of(
        key,
        hashes.SHA256(),
        ca=x509.BasicConstraints(ca=True, path_length=None),
        names=x509.SubjectAlternativeName(
            [x509.UniformResourceIdentifier("urn:lanekit:S001:gateway:S001:0000000000000000")]
        ),
    )
    issued = issuing.issue(chain.store("S001"), issuing.read_request(pem), TILL, NOW, 365)
    made = x509.load_pem_x509_certificate(issued)
    found = {one.oid: one.value for one in made.extensions}
    assert made.subject.rfc4514_string() == "CN=terminal/03,OU=S001,O=Chain"
    assert found[x509.SubjectAlternativeName.oid].get_values_for_type(x509.UniformResourceIdentifier) == [TILL.urn]
    assert found[x509.BasicConstraints.oid].ca is False
    assert [one.dotted_string for one in found[x509.ExtendedKeyUsage.oid]] == ["1.3.6.1.5.5.7.3.2"]
    assert len(certificates(issued)) == 2


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda: (rsa.generate_private_key(65537, 2048), hashes.SHA256()), id="RSA"),
        pytest.param(lambda: (ec.generate_private_key(ec.SECP384R1()), hashes.SHA256()), id="P-384"),
        pytest.param(
            lambda: (ec.generate_private_key(ec.SECP256K1()), hashes.SHA256()), id="another curve of 256 bits"
        ),
        pytest.param(lambda: (ed25519.Ed25519PrivateKey.generate(), None), id="Ed25519"),
        pytest.param(lambda: (ec.generate_private_key(ec.SECP256R1()), hashes.SHA512()), id="another hash"),
    ],
)
def test_another_kind_of_key_is_refused(key: Any) -> None:
    with pytest.raises(TrustError, match="refused"):
        issuing.read_request(request_of(*key()))


def test_a_request_that_its_key_has_not_signed_is_refused() -> None:
    der = bytearray(ssl.PEM_cert_to_DER_cert(
        issuing.make_request(issuing.new_key(), "x").decode().replace("CERTIFICATE REQUEST", "CERTIFICATE")
    ))  # fmt: skip
    der[-3] ^= 1
    pem = ssl.DER_cert_to_PEM_cert(bytes(der)).replace("CERTIFICATE", "CERTIFICATE REQUEST").encode()
    with pytest.raises(TrustError, match="refused"):
        issuing.read_request(pem)


def test_a_request_of_many_bytes_is_not_read() -> None:
    pem = issuing.make_request(issuing.new_key(), "x")
    issuing.read_request(pem)
    with pytest.raises(TrustError, match="more than 4096 bytes"):
        issuing.read_request(pem + b"\n" * 4096)


GOOD_REQUEST = issuing.make_request(issuing.new_key(), "terminal 03")


@settings(max_examples=60)
@given(st.binary(max_size=300) | st.builds(lambda at, new: GOOD_REQUEST[:at] + new + GOOD_REQUEST[at + len(new) :],
                                           st.integers(0, len(GOOD_REQUEST)), st.binary(max_size=4)))  # fmt: skip
def test_whatever_a_request_is_it_is_a_key_or_a_sentence(pem: bytes) -> None:
    try:
        assert isinstance(issuing.read_request(pem), ec.EllipticCurvePublicKey)
    except TrustError as error:
        assert error.code == "bad_request"


def test_only_the_key_s_own_signature_is_taken() -> None:
    key, other = issuing.new_key(), issuing.new_key()
    public = issuing.public_bytes(key.public_key())
    assert issuing.signed_by(public, issuing.sign(key, b"this"), b"this")
    assert not issuing.signed_by(public, issuing.sign(key, b"this"), b"that")
    assert not issuing.signed_by(public, issuing.sign(other, b"this"), b"this")
    assert not issuing.signed_by(public, b"", b"this")
    assert not issuing.signed_by(b"no key", issuing.sign(key, b"this"), b"this")


@pytest.mark.parametrize("name", ["", "a b", "03/..", "x" * 21, "店", "-1"])
def test_a_name_that_is_none_gets_no_certificate(chain: Chain, name: str) -> None:
    key = issuing.new_key().public_key()
    with pytest.raises(TrustError, match="is no name of"):
        issuing.issue(chain.store("S001"), key, Peer("terminal", "S001", name, 1), NOW, 30)
    with pytest.raises(TrustError, match="is no name of"):
        issuing.new_store_authority(chain.root, name, NOW)


def test_a_clock_in_1970_makes_no_certificates(chain: Chain) -> None:
    with pytest.raises(TrustError, match="1970-01-01"):
        issuing.issue(chain.root, issuing.new_key().public_key(), TILL, datetime(1970, 1, 1, tzinfo=UTC), 30)


def test_no_certificate_outlives_its_authority(chain: Chain) -> None:
    authority = chain.store("S001")
    late = NOW + timedelta(days=issuing.STORE_DAYS - 10)
    pem = issuing.issue(authority, issuing.new_key().public_key(), TILL, late, 365)
    assert validity(certificates(pem)[0])[1] <= validity(certificates(authority.pem)[0])[1]
    with pytest.raises(TrustError, match="has ended"):
        issuing.issue(authority, issuing.new_key().public_key(), TILL, late + timedelta(days=20), 365)


# --- dates and PEM, without the library ----------------------------------------------------------------------------


@given(st.datetimes(datetime(2026, 1, 1), datetime(2070, 1, 1)), st.integers(1, 5000))
@settings(max_examples=30)
def test_the_dates_are_those_of_the_library(now: datetime, days: int) -> None:
    root = issuing.new_root("链", now.replace(tzinfo=UTC))
    first, last = validity(certificates(root.pem)[0])
    made = root.certificate
    for name, said in (("not_valid_before", first), ("not_valid_after", last)):
        theirs = getattr(made, f"{name}_utc", None) or getattr(made, name).replace(tzinfo=UTC)
        assert theirs.timestamp() * 1000 == said


GOOD = issuing.new_root("Chain", NOW).pem


@given(st.binary(max_size=200) | st.builds(lambda at, new: GOOD[:at] + new + GOOD[at + len(new) :],
                                           st.integers(0, len(GOOD)), st.binary(max_size=6)))  # fmt: skip
def test_whatever_a_pem_is_it_has_dates_or_a_sentence(pem: bytes) -> None:
    try:
        first, last = validity(certificates(pem)[0])
    except TrustError as error:
        assert error.code == "bad_certificate"
    else:
        assert isinstance(first, int) and isinstance(last, int)


@pytest.mark.parametrize("at", range(0, len(GOOD) - 27, 37))
def test_a_pem_that_was_cut_short_is_no_certificate(at: int) -> None:
    with pytest.raises(TrustError):
        issuing.read_authority(GOOD[:at])
    with pytest.raises(TrustError):
        certificates(GOOD[:at])


# --- lane ca --------------------------------------------------------------------------------------------------------


def test_a_chain_is_made_in_three_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    safe, out = tmp_path / "safe", tmp_path / "S001"
    assert main(["ca", "new", str(safe), "--chain", "示范便利"]) == 0
    assert main(["ca", "store", str(safe), "S001", "-o", str(out)]) == 0
    assert main(["ca", "hq", str(safe), "-o", str(tmp_path / "hq")]) == 0
    said = capsys.readouterr().out
    assert said.count("keep it secret") == 4 and said.count("for everybody") == 3
    authority = issuing.read_authority((out / "store-ca.pem").read_bytes())
    assert issuing.subject_store(authority) == "S001"
    for path in (safe / "root.key", out / "store-ca.pem", out / "gateway.pem", tmp_path / "hq" / "hq.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (out / "root.pem").read_bytes() == (safe / "root.pem").read_bytes()
    assert issuing.subject_store(read_root(safe)) == ""


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ca", "new", str(tmp_path), "--chain", "Chain"])
    before = (tmp_path / "root.key").read_bytes()
    assert main(["ca", "new", str(tmp_path), "--chain", "Chain"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "root.key").read_bytes() == before
    assert main(["ca", "store", str(tmp_path / "nowhere"), "S001", "-o", str(tmp_path / "x")]) == 2
    assert "cannot be used" in capsys.readouterr().err
    assert main(["ca", "store", str(tmp_path), "S/1", "-o", str(tmp_path / "x")]) == 2


def test_every_sentence_ends_and_says_what_to_do() -> None:
    for text, remedy in SENTENCES.values():
        assert text.endswith(".") and remedy.endswith(".")
