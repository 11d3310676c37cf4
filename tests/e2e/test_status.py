"""`lane status` of a real terminal: well, in trouble, killed; and every field of its JSON is in docs/status.md."""

from __future__ import annotations

import dataclasses
import json
import re
import signal
import socket
import subprocess
import threading
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rig import LANE, ROOT, Store, wait_for

from runtime.terminal.settings import read_terminal_file
from runtime.tools import status as tool
from runtime.tools.status_words import in_words
from runtime.wire.messages import Sentence
from runtime.wire.status import Status

MILK = "6901234567892"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("store")) as one:
        yield one


def lane_status(store: Store, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [*LANE, "status", str(store.terminal_file), *words], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    return done.returncode, done.stdout + done.stderr


def as_json(store: Store) -> tuple[int, dict[str, Any]]:
    code, said = lane_status(store, "--json", "--language", "en")
    return code, json.loads(said)


def now(store: Store) -> tuple[Status, set[str]]:
    """As the command sees it, without its process."""
    status, found = tool.look(read_terminal_file(store.terminal_file))
    return status, {one.sentence.code for one in found}


def codes(status: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["about"], one["code"]) for one in status["attention"]}


def test_from_well_to_trouble_to_gone(store: Store) -> None:
    wait_for("all well", lambda: not now(store)[1], 20)
    front = store.front_end
    front.must("scan", code=MILK)
    front.must("subtotal")
    front.must("cash", amount_minor=10_000)
    wait_for("it is sent", lambda: now(store)[0].journal.stored == 1)
    wait_for("it is printed", lambda: not now(store)[1])
    code, status = as_json(store)
    assert (code, status["state"], status["attention"]) == (0, "well", [])
    assert status["terminal"]["pid"] == store.terminal.pid and status["terminal"]["front_ends"] == 1
    assert status["last_sale"]["number"] == 1 and status["last_sale"]["at"]
    assert {one["name"]: one["ok"] for one in status["devices"]}["printer"] is True
    assert status["disk"]["reserve"] == "whole" and status["disk"]["journal_bytes"] > 0
    assert status["memory"]["private_bytes"] > 1 << 20 and status["versions"]["engine"] >= 2
    assert lane_status(store, "--quiet") == (0, "")
    words = lane_status(store)[1]  # the terminal's own language
    assert "一切正常" in words and "待传: 0笔交易只在本机" in words

    store.gateway.kill(signal.SIGTERM)
    front.must("scan", code=MILK)
    front.must("subtotal")
    front.must("cash", amount_minor=10_000)
    wait_for("the gateway is missed", lambda: now(store)[1] == {"GATEWAY_AWAY"})
    code, status = as_json(store)
    assert code == 1 and status["queue"]["unsent"] == 1 and status["queue"]["oldest_at"] == status["last_sale"]["at"]
    assert "The gateway does not answer." in lane_status(store, "--language", "en")[1]

    store.terminal.kill(signal.SIGKILL)
    code, gone = as_json(store)
    assert code == 2 and gone["state"] == "not_running" and codes(gone) == {("terminal", "NOT_RUNNING")}
    assert gone["last_sale"]["number"] == 2 and gone["last_sale"]["at"] == status["last_sale"]["at"]
    assert gone["journal"]["rows"] >= status["journal"]["rows"]
    assert 1 <= gone["queue"]["unsent"] <= 2  # the watermark goes to disk with the next row
    assert gone["terminal"]["epoch"] == status["terminal"]["epoch"]
    assert gone["versions"]["snapshot"] == status["versions"]["snapshot"]
    remedy = gone["attention"][0]["remedy"]
    assert "systemctl start lane-terminal" in remedy and f"lane log {store.terminal_file}" in remedy


def test_a_daemon_that_hangs_and_one_of_another_version_are_told_apart(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = read_terminal_file(store.terminal_file)
    store.socket.unlink(missing_ok=True)
    monkeypatch.setattr(tool, "ANSWER_S", 0.2)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(store.socket))
        listener.listen()
        assert tool.look(file)[1][0].sentence.code == "NO_ANSWER"
        listener.accept()  # the one that has gone
        monkeypatch.setattr(tool, "ANSWER_S", 10.0)
        peers: list[socket.socket] = []  # open until the end: one closed with something unread takes its answer back

        def answer() -> None:
            peers.append(listener.accept()[0])
            peers[0].sendall(b"\0\0\0\1\xc0")

        thread = threading.Thread(target=answer)
        thread.start()
        assert tool.look(file)[1][0].sentence.code == "OTHER_VERSION"
        thread.join()
    store.socket.unlink()


def fields_of(cls: type[Any], before: str = "") -> Iterator[str]:
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        hint, name = hints[field.name], before + field.name
        if typing.get_origin(hint) is tuple:
            hint, name = typing.get_args(hint)[0], name + "[]"
        if hint is Sentence:
            yield from (f"{name}.{key}" for key in ("code", "text", "remedy"))
        elif dataclasses.is_dataclass(hint):
            yield from fields_of(typing.cast("type[Any]", hint), f"{name}.")
        else:
            yield name


def paths_in(value: Any, before: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from paths_in(one, f"{before}.{key}" if before else key)
    elif isinstance(value, list):
        for one in value:
            yield from paths_in(one, f"{before}[]")
    else:
        yield before


def test_every_field_is_documented_and_every_documented_field_is_there(store: Store) -> None:
    page = (ROOT / "docs" / "status.md").read_text(encoding="utf-8")
    table = page[page.index("## Every field of the JSON") :]
    documented = set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))
    attention = {f"attention[].{key}" for key in ("about", "code", "text", "remedy")}
    assert documented == {"state", *attention, *fields_of(Status)}
    said = set(paths_in(as_json(store)[1]))
    assert said <= documented


def test_words_are_in_the_language_that_is_asked_for(store: Store) -> None:
    status, found = tool.look(read_terminal_file(store.terminal_file))
    english = "\n".join(in_words(status, found, "not_running", str))
    assert "it is not at work" in english and not re.search(r"[\u4e00-\u9fff]", english)
    chinese = lane_status(store, "--language", "zh")[1]
    assert "终端" in chinese and "systemctl start lane-terminal" in chinese
