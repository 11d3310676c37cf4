"""Keys, requests and certificates, with the library cryptography (38 or newer): bytes in, bytes out.

Every key is ECDSA over P-256 with SHA-256: what OpenSSL 1.1 and 3, Android's key store and every other TLS take.

**A request decides nothing but its public key.** Names, dates, use and constraints are the authority's, whatever stands
in the request (RFC 2986): of it only size, signature and kind of key are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from runtime.trust.dates import BEFORE_MS, certificates, validity
from runtime.trust.errors import TrustError
from runtime.trust.names import AUTHORITY, MAX_CHAIN, ROOT, Peer, check_name, gateway_of, read_urn, server_name

try:
    from cryptography import x509
    from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    raise TrustError("library") from None

MAX_REQUEST_BYTES = 4096
BEFORE = timedelta(milliseconds=BEFORE_MS)
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)  # a clock before it is wrong
ROOT_DAYS = 30 * 365
STORE_DAYS = 10 * 365  # a store's authority, its gateway and head office: made by hand, offline
TERMINAL_DAYS = 365

_REFUSED = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    InternalError,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
    x509.DuplicateExtension,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that issues, its key, and what stands between it and the root (PEM; empty for the root)."""

    certificate: Any
    key: Any
    chain_pem: bytes = b""

    @property
    def pem(self) -> bytes:
        return _pem(self.certificate)


def new_key() -> Any:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Any) -> bytes:
    """PKCS #8, not encrypted: a till starts without a person."""
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem


def read_key(pem: bytes) -> Any:
    """A private key from PEM (what else is in the file is passed over). Raises TrustError `bad_key`."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except _REFUSED as error:
        raise TrustError("bad_key", detail="no private key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise TrustError("bad_key", detail="it is not ECDSA over P-256")
    return key


def public_bytes(key: Any) -> bytes:
    """SubjectPublicKeyInfo in DER: what a key is known by."""
    found: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found


def make_request(key: Any, name: str) -> bytes:
    """A request (PKCS #10) in PEM for the public half of `key`. `name` is for a person who looks at it."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def read_request(pem: bytes) -> Any:
    """The public key of a request that its owner has signed. Raises TrustError `bad_request`."""
    if len(pem) > MAX_REQUEST_BYTES:
        raise TrustError("bad_request", detail=f"more than {MAX_REQUEST_BYTES} bytes")
    try:
        request = x509.load_pem_x509_csr(pem)
        key = request.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise TrustError("bad_request", detail="the key is not ECDSA over P-256")
        if not isinstance(request.signature_hash_algorithm, hashes.SHA256) or not request.is_signature_valid:
            raise TrustError("bad_request", detail="the signature is not its key's")
    except _REFUSED as error:
        raise TrustError("bad_request", detail="no request in PEM") from error
    return key


def sign(key: Any, said: bytes) -> bytes:
    """ECDSA with SHA-256; who calls puts a label before the bytes."""
    signature: bytes = key.sign(said, ec.ECDSA(hashes.SHA256()))
    return signature


def signed_by(public: bytes, signature: bytes, said: bytes) -> bool:
    """Whether the key of `public_bytes` has signed it."""
    try:
        key = serialization.load_der_public_key(public)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(signature, said, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, *_REFUSED):
        return False
    return True


# --- authorities --------------------------------------------------------------------------------------------------


def read_authority(pem: bytes) -> Authority:
    """From one PEM: private key, its certificate, those above it. Raises TrustError `bad_key`, `bad_certificate`."""
    key = read_key(pem)
    chain = [_load(der) for der in certificates(pem)]
    if _public(chain[0]) != public_bytes(key.public_key()):
        raise TrustError("bad_key", detail="it is not the key of the certificate beside it")
    return Authority(chain[0], key, b"".join(_pem(one) for one in chain[1:]))


def new_root(chain: str, now: datetime) -> Authority:
    """The root of a chain of stores. Raises TrustError `bad_name`, `clock`."""
    if not 1 <= len(chain) <= MAX_CHAIN or not chain.isprintable():
        raise TrustError("bad_name", detail=f"{chain[:MAX_CHAIN]!r} is no name of a chain")
    key = new_key()
    subject = _name(chain, "", ROOT)
    builder = _builder(subject, subject, key.public_key(), now, ROOT_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = _authority_use(builder, key.public_key(), key.public_key())
    return Authority(builder.sign(key, hashes.SHA256()), key)


def new_store_authority(root: Authority, store: str, now: datetime) -> Authority:
    """What a store's gateway issues terminals' certificates with: bound to the store and to clients by constraints that
    OpenSSL holds. Raises TrustError `bad_name`, `clock`."""
    check_name("store", store)
    key = new_key()
    chain = _chain_of(root.certificate)
    builder = _builder(_name(chain, store, f"{AUTHORITY}/{store}"), root.certificate.subject, key.public_key(), now,
                       STORE_DAYS)  # fmt: skip
    own = x509.DirectoryName(_name(chain, store))
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=[own], excluded_subtrees=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    )
    builder = _authority_use(builder, key.public_key(), root.key.public_key())
    return Authority(builder.sign(root.key, hashes.SHA256()), key)


def issue(authority: Authority, public_key: Any, peer: Peer, now: datetime, days: int) -> bytes:
    """A certificate for `peer`, followed by those between it and the root, in PEM.

    Raises TrustError `bad_name`, `clock`, `bad_certificate` where the authority does not live that long.
    """
    for what, name in (("store", peer.store), (peer.role, peer.name)):
        if name or peer.role != "hq":
            check_name(what, name)
    subject = _name(_chain_of(authority.certificate), peer.store, peer.common_name)
    names: list[Any] = [x509.UniformResourceIdentifier(peer.urn)]
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if peer.role != "terminal":
        names.append(x509.DNSName(server_name(peer)))
        uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
    _, authority_ends_ms = validity(authority.certificate.public_bytes(serialization.Encoding.DER))
    lasts = (datetime.fromtimestamp(authority_ends_ms / 1000, UTC) - now) // timedelta(days=1)
    if lasts < 1:
        raise TrustError("bad_certificate", detail="the authority's own has ended")
    builder = _builder(subject, authority.certificate.subject, public_key, now, min(days, lasts))
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_issuer_key(authority.key.public_key()), critical=False)
    )
    certificate = builder.sign(authority.key, hashes.SHA256())
    above = (
        authority.pem + authority.chain_pem if authority.certificate.issuer != authority.certificate.subject else b""
    )
    return _pem(certificate) + above


