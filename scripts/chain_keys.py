"""A chain's keys for benchmarks and tests, made with the real authorities: `lane ca`, and the stores' registries.

office = new_office(folder)
office.hq                                     the folder that [tls] of lane hq names
store = office.store("0001", ["01", "02"])    the folder of its gateway, and each terminal enrolled with a code
store.tls("01")                               what HttpLink takes
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from chain_sales import EPOCH

from runtime.gateway.registry import Registry
from runtime.trust import codes, issuing
from runtime.trust.authority import GATEWAY, ROOT, make_chain, make_hq, make_store
from runtime.trust.contexts import Files, Tls
from runtime.trust.names import gateway_of
from runtime.wire.enrolment import EnrolRequest


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class StoreKeys:
    store: str
    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / ROOT

    @property
    def gateway(self) -> Path:
        return self.folder / GATEWAY

    def till(self, terminal: str) -> Path:
        """Its key and certificate in one file."""
        return self.folder / f"till-{terminal}.pem"

    def tls(self, terminal: str) -> Tls:
        return Tls(Files(self.root, self.till(terminal)), gateway_of(self.store), now_ms)


@dataclass(frozen=True)
class Office:
    folder: Path

    @property
    def hq(self) -> Path:
        return self.folder / "hq-trust"

    def store(self, store: str, terminals: list[str], epoch: int = EPOCH) -> StoreKeys:
        """Gateway's keys, and each terminal's, as `lane enrol` gets them."""
        keys = StoreKeys(store, self.folder / f"trust-{store}")
        make_store(self.folder / "safe", store, keys.folder, datetime.now(UTC))
        registry = Registry.open(keys.folder, store, now_ms)
        # A code is hashed slowly on purpose; where 1,600 are used at once that would be all that is done.
        with closing(registry), patch.dict(codes._SCRYPT, n=2):
            for terminal in terminals:
                key = issuing.new_key()
                code = registry.make_code(terminal, os.urandom(21), 60)
                asked = EnrolRequest(store, terminal, epoch, (), code, issuing.make_request(key, terminal))
                keys.till(terminal).write_bytes(issuing.key_pem(key) + registry.enrol(asked))
        return keys


def new_office(folder: Path) -> Office:
    make_chain(folder / "safe", "Demo", datetime.now(UTC))
    make_hq(folder / "safe", folder / "hq-trust", datetime.now(UTC))
    return Office(folder)
