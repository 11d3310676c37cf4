"""The simulated loop: time jumps, nothing hangs, nothing depends on where objects lie in memory."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.sim.loop import OWNER, SimLoop, Stuck, run


def test_an_hour_takes_no_time() -> None:
    async def main() -> float:
        await asyncio.sleep(3_600)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert run(main()) == 3_600
    assert time.monotonic() - began < 1


def test_timers_come_in_their_order() -> None:
    seen: list[tuple[float, str]] = []

    async def one(name: str, *waits_s: float) -> None:
        for wait_s in waits_s:
            await asyncio.sleep(wait_s)
            seen.append((asyncio.get_running_loop().time(), name))

    async def main() -> None:
        await asyncio.gather(one("a", 3, 1), one("b", 1, 2), one("c", 2, 3))

    run(main())
    assert seen == [(1, "b"), (2, "c"), (3, "a"), (3, "b"), (4, "a"), (5, "c")]


def test_waiting_for_nothing_is_found_out() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Stuck, match="nothing is scheduled"):
        run(main())


def test_spinning_is_found_out() -> None:
    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(Stuck, match="without time passing"):
        run(main())


def test_threads_and_networks_are_refused() -> None:
    async def thread() -> None:
        await asyncio.to_thread(print)

    async def network() -> None:
        await asyncio.get_running_loop().getaddrinfo("localhost", 80)

    for work in (thread, network):
        with pytest.raises(RuntimeError):
            run(work())


def test_sets_of_tasks_are_walked_in_the_order_of_their_making() -> None:
    async def main() -> list[int]:
        tasks = [asyncio.ensure_future(asyncio.sleep(0)) for _ in range(50)]
        ends: list[int] = []
        for task in tasks:
            task.add_done_callback(lambda t: ends.append(tasks.index(t)))
        walked = [tasks.index(task) for task in set(tasks)]
        await asyncio.wait(tasks)
        return walked + ends

    assert run(main()) == run(main())


def test_a_machine_ends_with_all_its_tasks_and_no_others() -> None:
    ended: list[str] = []

    async def sleeper(name: str) -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            ended.append(name)
            raise

    async def parent() -> None:
        child = asyncio.ensure_future(sleeper("child"))
        await sleeper("parent")
        await child

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimLoop)
        token = OWNER.set("machine")
        mine = loop.create_task(parent())
        OWNER.reset(token)
        other = loop.create_task(sleeper("other"))
        await asyncio.sleep(1)
        loop.cancel_all("machine")
        await asyncio.sleep(1)
        assert ended == ["parent", "child"] and mine.cancelled() and not other.done()

    run(main())
