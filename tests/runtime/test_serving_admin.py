"""The socket that a server's commands ask: what it needs of the disk is worth no sale."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from runtime.serving.admin import ask, serve_admin


async def echo(data: bytes) -> bytes:
    return b"said " + data


def test_a_command_is_answered(tmp_path: Path) -> None:
    async def main() -> None:
        serving = asyncio.ensure_future(serve_admin(tmp_path, "x.sock", echo))
        while not (tmp_path / "x.sock").exists():
            await asyncio.sleep(0.01)
        assert await asyncio.to_thread(ask, tmp_path, "x.sock", b"hello") == b"said hello"
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        assert not (tmp_path / "x.sock").exists()

    asyncio.run(main())


@pytest.mark.parametrize("there", [True, False])
def test_a_disk_that_takes_no_socket_ends_no_server(
    there: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="lane.serving")
    folder = tmp_path / "keys"
    if there:
        (folder / "x.sock").mkdir(parents=True)  # its name cannot be had

    async def main() -> None:
        serving = asyncio.ensure_future(serve_admin(folder, "x.sock", echo))
        await asyncio.sleep(0.05)
        assert not serving.done()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(main())
    assert "commands are not heard" in caplog.text
