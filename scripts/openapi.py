"""The HTTP interfaces of gateway and head office as OpenAPI 3.1, made from the messages of runtime/wire.

    python scripts/openapi.py        writes docs/openapi-gateway.json and docs/openapi-hq.json

Bodies are msgpack (`application/msgpack`); their schemas say what is in them, with bytes as strings of format `binary`.
A test compares the addresses with those that are served, and the files with what this makes.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from pathlib import Path
from typing import Any

from runtime.delta import METHODS
from runtime.wire.beat import Beat, BeatAnswer
from runtime.wire.chain import StoreAnswer, StoreBatch
from runtime.wire.enrolment import ENROL_PATH, RENEW_PATH, ROOT_PATH, CertificateAnswer, EnrolRequest, RenewRequest
from runtime.wire.records import BatchAnswer, ErrorAnswer, RecordBatch
from runtime.wire.snapshots import MAX_PIECE_BYTES, SnapshotAnswer, SnapshotAsk
from runtime.wire.times import TimeAnswer, TimeRequest

DOCS = Path(__file__).resolve().parent.parent / "docs"
MSGPACK, JSON, BYTES, TEXT = "application/msgpack", "application/json", "application/octet-stream", "text/plain"
NAME = {"type": "string", "minLength": 1, "maxLength": 20}
COUNT = {"type": "integer", "minimum": 0, "maximum": (1 << 53) - 1}
EPOCH = {"type": "integer", "minimum": 0, "maximum": (1 << 64) - 1}
LIMIT = {"type": "integer", "minimum": 1, "maximum": 500}
HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


@dataclasses.dataclass(frozen=True)
class Operation:
    """One address with one method. `asks` and `answers` are messages; `kind` is what comes where no message does."""

    method: str
    path: str
    what: str
    asks: type | None = None
    answers: type | None = None
    kind: str = MSGPACK
    query: tuple[tuple[str, dict[str, Any], bool], ...] = ()  # name, schema, required


_LINE = (("terminal", NAME, True), ("epoch", EPOCH, True), ("after", COUNT, False), ("limit", LIMIT, False))
_STORE = (("store", NAME, True),)
_PIECE = (("offset", COUNT, True), ("limit", {"type": "integer", "minimum": 1, "maximum": MAX_PIECE_BYTES}, True))
_PRICES = (
    Operation("POST", "/v1/snapshot", "which prices this place shall have", SnapshotAsk, SnapshotAnswer),
    Operation("GET", "/v1/snapshots/{file}", "a piece of a snapshot", kind=BYTES, query=_PIECE),
    Operation("GET", "/v1/deltas/{old}/{file}/{method}", "a piece of a delta", kind=BYTES, query=_PIECE),
)
GATEWAY = (
    Operation("POST", "/v1/records", "a batch: written and synced, then answered", RecordBatch, BatchAnswer),
    Operation("GET", "/v1/records", "records of one line, a msgpack list", query=_LINE),
    Operation("POST", "/v1/beat", "how a terminal is; what is shared", Beat, BeatAnswer),
    Operation("GET", "/v1/users", "the store's users", kind=BYTES),
    Operation("POST", "/v1/time", "the time, signed", TimeRequest, TimeAnswer),
    Operation("GET", ROOT_PATH, "the chain's root certificate", kind=MSGPACK),
    Operation("POST", ENROL_PATH, "a certificate for who knows a code", EnrolRequest, CertificateAnswer),
    Operation("POST", RENEW_PATH, "a certificate for who has one", RenewRequest, CertificateAnswer),
    *_PRICES,
    Operation("GET", "/v1/status", "what is kept of every terminal", kind=JSON),
    Operation("GET", "/healthz", "200 while records are taken", kind=TEXT),
)  # fmt: skip
HQ = (
    Operation("POST", "/v1/records", "a store's batch: committed, then answered", StoreBatch, StoreAnswer),
    Operation("GET", "/v1/records", "records of one line, a msgpack list", query=(*_STORE, *_LINE)),
    Operation("GET", "/v1/feed", "a store's records in their order", query=(*_STORE, *_LINE[2:])),
    Operation("GET", "/v1/stores", "every store and its feed's last position", kind=JSON),
    Operation("GET", "/v1/status", "what is kept", kind=JSON, query=(("store", NAME, False),)),
    *_PRICES,
    Operation("GET", "/healthz", "200 while the database answers", kind=TEXT),
)


def document(title: str, operations: tuple[Operation, ...]) -> dict[str, Any]:
    """The whole document."""
    schemas: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas)
    _schema(ErrorAnswer, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": "Made by scripts/openapi.py."},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _operation(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "query", "required": required, "schema": schema} for name, schema, required in one.query
    ]
    for name in ("old", "file", "method"):
        if f"{{{name}}}" in one.path:
            schema = {"enum": list(METHODS)} if name == "method" else HASH
            parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
    said = _schema(one.answers, schemas) if one.answers is not None else {}
    refused = {"description": "refused", "content": {MSGPACK: {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}}
    made: dict[str, Any] = {
        "summary": one.what,
        "responses": {"200": {"description": one.what, "content": {one.kind: {"schema": said}}}, "default": refused},
    }
    if parameters:
        made["parameters"] = parameters
    if one.asks is not None:
        made["requestBody"] = {"required": True, "content": {MSGPACK: {"schema": _schema(one.asks, schemas)}}}
    return made


def _schema(hint: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """A field's type, or a message, whose own schema is put beside."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in schemas:
            schemas[hint.__name__] = {}
            schemas[hint.__name__] = _message(hint, schemas)
        return {"$ref": f"#/components/schemas/{hint.__name__}"}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema(one, schemas) for one in arguments]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (tuple, list):
        return {"type": "array", "items": _schema(arguments[0], schemas)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1], schemas)}
    return dict(_ATOMS[hint])


_ATOMS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": -(1 << 63), "maximum": (1 << 64) - 1},
    bytes: {"type": "string", "format": "binary"},
    type(None): {"type": "null"},
    Any: {},
}


def _message(kind: type, schemas: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    needed = [f.name for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING]
    properties = {f.name: _schema(hints[f.name], schemas) for f in fields}
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": needed}


DOCUMENTS = {
    "openapi-gateway.json": document("lanekit gateway", GATEWAY),
    "openapi-hq.json": document("lanekit head office", HQ),
}


def text_of(name: str) -> str:
    return json.dumps(DOCUMENTS[name], indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in DOCUMENTS:
        (DOCS / name).write_text(text_of(name), encoding="utf-8")
