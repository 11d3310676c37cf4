"""The proof of life that head office's watchdog is fed with: a commit of its database, or a plain no from it.

Four things can become of a beat, and what starting again would change is what tells them apart (docs/adr/0030):

    committed                    the sales' own way works                                       fed
    refused at once              the database is away, full, starting...: it says no            fed: it is waited for
    no word, from nobody         the database hangs, a new connection to it too                 fed: said as away
    no word, but to a newcomer   the database is well and our own connections are not           the process ends
"""

from __future__ import annotations

from runtime.hq.errors import HqError
from runtime.hq.store import HqStore


class Pulse:
    """`word` is the line for people: `ready`, and what the database said last where that is no."""

    def __init__(self, store: HqStore, ready: str) -> None:
        self._store = store
        self._ready = ready
        self.word = ready

    @property
    def commits(self) -> int:
        return self._store.commits

    async def beat(self) -> None:
        """Raises HqError."""
        try:
            await self._store.beat()
        except HqError as error:
            self.word = f"{self._ready}. {error}"
            raise
        self.word = self._ready


def is_no(error: Exception) -> bool:
    """Whether a beat's error is an answer that a new process would get as well."""
    return isinstance(error, HqError) and not error.fatal and error.code != "store_stuck"