def issue_gateway(root: Authority, store: str, now: datetime) -> bytes:
    """Key and certificate of a store's gateway in one PEM: its server's, and its client's at head office."""
    key = new_key()
    return key_pem(key) + issue(root, key.public_key(), gateway_of(store), now, STORE_DAYS)


def subject_store(authority: Authority) -> str:
    """Which store an authority is of; empty for the root."""
    found = authority.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return str(found[0].value) if found else ""


def serial_of(pem: bytes) -> int:
    """The number of the first certificate of a PEM."""
    return int(_load(to_der(pem)).serial_number)


def named(pem: bytes) -> Peer:
    """Who the first certificate of a PEM names. Raises TrustError."""
    try:
        names = _load(to_der(pem)).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, *_REFUSED) as error:
        raise TrustError("bad_certificate", detail="it has no names") from error
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return read_urn(str(uris[0]) if len(uris) == 1 else "")


def is_of(pem: bytes, key: Any) -> bool:
    """Whether the first certificate of a PEM is of this private key. Raises TrustError."""
    return _public(_load(to_der(pem))) == public_bytes(key.public_key())


def to_der(pem: bytes) -> bytes:
    """The first certificate of a PEM."""
    return certificates(pem)[0]


def _load(der: bytes) -> Any:
    try:
        return x509.load_der_x509_certificate(der)
    except _REFUSED as error:
        raise TrustError("bad_certificate", detail="it is no certificate") from error


def _public(certificate: Any) -> bytes:
    try:
        return public_bytes(certificate.public_key())
    except _REFUSED as error:
        raise TrustError("bad_certificate", detail="its key is of no known kind") from error


def _pem(certificate: Any) -> bytes:
    pem: bytes = certificate.public_bytes(serialization.Encoding.PEM)
    return pem


def _name(chain: str, store: str = "", common_name: str = "") -> Any:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, chain)]
    if store:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, store))
    if common_name:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


def _chain_of(certificate: Any) -> str:
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    if len(found) != 1:
        raise TrustError("bad_certificate", detail="it names no chain")
    return str(found[0].value)


def _builder(subject: Any, issuer: Any, public_key: Any, now: datetime, days: int) -> Any:
    if now < EARLIEST:
        raise TrustError("clock", said=now.date().isoformat())
    now = now.replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + timedelta(days=days))
    )


def _authority_use(builder: Any, own: Any, issuer: Any) -> Any:
    return (
        builder.add_extension(_key_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
        .add_extension(_issuer_key(issuer), critical=False)
    )


def _issuer_key(public_key: Any) -> Any:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)


def _key_usage(**used: bool) -> Any:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: used.get(name, False) for name in names})
