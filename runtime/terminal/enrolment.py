"""How a terminal gets its certificate, and the next one: its side of runtime.wire.enrolment.

**The gateway proves itself first.** Whoever answers shows a root; the code's mark says whether it is the chain's
(runtime.trust.codes). Then the root is pinned, the connection is made anew, verified, and only then the code is sent.

**Nothing is lost between two steps.** The key is on disk before it is sent anywhere, and sent again until its
certificate is here; key and certificate come into their place as one file.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from runtime.link.http_link import HttpLink
from runtime.link.ports import LinkDown, LinkReply
from runtime.terminal.trust import OWN, PENDING, ROOT
from runtime.tools.files import write_whole
from runtime.trust import issuing
from runtime.trust.authority import read_file
from runtime.trust.codes import read_code
from runtime.trust.contexts import Files, Tls, unverified_context
from runtime.trust.dates import certificates
from runtime.trust.errors import SENTENCES, TrustError
from runtime.trust.names import Peer, gateway_of
from runtime.wire.enrolment import (
    ENROL_PATH,
    MAX_CARRIED,
    RENEW_PATH,
    ROOT_PATH,
    CertificateAnswer,
    EnrolRequest,
    RenewRequest,
    renewal,
)
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import ErrorAnswer

T = TypeVar("T")

TIMEOUT_S = 15.0
MAX_SAID = 300  # characters of what a gateway says
TOLD = ("code_wrong", "code_used", "code_ended", "no_code", "not_known")  # codes of the gateway that we have words for


class Enrolment:
    """One terminal's. `now_ms`: the time, None where it is not known. Every method raises TrustError alone."""

    def __init__(self, folder: Path, url: str, store: str, terminal: str, now_ms: Callable[[], int | None]) -> None:
        self._folder, self._url, self._store, self._terminal = folder, url, store, terminal
        self._now_ms = now_ms

    async def enrol(self, code: str, epoch: int, carried: tuple[int, ...]) -> None:
        """With a code that a person typed. `carried`: the journal's earlier epochs."""
        meant = read_code(code)
        root = await self._shown_root()
        if not meant.marks(certificates(root)[0], self._store, self._terminal):
            raise TrustError("other_root", store=self._store, terminal=self._terminal)
        self._write(ROOT, root, 0o644)
        key = self._pending()
        request = issuing.make_request(key, self._terminal)
        asked = EnrolRequest(self._store, self._terminal, epoch, carried[-MAX_CARRIED:], meant.text, request)
        self._take(await self._ask(ENROL_PATH, asked), key, epoch)

    async def renew(self) -> None:
        """With the key that is here, whether its certificate has ended or not."""
        if not (self._folder / OWN).exists():
            raise TrustError("no_certificate")
        own = read_file(self._folder / OWN)
        old, epoch = issuing.read_key(own), issuing.named(own).epoch
        key = self._pending()
        request = issuing.make_request(key, self._terminal)
        signature = issuing.sign(old, renewal(request))
        asked = RenewRequest(self._store, self._terminal, epoch, request, signature)
        self._take(await self._ask(RENEW_PATH, asked), key, epoch)

    # --- asking ------------------------------------------------------------------------------------------------------

    async def _shown_root(self) -> bytes:
        """Of whoever answers: not believed yet."""
        reply = await self._once(_Unverified(), "GET", ROOT_PATH)
        if reply.status != 200:
            raise TrustError("no_answer", detail=f"status {reply.status} where the chain's root was asked for")
        certificates(reply.body)
        return reply.body

    async def _ask(self, path: str, asked: EnrolRequest | RenewRequest) -> bytes:
        tls = Tls(Files(self._folder / ROOT), gateway_of(self._store), self._now_ms)
        reply = await self._once(tls, "POST", path, pack(asked))
        if reply.status == 200:
            return _read(CertificateAnswer, reply).certificate
        said = _read(ErrorAnswer, reply)
        if said.code in TOLD:
            raise TrustError(said.code, terminal=self._terminal)
        raise TrustError("gateway_said", detail=_line(said.message))

    async def _once(self, tls: Any, method: str, path: str, body: bytes = b"") -> LinkReply:
        link = HttpLink(self._url, timeout_s=TIMEOUT_S, tls=tls)
        try:
            return await (link.post(path, body) if method == "POST" else link.get(path))
        except LinkDown as error:
            raise TrustError("no_gateway", url=self._url, detail=str(error).rstrip(".")) from error
        finally:
            await link.close()

    # --- files -------------------------------------------------------------------------------------------------------

    def _pending(self) -> Any:
        """The key that has been asked for, else a new one: on disk, for its owner's eyes alone."""
        path = self._folder / PENDING
        if path.exists():
            try:
                return issuing.read_key(read_file(path))
            except TrustError:
                pass  # cut short by a crash: it was sent nowhere
        key = issuing.new_key()
        self._write(PENDING, issuing.key_pem(key), 0o600)
        return key

    def _take(self, certificate: bytes, key: Any, epoch: int) -> None:
        peer = Peer("terminal", self._store, self._terminal, epoch)
        if issuing.named(certificate) != peer or not issuing.is_of(certificate, key):
            raise TrustError("no_answer", detail="the certificate is not the one that was asked for")
        self._write(OWN, issuing.key_pem(key) + certificate, 0o600)
        (self._folder / PENDING).unlink(missing_ok=True)

    def _write(self, name: str, data: bytes, mode: int) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._folder / name, data, mode=mode)
        except OSError as error:
            raise TrustError("file", path=str(self._folder / name), detail=error.strerror or str(error)) from error


class _Unverified:
    server_name = ""

    def context(self) -> ssl.SSLContext:
        return unverified_context()


def _read(kind: type[T], reply: LinkReply) -> T:
    try:
        return build(kind, unpack(reply.body))
    except WireError as error:
        raise TrustError("no_answer", detail=f"status {reply.status}, {error}") from error


def _line(text: str) -> str:
    """What somebody says, as a part of a sentence of ours: short, and nothing that a screen would obey."""
    return "".join(one if one.isprintable() else " " for one in text[:MAX_SAID]).rstrip(". ")


def in_words(error: TrustError, say: Callable[[str], str]) -> str:
    """What is the matter and what to do, by `say` in the terminal's language."""
    text, remedy = SENTENCES[error.code]
    return f"{say(text).format(**error.args_by_name)} {say(remedy)}"
