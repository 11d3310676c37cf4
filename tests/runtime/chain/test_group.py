"""Group commit: together what waits together, an answer for each, nobody forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from runtime.chain.blocking import OneThread
from runtime.chain.errors import ChainError
from runtime.chain.group import GroupCommit


class Committed:
    """Groups as they were committed; a commit takes two turns of the loop."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []

    async def __call__(self, group: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(group))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return [ChainError("bad_hash", sequence=n) if n < 0 else n * 10 for n in group]


def test_what_waits_together_is_committed_together() -> None:
    async def main() -> None:
        committed = Committed()
        group: GroupCommit[int, int] = GroupCommit(committed, largest=4, waiting=100)
        assert await asyncio.gather(*(group.submit(n) for n in range(10))) == [n * 10 for n in range(10)]
        assert committed.groups == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]

    asyncio.run(main())


def test_one_after_the_other_each_is_answered_at_once() -> None:
    """The answer comes while the group's task is still ending: the next one must not wait for a task that is over."""

    async def main() -> None:
        committed = Committed()
        group: GroupCommit[int, int] = GroupCommit(committed, largest=4, waiting=100)
        async with asyncio.timeout(5):
            for n in range(50):
                assert await group.submit(n) == n * 10
        assert len(committed.groups) == 50

    asyncio.run(main())


def test_each_has_an_answer_of_its_own() -> None:
    async def main() -> None:
        group: GroupCommit[int, int] = GroupCommit(Committed(), largest=9, waiting=100)
        said = await asyncio.gather(*(group.submit(n) for n in (1, -2, 3)), return_exceptions=True)
        assert said[0] == 10 and said[2] == 30
        assert isinstance(said[1], ChainError) and said[1].code == "bad_hash"

    asyncio.run(main())


def test_what_the_commit_raises_is_said_to_all_and_the_next_group_goes_on() -> None:
    async def main() -> None:
        fails = [ChainError("bad_hash", sequence=1), ZeroDivisionError()]

        async def commit(group: Sequence[int]) -> list[int | Exception]:
            await asyncio.sleep(0)
            if fails:
                raise fails.pop(0)
            return list(group)

        group: GroupCommit[int, int] = GroupCommit(commit, largest=2, waiting=100)
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        said = await asyncio.gather(*(group.submit(n) for n in range(2)), return_exceptions=True)
        assert [type(one) for one in said] == [ChainError] * 2
        said = await asyncio.gather(*(group.submit(n) for n in range(2)), return_exceptions=True)
        assert [type(one) for one in said] == [ZeroDivisionError] * 2
        assert await group.submit(5) == 5

    asyncio.run(main())


def test_too_many_are_told_to_come_later() -> None:
    async def main() -> None:
        group: GroupCommit[int, int] = GroupCommit(Committed(), largest=2, waiting=3)
        said = await asyncio.gather(*(group.submit(n) for n in range(5)), return_exceptions=True)
        refused = [one for one in said if isinstance(one, ChainError)]
        assert [(one.code, one.status) for one in refused] == [("too_busy", 429)] * 2
        assert refused[0].retry_after_s

    asyncio.run(main())


def test_who_has_gone_disturbs_nobody() -> None:
    async def main() -> None:
        committed = Committed()
        group: GroupCommit[int, int] = GroupCommit(committed, largest=4, waiting=9)
        tasks = [asyncio.ensure_future(group.submit(n)) for n in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        said = await asyncio.gather(*tasks, return_exceptions=True)
        assert (said[0], said[2]) == (0, 20) and isinstance(said[1], asyncio.CancelledError)

    asyncio.run(main())


def test_lanes_work_side_by_side() -> None:
    async def main() -> None:
        at_once = most = 0

        async def commit(group: Sequence[int]) -> list[int | Exception]:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.001)
            at_once -= 1
            return list(group)

        group: GroupCommit[int, int] = GroupCommit(commit, largest=2, waiting=100, lanes=3)
        await asyncio.gather(*(group.submit(n) for n in range(20)))
        assert most == 3

    asyncio.run(main())


@pytest.mark.parametrize("calls", [40])
def test_one_thread_does_one_thing_at_a_time(calls: int) -> None:
    async def main() -> list[int]:
        thread = OneThread("test")
        seen: list[int] = []

        def step(n: int) -> int:
            before = len(seen)
            seen.append(n)
            assert len(seen) == before + 1
            return n

        try:
            return list(await asyncio.gather(*(thread(lambda n=n: step(n)) for n in range(calls))))  # type: ignore[misc]
        finally:
            thread.close()

    assert asyncio.run(main()) == list(range(calls))
