"""Keeps a place supplied: asks the server above which snapshot it shall have, fetches that one, and has it installed.

One question at a time and one file at a time; what goes wrong leaves the old file in use and is tried again later. A
file that arrives damaged is fetched again, whole. With `most_refusals` a publication that was refused so often is not
asked for any more until another takes its place: the fault is not on the way then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from engine.errors import SnapshotError
from engine.signature import Trust
from runtime.distribution.errors import DistributionError
from runtime.distribution.fetching import Fetcher, Later
from runtime.distribution.manifest import check_manifest, read_answer
from runtime.link.backoff import Backoff
from runtime.link.ports import LinkDown, LinkReply
from runtime.wire.pack import pack
from runtime.wire.snapshots import ASK_PATH, MAX_HOLD_MS, Holding, Manifest, SnapshotAsk

log = logging.getLogger(__name__)

Status = tuple[str, dict[str, Any]]  # a key of errors.SENTENCES with its arguments; ("", {}) where all is well


class Asker(Protocol):
    async def post(self, path: str, body: bytes) -> LinkReply: ...


class Place(Protocol):
    """Where snapshots lie: a gateway's files, or the path that a till looks at."""

    taken: Manifest | None  # the last that was installed; survives everything that the disk survives

    def base(self) -> tuple[bytes, Path] | None:
        """Hash and path of the file that is here. May block for as long as hashing it takes."""
        ...

    def has(self, manifest: Manifest) -> bool:
        """Whether its file is here already. May block likewise."""
        ...

    def install(self, manifest: Manifest, part: Path | None, delta: tuple[Path, str] | None) -> None:
        """It was checked; `part` is its verified file, None where it was here already. Raises OSError."""
        ...

    def forget(self, but: Manifest | None) -> None:
        """Remove what is under way for any other."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `groups` None: whatever group the server names is believed."""

    store: str
    name: str
    groups: Collection[str] | None = None


