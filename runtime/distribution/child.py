"""`lane diff` and `lane patch` in a process of their own, at low priority: neither their memory nor their time
is the caller's. Where no process can be started (Android), there are no deltas and files travel whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import sys
from pathlib import Path

log = logging.getLogger(__name__)

MOST_S = 300.0
NICENESS = "10"  # a tenth of a busy processor, and all of an idle one
_ROOT = Path(__file__).resolve().parents[2]


async def lane(*words: str | Path) -> bool:
    """Run `lane WORDS`; True where it ended well. Never longer than MOST_S."""
    program = [sys.executable, "-m", "runtime.cli", *map(str, words)]
    nice = shutil.which("nice")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])}
    try:
        child = await asyncio.create_subprocess_exec(
            *([nice, "-n", NICENESS] if nice else []),
            *program,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError, NotImplementedError) as error:
        log.warning("lane %s cannot be started: %s", words[0], error)
        return False
    try:
        async with asyncio.timeout(MOST_S):
            _, said = await child.communicate()
    except BaseException as error:  # told to stop, or too long: it must not work on for nobody
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        if not isinstance(error, TimeoutError):
            raise
        log.warning("lane %s took more than %g s", words[0], MOST_S)
        return False
    if child.returncode:
        log.warning("lane %s: %s", words[0], said.decode(errors="replace").strip()[-300:] or child.returncode)
    return child.returncode == 0
