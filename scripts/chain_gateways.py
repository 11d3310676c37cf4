"""Several stores' gateways in one process: of each the whole of what `lane gateway` opens, on one loop.

python scripts/chain_gateways.py 0001.toml 0002.toml ...      prints one line when all are ready
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import ExitStack
from pathlib import Path

from runtime.gateway.settings import read_gateway_file
from runtime.gateway.stack import Stack, open_stack
from runtime.service.notify import Notifier
from runtime.serving.server import listen, serve


def main() -> int:
    logging.basicConfig(level=logging.WARNING)
    files = [read_gateway_file(Path(name)) for name in sys.argv[1:]]
    failed = asyncio.Event()

    async def fatal() -> None:
        failed.set()

    with ExitStack() as closing:
        notifier = Notifier()
        stacks: list[Stack] = []
        for file in files:
            listening = closing.enter_context(listen(file.gateway.host, file.gateway.port))
            stacks.append(open_stack(file, listening, None, closing, fatal, notifier))
        listeners = [one for stack in stacks for one in stack.listeners]
        beside = [one for stack in stacks for one in stack.beside]
        asyncio.run(serve(listeners, failed, f"{len(files)} gateways ready", notifier, beside))
    return 3 if failed.is_set() else 0


if __name__ == "__main__":
    sys.exit(main())