class Keeper:
    """`blocking` does what blocks, off the loop; `random` gives 0 <= x < 1; `changed` is called when the status or the
    installed file did; `holdings` is what others hold that are supplied from here; `hold_s` is how long the one above
    may hold an answer back until there is news: then `poll_s` is only for servers that do not."""

    def __init__(
        self,
        identity: Identity,
        link: Asker,
        fetcher: Fetcher,
        place: Place,
        trust: Trust | None,
        *,
        random: Callable[[], float],
        poll_s: float,
        hold_s: float = 0.0,
        backoff: Backoff,
        most_refusals: int | None = None,
        changed: Callable[[], None] = lambda: None,
        holdings: Callable[[], tuple[Holding, ...]] | None = None,
        blocking: Callable[..., Awaitable[Any]] = asyncio.to_thread,
    ) -> None:
        self._identity = identity
        self._link = link
        self._fetcher = fetcher
        self._place = place
        self._trust = trust
        self._random = random
        self._poll_s = poll_s
        self._hold_s = min(hold_s, MAX_HOLD_MS / 1000)
        self._backoff = backoff
        self._most_refusals = most_refusals
        self._changed = changed
        self._holdings = holdings
        self._blocking = blocking
        self._told: tuple[Holding, ...] = ()
        self._woken = asyncio.Event()
        self._refused: Manifest | None = None
        self._refusals = 0
        self._wanted: Manifest | None = None
        self.idle = True  # nothing is being fetched or installed
        self.status: Status = ("", {})

    @property
    def holding(self) -> Holding:
        """What this place says of itself."""
        taken = self._place.taken
        counter, file = (taken.counter, taken.file) if taken is not None else (0, b"")
        return Holding(self._identity.name, counter, file, self.status[0])

    def wake(self) -> None:
        """Something may be new: ask now."""
        self._woken.set()

    async def run(self) -> None:
        """For ever."""
        failures = 0
        while True:
            self._woken.clear()
            wait_s = self._poll_s * (0.75 + self._random() / 2)
            began_s = asyncio.get_running_loop().time()
            try:
                again = await self.once()
                failures = failures + 1 if again else 0
                if again:
                    wait_s = self._backoff.delay_s(failures, self._random)
                elif self._hold_s and asyncio.get_running_loop().time() - began_s > self._hold_s / 2:
                    wait_s = 0.0  # the answer was held back: the next question takes its place
            except (LinkDown, Later) as error:  # nobody's business: the network's state is shown elsewhere
                log.debug("%s", error)
                failures += 1
                wait_s = self._backoff.delay_s(failures, self._random, getattr(error, "after_s", None))
            try:
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def once(self) -> bool:
        """Ask and do what is wanted. True where it went wrong in a way that trying again may mend.

        Raises LinkDown, Later.
        """
        holdings = self._holdings() if self._holdings is not None else ()
        news = holdings if holdings != self._told else None
        ask = SnapshotAsk(self._identity.store, self.holding, news, round(self._hold_s * 1000))
        reply = await self._link.post(ASK_PATH, pack(ask))
        if reply.status != 200:
            raise Later(f"status {reply.status}", reply.retry_after_s)
        self._told = holdings
        try:
            manifest = read_answer(reply.body)
        except DistributionError as error:
            self._say(error.code, error.args_named)
            return True
        return await self.take(manifest) if manifest is not None else False

    async def take(self, manifest: Manifest) -> bool:
        """As `once`, with what the server wants known already (a beat's answer carries it)."""
        try:
            check_manifest(
                manifest,
                trust=self._trust,
                store=self._identity.store,
                groups=self._identity.groups,
                taken=self._place.taken,
            )
        except DistributionError as error:
            self._say(error.code, error.args_named)
            return True
        self.idle = False
        try:
            return await self._supply(manifest)
        finally:
            self.idle = True

    async def _supply(self, manifest: Manifest) -> bool:
        """What is wanted and was checked, fetched and installed where it is not here. As `take`."""
        try:
            here = await self._blocking(self._place.has, manifest)
            done = here and manifest == self._place.taken
            if manifest != self._wanted:
                self._wanted = manifest
                await self._blocking(self._place.forget, None if done else manifest)
            if done:
                self._say("", {})
                return False
            if not here and self._given_up(manifest):
                return False
            part = None if here else await self._fetch(manifest)
            await self._blocking(self._place.install, manifest, part, None if here else self._fetcher.delta)
        except SnapshotError as error:
            self._refuse(manifest, error)
            return True
        except DistributionError as error:
            self._say(error.code, error.args_named)
            return True
        except OSError as error:
            self._say("prices_disk", {"reason": error.strerror or str(error)})
            return True
        await self._blocking(self._place.forget, None)
        self._refusals = 0
        self._refused = None
        log.info("prices number %d are here (%s)", manifest.counter, manifest.snapshot.hex()[:16])
        self._say("", {})
        self._changed()
        self.wake()  # the one above should hear of it
        return False

    async def _fetch(self, manifest: Manifest) -> Path:
        whole = self._refused == manifest and self._refusals > 0
        base = None if whole else await self._blocking(self._place.base)
        return await self._fetcher.fetch(manifest, base)

    def _given_up(self, manifest: Manifest) -> bool:
        return self._most_refusals is not None and self._refused == manifest and self._refusals >= self._most_refusals

    def _refuse(self, manifest: Manifest, error: SnapshotError) -> None:
        self._refusals = self._refusals + 1 if self._refused == manifest else 1
        self._refused = manifest
        log.error("prices number %d: %s Refused %d times.", manifest.counter, error, self._refusals)
        if self._given_up(manifest):
            self._say("prices_given_up", {"section": error.section, "times": self._refusals})
        else:
            self._say("prices_refused", {"section": error.section})

    def _say(self, code: str, args: dict[str, Any]) -> None:
        if (code, args) != self.status:
            self.status = (code, args)
            if code and code not in ("prices_refused", "prices_given_up"):
                log.warning("%s", DistributionError(code, **args))
            self._changed()
