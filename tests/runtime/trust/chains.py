"""Chains for tests, made with the real authorities, and handshakes over real sockets."""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runtime.trust import issuing
from runtime.trust.contexts import Files
from runtime.trust.names import HQ, Peer

NOW = datetime.now(UTC)
Shown = dict[str, Any] | None
TILL = Peer("terminal", "S001", "03", 0xABCDEF0123456789)


@dataclass
class Chain:
    """A root, and what it has issued, as files in `folder`."""

    folder: Path
    root: issuing.Authority

    @property
    def root_file(self) -> Path:
        return self.folder / "root.pem"

    def store(self, store: str, now: datetime = NOW) -> issuing.Authority:
        return issuing.new_store_authority(self.root, store, now)

    def files(self, name: str, pem: bytes) -> Files:
        path = self.folder / f"{name}.pem"
        path.write_bytes(pem)
        return Files(self.root_file, path)

    def gateway(self, store: str = "S001", now: datetime = NOW) -> Files:
        return self.files(f"gateway-{store}-{now.year}", issuing.issue_gateway(self.root, store, now))

    def hq(self) -> Files:
        key = issuing.new_key()
        return self.files("hq", issuing.key_pem(key) + issuing.issue(self.root, key.public_key(), HQ, NOW, 30))

    def till(
        self, peer: Peer = TILL, by: issuing.Authority | None = None, now: datetime = NOW, days: int = 365
    ) -> Files:
        key = issuing.new_key()
        pem = issuing.issue(by or self.store(peer.store), key.public_key(), peer, now, days)
        return self.files(f"till-{peer.name}-{key.private_numbers().private_value % 10**9}", issuing.key_pem(key) + pem)


def new_chain(folder: Path, name: str = "Chain", now: datetime = NOW) -> Chain:
    folder.mkdir(parents=True, exist_ok=True)
    chain = Chain(folder, issuing.new_root(name, now))
    chain.root_file.write_bytes(chain.root.pem)
    return chain


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def meet(server: ssl.SSLContext, client: ssl.SSLContext, name: str | None) -> tuple[Shown, Shown]:
    """A handshake over a socket, one byte each way: what the server sees of the client, and the other way round.

    Raises what either side's ssl raised, the client's first; "nothing" is an exception here.
    """
    ours, theirs = socket.socketpair()
    for one in (ours, theirs):
        one.settimeout(10)
    seen: list[Shown | BaseException] = []

    def serve() -> None:
        try:
            seen.append(_speak(_Wrapped(server, theirs, True, None)))
        except (OSError, ValueError) as error:
            seen.append(error)
        finally:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        shown = _speak(_Wrapped(client, ours, False, name))
    finally:
        ours.close()
        thread.join()
    if isinstance(seen[0], BaseException):
        raise seen[0]
    return seen[0], shown


class _Wrapped:
    """SSLObject over a socket, as asyncio uses it: `SSLContext.sslobject_class` counts there."""

    def __init__(self, context: ssl.SSLContext, sock: socket.socket, server: bool, name: str | None) -> None:
        self._in, self._out, self._socket = ssl.MemoryBIO(), ssl.MemoryBIO(), sock
        self.ssl = context.wrap_bio(self._in, self._out, server_side=server, server_hostname=name)

    def __call__(self, what, *args):
        while True:
            try:
                found = what(*args)
                self._flush()
                return found
            except ssl.SSLWantReadError:
                self._flush()
                data = self._socket.recv(1 << 16)
                if not data:
                    self._in.write_eof()
                self._in.write(data)
            except ssl.SSLError:
                self._flush()  # the alert
                raise

    def _flush(self) -> None:
        if data := self._out.read():
            self._socket.sendall(data)


def _speak(wrapped: _Wrapped) -> Shown:
    wrapped(wrapped.ssl.do_handshake)
    wrapped(wrapped.ssl.write, b"!")
    if wrapped(wrapped.ssl.read, 1) != b"!":
        raise ConnectionError("the other side closed")
    return wrapped.ssl.getpeercert()
