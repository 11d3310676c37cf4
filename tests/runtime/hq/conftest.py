"""Both databases of head office, each real: SQLite in a file, PostgreSQL from Debian's package, one server for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Postgres, binaries


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with Postgres() as server:
        yield server
