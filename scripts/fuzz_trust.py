"""What comes to the door of a chain: codes that are typed, requests, certificates and the names in them. Targets of
fuzz_targets.py's list."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from fuzz_rig import NOW, new_registry, unlogged

from runtime.gateway.errors import GatewayError
from runtime.gateway.registry import Registry
from runtime.trust import issuing
from runtime.trust.codes import make_code, read_code
from runtime.trust.dates import certificates, validity
from runtime.trust.errors import TrustError
from runtime.trust.names import Peer, gateway_of, read_peer, read_urn
from runtime.wire.enrolment import EnrolRequest, RenewRequest, renewal
from runtime.wire.pack import WireError, build, pack, unpack

_TILL = Peer("terminal", "S001", "03", 7)


def enrolment_code(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        found = read_code(text)
    except TrustError as error:
        assert error.code.startswith("code_") and str(error).isprintable()
        return
    assert read_code(found.text) == found
    found.marks(data, "S001", "03")


def certificate_request(data: bytes) -> None:
    try:
        issuing.public_bytes(issuing.read_request(data))
    except TrustError as error:
        assert error.code == "bad_request"


def certificate(data: bytes) -> None:
    for read in (
        lambda: validity(certificates(data)[0]),
        lambda: issuing.named(data),
        lambda: issuing.read_authority(data),
    ):
        try:
            read()
        except TrustError as error:
            assert error.code in ("bad_certificate", "bad_key", "wrong_peer")


def peer(data: bytes) -> None:
    urn, *rest = data.decode("utf-8", "replace").split("\n")
    try:
        assert read_urn(urn).urn == urn
    except TrustError as error:
        assert error.code == "wrong_peer"
    names = tuple(((kind, value),) for kind, _, value in (line.partition("=") for line in rest))
    shown = {
        "subject": names,
        "issuer": names,
        "subjectAltName": (("URI", urn),),
        "serialNumber": rest[-1] if rest else "",
    }
    try:
        read_peer(shown)
    except TrustError as error:
        assert error.code == "wrong_peer"


@unlogged()
def enrolment(data: bytes) -> None:
    """Both bodies at a registry with an open code: nothing but the right code or key gets a certificate."""
    registry, code = _registry()
    for kind, ask in ((EnrolRequest, registry.enrol), (RenewRequest, registry.renew)):
        try:
            asked = build(kind, unpack(data))
            ask(asked)  # type: ignore[operator]  # the two go together
        except WireError:
            continue
        except GatewayError as error:
            assert not error.fatal and error.status in (400, 403)
            if error.code != "code_wrong":
                continue
        else:
            key = issuing.public_bytes(issuing.read_request(asked.request))
            if isinstance(asked, EnrolRequest):
                assert read_code(asked.code).text == code
            else:  # the seeds' own key, which a seed before may have enrolled
                assert isinstance(asked, RenewRequest) and issuing.signed_by(
                    key, asked.signature, renewal(asked.request)
                )
        registry.make_code("03", _SEED, 60)  # wrong tries are counted: the next input begins anew


_SEED = bytes(range(21))


@cache
def _registry() -> tuple[Registry, str]:
    registry = new_registry()
    return registry, registry.make_code("03", _SEED, 60)


def _codes() -> list[bytes]:
    made = make_code(b"abcde", b"root", "S001", "03").text
    return [made.encode(), made.lower().replace("-", " ").encode(), b"oooo-iiii-llll"]


@cache  # keys are random: the same in one run
def _requests() -> list[bytes]:
    return [issuing.make_request(issuing.new_key(), "03")]


@cache
def _certificates() -> list[bytes]:
    root = issuing.new_root("Chain", NOW)
    store = issuing.new_store_authority(root, "S001", NOW)
    key = issuing.new_key()
    own = issuing.key_pem(key) + issuing.issue(store, key.public_key(), _TILL, NOW, 365)
    return [root.pem, own, issuing.issue_gateway(root, "S001", NOW)]


def _peers() -> list[bytes]:
    lines = "organizationName=Chain\norganizationalUnitName=S001\ncommonName=terminal/03\n0A"
    return [f"{one.urn}\n{lines}".encode() for one in (_TILL, gateway_of("S001"), replace(_TILL, epoch=1 << 63))]


@cache
def _bodies() -> list[bytes]:
    _, code = _registry()
    key = issuing.new_key()
    request = issuing.make_request(key, "03")
    return [
        pack(EnrolRequest("S001", "03", 7, (5, 6), code, request)),
        pack(EnrolRequest("S001", "03", 7, (), make_code(b"edcba", b"", "S001", "03").text, request)),
        pack(RenewRequest("S001", "03", 7, request, issuing.sign(key, renewal(request)))),
    ]


TARGETS = {
    "enrolment_code": (enrolment_code, _codes),
    "certificate_request": (certificate_request, _requests),
    "certificate": (certificate, _certificates),
    "peer": (peer, _peers),
    "enrolment": (enrolment, _bodies),
}
