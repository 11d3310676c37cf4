"""What a terminal is answered when it enrols or renews, and what comes on a gateway's administration socket. Targets of
fuzz_targets.py's list."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fuzz_rig import NOW, in_memory, new_registry

from runtime.gateway.admin import AdminRequest, answered
from runtime.gateway.registry import Registry
from runtime.link.ports import LinkReply
from runtime.serving.admin import MAX_ANSWER_BYTES, AdminAnswer, read_answer
from runtime.terminal.enrolment import Enrolment, in_words
from runtime.terminal.trust import OWN, PENDING, ROOT
from runtime.trust import issuing
from runtime.trust.codes import make_code
from runtime.trust.errors import TrustError
from runtime.trust.names import Peer
from runtime.wire.enrolment import ROOT_PATH, CertificateAnswer
from runtime.wire.pack import WireError, pack
from runtime.wire.records import ErrorAnswer

TILL = Peer("terminal", "S001", "03", 7)
MOST_WORDS = 600  # characters of a refusal, with its remedy


# --- at the terminal ------------------------------------------------------------------------------------------------


@dataclass
class _Place:
    """A terminal that has asked: its key waits, and the certificate of an earlier one is here."""

    folder: Path = field(default_factory=in_memory)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        root = issuing.new_root("Chain", NOW)
        self.root = root.pem
        store = issuing.new_store_authority(root, "S001", NOW)
        old, self.key = issuing.new_key(), issuing.new_key()
        self.old = issuing.key_pem(old) + issuing.issue(store, old.public_key(), TILL, NOW, 365)
        self.certificate = issuing.issue(store, self.key.public_key(), TILL, NOW, 365)
        self.others = [
            issuing.issue(store, old.public_key(), TILL, NOW, 365),
            issuing.issue(store, self.key.public_key(), Peer("terminal", "S001", "04", 7), NOW, 365),
        ]
        self.code = make_code(b"abcde", issuing.to_der(root.pem), "S001", "03").text
        self.files = {OWN: self.old, PENDING: issuing.key_pem(self.key), ROOT: self.root}

    def restore(self) -> None:
        for name, content in self.files.items():
            path = self.folder / name
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)


class _Answered(Enrolment):
    """Whoever is asked says these."""

    root: LinkReply
    said: LinkReply

    async def _once(self, tls: Any, method: str, path: str, body: bytes = b"") -> LinkReply:
        return self.root if path == ROOT_PATH else self.said


@cache
def _place() -> _Place:
    return _Place()


def certificate_answer(data: bytes) -> None:
    """The bytes after the first as the chain's root, as an answer, as the certificate in one and as a refusal: the key
    that was asked for gets its own certificate, or nothing changes."""
    place = _place()
    kind, rest = (data[0] % 4, data[1:]) if data else (1, b"")
    one = _Answered(place.folder, "https://gateway", "S001", "03", lambda: None)
    one.root = LinkReply(200, rest if kind == 0 else place.root, None)
    content = pack(CertificateAnswer(place.certificate if kind == 0 else rest)) if kind != 1 else rest
    one.said = LinkReply(403, rest, None) if kind == 3 else LinkReply(200, content, None)
    for ask in (lambda: one.enrol(place.code, TILL.epoch, (5,)), one.renew):
        place.restore()
        try:
            place.loop.run_until_complete(ask())
        except TrustError as error:
            words = in_words(error, str)
            assert words.isprintable() and len(words) <= MOST_WORDS, words
            assert (place.folder / OWN).read_bytes() == place.old
            assert (place.folder / PENDING).read_bytes() == place.files[PENDING]
        else:
            own = (place.folder / OWN).read_bytes()
            assert issuing.named(own) == TILL and issuing.is_of(own, place.key)
            assert own.startswith(issuing.key_pem(place.key)) and not (place.folder / PENDING).exists()


def _answers() -> list[bytes]:
    place = _place()
    good = pack(CertificateAnswer(place.certificate))
    refusals = [pack(ErrorAnswer("terminal", code, "No.\n")) for code in ("code_wrong", "clock")]
    others = [b"\x02" + one for one in (place.certificate, *place.others)]
    return [b"\x00" + place.root, b"\x01" + good, *others, *(b"\x03" + one for one in refusals)]


# --- on the gateway's socket ----------------------------------------------------------------------------------------


@cache
def _registry() -> Registry:
    return new_registry()


def admin(data: bytes) -> None:
    """A request on the administration socket: carried out, refused in words, or not read; and the command's reading of
    an answer."""
    try:
        said = read_answer(answered(_registry(), data))
        assert said.lines and all(line.isprintable() for line in said.lines)
    except WireError:
        pass
    try:
        assert pack(read_answer(data)) and len(data) <= MAX_ANSWER_BYTES
    except WireError:
        pass


def _admin_seeds() -> list[bytes]:
    asked = [
        AdminRequest("enrol", "03"), AdminRequest("revoke", "03", 7), AdminRequest("revoke", "03"),
        AdminRequest("terminals"), AdminRequest("enrol", "03", None, 1 << 62),
    ]  # fmt: skip
    return [*map(pack, asked), pack(AdminAnswer(True, ("done",)))]


TARGETS = {"certificate_answer": (certificate_answer, _answers), "admin": (admin, _admin_seeds)}
