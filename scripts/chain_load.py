"""A load generator outside of what it loads: kept connections that send ready-made requests one after another.

    python scripts/chain_load.py SPEC.json      waits for a line on standard input, then sends; prints one JSON object

SPEC: {"host", "port", "path", "ca" (PEM, empty: plain HTTP), "connections": [{"cert", "key", "bodies"}]}, where
`bodies` is a file of request bodies, each behind four bytes of length (big-endian). A connection sends its next body
when the last one was answered, as a terminal or a gateway does. Answers are counted by their status: what is not 2xx is
no work.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import struct
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any


def write_bodies(path: Path, bodies: list[bytes]) -> None:
    """The file that a connection of the spec names."""
    path.write_bytes(b"".join(struct.pack(">I", len(body)) + body for body in bodies))


def _read_bodies(path: str) -> list[bytes]:
    data, at, found = Path(path).read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


class Connection(asyncio.Protocol):
    """One request in flight. Only answers with a Content-Length are understood, as the servers here give."""

    def __init__(self, head: bytes, bodies: list[bytes]) -> None:
        self._head = head
        self._bodies = iter(bodies)
        self._held = bytearray()
        self._sent_s = 0.0
        self.statuses: Counter[int] = Counter()
        self.latencies_s: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self) -> None:
        body = next(self._bodies, None)
        if body is None:
            if not self.done.done():
                self.done.set_result(None)
            return
        self._sent_s = time.perf_counter()
        self._transport.write(b"%sContent-Length: %d\r\n\r\n%s" % (self._head, len(body), body))

    def data_received(self, data: bytes) -> None:
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._held[:end]).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self._held) < end + 4 + length:
            return
        del self._held[: end + 4 + length]
        self.latencies_s.append(time.perf_counter() - self._sent_s)
        self.statuses[int(head[9:12])] += 1
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError("the server closed a connection"))


async def _run(spec: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    host = f"{spec['host']}:{spec['port']}"
    head = f"POST {spec['path']} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/msgpack\r\n".encode()
    connections = []
    for one in spec["connections"]:
        bodies = _read_bodies(one["bodies"])
        _, connection = await loop.create_connection(
            lambda bodies=bodies: Connection(head, bodies), spec["host"], spec["port"], ssl=_tls(spec["ca"], one)
        )
        connections.append(connection)
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    began_s, cpu_s = time.perf_counter(), time.process_time()
    for connection in connections:
        connection.send()
    await asyncio.gather(*(connection.done for connection in connections))
    took_s = time.perf_counter() - began_s
    latencies = sorted(latency for connection in connections for latency in connection.latencies_s)
    statuses: Counter[int] = sum((connection.statuses for connection in connections), Counter())
    return {
        "took_s": took_s,
        "cpu_s": time.process_time() - cpu_s,
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)],
    }


def _tls(ca: str, one: dict[str, str]) -> ssl.SSLContext | None:
    if not ca:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # a name of ours stands in the certificate, not a host's
    context.load_verify_locations(ca)
    context.load_cert_chain(one["cert"], one["key"])
    return context


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_run(json.loads(Path(sys.argv[1]).read_text())))))
