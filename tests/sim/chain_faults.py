"""Broken variants of the chain: each one line in the real code, for as long as the block lasts.

with let_go_on_the_gateways_word(): ...     a terminal takes `stored` for `settled`
with no_dedupe_at_head_office(): ...        what comes twice is kept twice (SQLite)
with answer_before_sync(): ...              the gateway's database does not sync
with closed_holes_told_as_kept(): ...       head office's mark goes over a closed hole and does not say so
with sequence_used_again(): ...             the journal does not sync: after a crash a number is given once more
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from runtime.forward import forwarder
from runtime.gateway.database import GatewayDatabase
from runtime.hq import plan, sqlite
from runtime.hq.plan import Plan
from runtime.journal.database import Database
from runtime.wire.chain import Mark

_LAST = "hash BLOB NOT NULL, body BLOB NOT NULL"


@contextmanager
def _patched(*faults: tuple[object, str, Any]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for target, name, broken in faults:
            patch.setattr(target, name, broken)
        yield


def let_go_on_the_gateways_word() -> Any:
    read = forwarder._batch_answer

    def trusting(*args: Any) -> Any:
        answer = read(*args)
        return replace(answer, settled=answer.stored)

    return _patched((forwarder, "_batch_answer", trusting))


def no_dedupe_at_head_office() -> Any:
    schema = sqlite.SCHEMA.replace(f"{_LAST},\n    UNIQUE (store, terminal, epoch, sequence)\n", f"{_LAST}\n")
    assert schema != sqlite.SCHEMA
    sort_out = Plan.sort_out
    return _patched((sqlite, "SCHEMA", schema), (Plan, "sort_out", lambda self, kept: sort_out(self, {})))


def closed_holes_told_as_kept() -> Any:
    def mark(key: plan.LineKey, stored: int, missing: object) -> Mark:
        return Mark(key[1], key[2], stored)

    return _patched((plan, "mark", mark), (sqlite, "mark", mark))


def _unsynced(ask: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, sql, *args: ask(self, sql.replace("synchronous=FULL", "synchronous=OFF"), *args)


def answer_before_sync() -> Any:
    return _patched((GatewayDatabase, "one", _unsynced(GatewayDatabase.one)))


def sequence_used_again() -> Any:
    return _patched((Database, "_value", _unsynced(Database._value)))
