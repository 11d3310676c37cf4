"""For the tests of the gateway's way up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtime.gateway.seam import Seam


@pytest.fixture
def seam() -> Iterator[Seam]:
    made = Seam()
    yield made
    for disk in made.disks.values():
        disk.close()
