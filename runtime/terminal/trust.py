"""The terminal's place in the chain: its files, its links, and when its certificate is to be renewed.

    DIR/terminal.pem     private key, certificate, the store's authority (mode 0600; replaced whole)
    DIR/root.pem         the chain's root, as the enrolment code proved it
    DIR/pending.key      a key whose certificate has been asked for and is not here yet

DIR is `trust` beside the journal. The daemon only reads them: keys and requests are made by `lane enrol`, in a process
of its own, so that the daemon never loads the library cryptography for it.

**Renewed at a third of its life**: when a third has passed, so that a till may lie switched off for the other two. A
little jitter keeps a store's terminals apart. After it has ended it is renewed all the same (docs/trust.md).
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from runtime.link.http_link import MAX_ANSWER_BYTES, HttpLink
from runtime.terminal.clock import TillClock
from runtime.terminal.settings import TerminalFile
from runtime.trust.contexts import Files, Tls
from runtime.trust.dates import MAX_PEM_BYTES, certificates, validity
from runtime.trust.errors import TrustError
from runtime.trust.names import gateway_of

log = logging.getLogger(__name__)

OWN, ROOT, PENDING = "terminal.pem", "root.pem", "pending.key"
FIRST_LOOK_S = 5.0
LOOK_S = 3600.0
AGAIN_S = 600.0
CHILD_S = 60.0


def utc_ms(clock: TillClock) -> int:
    """The best time that is known, whatever the machine's clock says."""
    return int(clock.now().timestamp() * 1000)


def known_utc_ms(clock: TillClock) -> int | None:
    """The same; None where it may be years behind."""
    now = utc_ms(clock)
    return None if clock.quality == "suspect" else now


def link_of(
    settings: TerminalFile, clock: TillClock, *, nameless: bool = False, max_answer_bytes: int = MAX_ANSWER_BYTES
) -> HttpLink:
    """A link of its own to the store's gateway. With https: as this terminal, the gateway's dates held against the best
    time that is known; `nameless`: without a certificate, and where no time is known dates are not looked at (for
    asking the time)."""
    gateway = settings.gateway
    tls = None
    if gateway.is_private:
        folder = settings.trust
        files = Files(folder / ROOT, None if nameless else folder / OWN)
        ask = known_utc_ms if nameless else utc_ms
        tls = Tls(files, gateway_of(settings.terminal.store), lambda: ask(clock))
    return HttpLink(gateway.url, timeout_s=gateway.timeout_ms / 1000, max_answer_bytes=max_answer_bytes, tls=tls)


def is_due(first_ms: int, last_ms: int, now_ms: int, jitter: float) -> bool:
    """Whether a certificate that holds from `first_ms` to `last_ms` is to be renewed. `jitter`: 0 to 1. Pure."""
    life_ms = last_ms - first_ms
    return now_ms >= first_ms + life_ms // 3 + int(life_ms / 30 * jitter)


def own_validity(folder: Path) -> tuple[int, int] | None:
    """The dates of the terminal's certificate; None where there is none that can be read."""
    try:
        with (folder / OWN).open("rb") as file:
            return validity(certificates(file.read(MAX_PEM_BYTES + 1))[0])
    except (OSError, TrustError):
        return None


class Renewal:
    """Looks now and then, and renews. `now_ms`: None where the time is not known; `renew` gives whether it came."""

    def __init__(
        self,
        folder: Path,
        now_ms: Callable[[], int | None],
        random: Callable[[], float],
        renew: Callable[[int], Awaitable[bool]],
    ) -> None:
        self._folder, self._now_ms, self._random, self._renew = folder, now_ms, random, renew
        self._jitter = random()

    async def run(self) -> None:
        """For ever."""
        await asyncio.sleep(FIRST_LOOK_S * self._random())
        while True:
            done = await self.look()
            await asyncio.sleep((LOOK_S if done else AGAIN_S) * (0.5 + self._random()))

    async def look(self) -> bool:
        """Once. False where it was due and did not come."""
        now, dates = self._now_ms(), own_validity(self._folder)
        if now is None or dates is None or not is_due(*dates, now, self._jitter):
            return True
        done = await self._renew(now)
        log.info("the certificate was renewed" if done else "the certificate is due and was not renewed; again later")
        return done


async def renew_in_a_child(file: Path, now_ms: int) -> bool:
    """`lane enrol --renew` in a process of its own; in a thread where there is no interpreter to start (Android)."""
    words = ["enrol", "--config", str(file), "--renew", "--at", str(now_ms)]
    if not sys.executable:
        from runtime.cli import main

        return await asyncio.to_thread(main, words) == 0
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runtime.cli", *words,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(CHILD_S):
            said, _ = await child.communicate()
    except TimeoutError:
        said = b"it took too long"
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        log.warning("lane enrol --renew: %s", said.decode(errors="replace").strip()[-300:])
    return child.returncode == 0
