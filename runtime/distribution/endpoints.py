"""Snapshots over HTTP, as runtime.wire.snapshots has it; the same at head office and at a gateway.

Every answer is short: a manifest, or a piece of a file. A file is served only under the name that is its hash, and only
from the folder where files are whole and verified.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import ClassVar, Protocol

from starlette.requests import Request
from starlette.responses import Response

from runtime.delta import MAX_DELTA_BYTES, METHODS
from runtime.distribution.asking import read_ask
from runtime.distribution.bell import Bell
from runtime.distribution.deltas import Deltas
from runtime.distribution.files import SnapshotFiles
from runtime.serving.errors import RETRY_AFTER_S, SENTENCES, STATUS, Refused
from runtime.serving.kit import Bodies, Endpoint, number, packed, query
from runtime.serving.peers import peer_of
from runtime.wire.snapshots import (
    ASK_PATH,
    MAX_ASK_BYTES,
    MAX_PIECE_BYTES,
    Manifest,
    SnapshotAnswer,
    SnapshotAsk,
)

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


# code -> (what is the matter, what to do about it). English here is the key of the translation (config/locale).
SNAPSHOT_SENTENCES: dict[str, tuple[str, str]] = {
    "no_file": ("There is no snapshot file {file} here.", "Ask which one is wanted now."),
    "no_delta": ("There is no delta from {old} to {file} by {method}.", "Fetch the whole file."),
    "delta_in_making": ("The delta is being made.", "It is asked for again by itself."),
    "wrong_store": (
        "{name} says it is of store {sent}, which its certificate does not say.",
        "Correct the store or the address in its settings.",
    ),
}


class SnapshotRefused(Refused):
    """What is refused of snapshots alone."""

    sentences: ClassVar[dict[str, tuple[str, str]]] = {**SENTENCES, **SNAPSHOT_SENTENCES}
    statuses: ClassVar[dict[str, int]] = {
        **STATUS,
        "no_file": 404,
        "no_delta": 404,
        "delta_in_making": 503,
        "wrong_store": 403,
    }
    retries_s: ClassVar[dict[str, int]] = {**RETRY_AFTER_S, "delta_in_making": 1}


class Source(Protocol):
    """What is served: head office's publications, or what a gateway took of them."""

    files: SnapshotFiles
    bell: Bell  # rings when what is wanted may have changed

    def wanted(self, store: str) -> Manifest | None:
        """What a place of this store shall have. Its file is here, whole."""
        ...

    def heard(self, ask: SnapshotAsk) -> None:
        """An asker told what it has."""
        ...

    def is_wanted(self, file: bytes) -> bool:
        """Whether anybody shall have it now: deltas are made towards such files only."""
        ...


def snapshot_endpoints(source: Source, deltas: Deltas, bodies: Bodies, store: str = "") -> list[Endpoint]:
    """`store`: the one that is served; empty at head office, which serves all."""
    made = _Endpoints(source, deltas, bodies, store)
    return [
        Endpoint(ASK_PATH, "POST", made.ask),
        Endpoint("/v1/snapshots/{file}", "GET", made.file),
        Endpoint("/v1/deltas/{old}/{file}/{method}", "GET", made.delta),
    ]


class _Endpoints:
    def __init__(self, source: Source, deltas: Deltas, bodies: Bodies, store: str) -> None:
        self._source = source
        self._deltas = deltas
        self._bodies = bodies
        self._store = store

    async def ask(self, request: Request) -> Response:
        ask = read_ask(await self._bodies.read_packed(request, MAX_ASK_BYTES))
        peer = peer_of(request)
        mine = self._store or (peer.store if peer is not None else ask.store)
        named = ask.has.name if peer is None or peer.role != "terminal" else peer.name
        if ask.store != mine or (peer is not None and peer.store != mine) or ask.has.name != named:
            raise SnapshotRefused("wrong_store", name=ask.has.name, sent=ask.store)
        self._source.heard(ask)
        return packed(SnapshotAnswer(await self._news(ask)))

    async def _news(self, ask: SnapshotAsk) -> Manifest | None:
        """What the asker shall have; held back while it has that already."""
        clock = asyncio.get_running_loop().time
        until_s = clock() + ask.hold_ms / 1000
        while True:
            wanted = self._source.wanted(ask.store)
            if wanted is not None and (wanted.counter, wanted.file) != (ask.has.counter, ask.has.file):
                return wanted
            if not await self._source.bell.wait(until_s - clock()):
                return wanted

    async def file(self, request: Request) -> Response:
        file = _hash(request, "file")
        path = self._source.files.place(file)
        piece = await self._piece(request, path)
        if piece is None:
            raise SnapshotRefused("no_file", file=file.hex()[:16])
        return piece

    async def delta(self, request: Request) -> Response:
        old, file = _hash(request, "old"), _hash(request, "file")
        method = str(request.path_params["method"])
        refused = SnapshotRefused("no_delta", old=old.hex()[:16], file=file.hex()[:16], method=method[:16])
        if method not in METHODS or not self._source.is_wanted(file):
            raise refused
        found = self._deltas.find(old, file, method)
        if found == "making":
            raise SnapshotRefused("delta_in_making")
        piece = await self._piece(request, found) if isinstance(found, Path) else None
        if piece is None:
            raise refused
        return piece

    async def _piece(self, request: Request, path: Path) -> Response | None:
        """None where there is no such file."""
        asked = query(request, ("offset", "limit"))
        offset = number(asked.get("offset"), "offset", 0, MAX_DELTA_BYTES)
        limit = number(asked.get("limit"), "limit", 1, MAX_PIECE_BYTES)
        try:
            data = await asyncio.to_thread(_read, path, offset, limit)
        except FileNotFoundError:
            return None
        return Response(data, media_type="application/octet-stream")


def _hash(request: Request, name: str) -> bytes:
    text = str(request.path_params[name])
    if not _HEX.fullmatch(text):
        raise Refused("bad_query", detail=f"{name} is a SHA-256 in hex")
    return bytes.fromhex(text)


def _read(path: Path, offset: int, limit: int) -> bytes:
    with path.open("rb") as file:
        return os.pread(file.fileno(), limit, offset)
