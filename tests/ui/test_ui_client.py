"""The socket client against a real socket: order, reconnecting, latency, and whatever bytes come."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import ui_views
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ui_server import TillServer, until

from runtime.wire.frames import encode
from runtime.wire.messages import Answer, Command, View
from ui.client import Arrival, Client, Link


class Taker:
    """A client whose arrivals are collected as they come."""

    def __init__(self, path: Path) -> None:
        self.got: list[tuple[float, Arrival]] = []
        self._lock = threading.Lock()
        self.client = Client(path, self._woken)
        self.client.start()

    def _woken(self) -> None:
        with self._lock:
            self.got += [(time.perf_counter(), one) for one in self.client.take()]

    def views(self) -> list[View]:
        return [a for _, a in self.got if isinstance(a, View)]

    def links(self) -> list[bool]:
        return [a.up for _, a in self.got if isinstance(a, Link)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s"


@pytest.fixture
def taker(path: Path) -> Iterator[Taker]:
    one = Taker(path)
    yield one
    one.client.stop()


def test_hello_view_command_answer(path: Path, taker: Taker) -> None:
    server = TillServer(path, ui_views.basket(), lambda c: [ui_views.basket(rev=10), Answer(c.id, True)])
    assert until(taker.views)
    assert taker.client.send(Command(1, "subtotal"))
    assert until(lambda: any(isinstance(a, Answer) for _, a in taker.got))
    assert server.commands == [Command(1, "subtotal")] and taker.views()[-1].rev == 10
    server.close()


def test_it_connects_again(path: Path, taker: Taker) -> None:
    assert not taker.client.send(Command(1, "next"))
    server = TillServer(path, ui_views.basket(rev=1))
    assert until(taker.views)
    server.close()
    assert until(lambda: taker.links()[-1] is False)
    assert not taker.client.send(Command(2, "next"))  # not kept for later
    server = TillServer(path, ui_views.basket(rev=2))
    assert until(lambda: [v.rev for v in taker.views()] == [1, 2])
    assert server.commands == []
    server.close()


def test_views_arrive_at_once(path: Path, taker: Taker) -> None:
    server = TillServer(path, ui_views.many(30))
    assert until(taker.views)
    waits = []
    for rev in range(100, 140):
        view = ui_views.many(30)
        sent = time.perf_counter()
        server.show(View(**{**{f: getattr(view, f) for f in View.__slots__}, "rev": rev}))
        assert until(lambda rev=rev: taker.views()[-1].rev == rev)
        waits.append(next(t for t, a in reversed(taker.got) if isinstance(a, View)) - sent)
    assert sorted(waits)[len(waits) // 2] < 0.02
    server.close()


def test_it_sleeps_when_nothing_happens(path: Path, taker: Taker) -> None:
    server = TillServer(path, ui_views.basket())
    assert until(taker.views)
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.1
    server.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_end_in_a_new_connection(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Garbage costs the connection, never the thread: the next one shows the basket again."""
    path = tmp_path_factory.mktemp("f") / "s"
    server = TillServer(path, ui_views.view(rev=1))
    taker = Taker(path)
    try:
        assert until(taker.views)
        frame = bytearray(encode(ui_views.basket()))
        kind = data.draw(st.sampled_from(["random", "mutated", "length"]))
        if kind == "random":
            junk = data.draw(st.binary(min_size=1, max_size=200))
            frame = bytearray(struct.pack(">I", len(junk)) + junk)
        elif kind == "mutated":
            for at, value in data.draw(st.lists(st.tuples(st.integers(4, len(frame) - 1), st.integers(0, 255)))):
                frame[at] = value
        else:
            frame[:4] = struct.pack(">I", data.draw(st.integers(1 << 21, (1 << 32) - 1)))
        server.raw(bytes(frame))
        server.view = ui_views.view(rev=77)
        server.raw(b"\xff\xff\xff\xff")  # ends it in any case
        assert until(lambda: taker.views()[-1].rev == 77)
    finally:
        taker.client.stop()
        server.close()
