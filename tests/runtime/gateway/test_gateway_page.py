"""The page of a store: what it says, in both languages, what it never holds, and how a browser shows it."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from page_scene import NOW_MS, line, scene
from starlette.requests import Request

from runtime.chain.blocking import run_here
from runtime.gateway.page.html import page
from runtime.gateway.page.overview import Alarm, overview
from runtime.gateway.page.serve import HEADERS, Page
from runtime.gateway.page.words import overview_words
from runtime.gateway.sharing.store import DaySales
from runtime.gateway.sharing.tickets import Known
from runtime.gateway.show import now_words
from runtime.share import config_dir
from runtime.translation import translator
from runtime.wire.beat import Shares
from runtime.wire.messages import Sentence
from tests.runtime.till_rig import MILK
from tests.sharing.store_rig import Store, run_store

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""


class Reader(HTMLParser):
    """Texts and tags, and whatever would be fetched or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.bad: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "link", "object", "form", "svg"):
            self.bad.append(tag)
        self.bad += [name for name, value in attrs if name.startswith("on") or name == "src" or "//" in (value or "")]
        if tag not in ("meta", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_it_says_what_there_is_in_both_languages_and_fetches_nothing() -> None:
    english = Reader(page(scene(), str, "en"))
    chinese = Reader(page(scene(), translator(config_dir(), "zh"), "zh"))
    assert english.bad == chinese.bad == []
    words, zeichen = " ".join(english.texts), " ".join(chinese.texts)
    for said in ("Store S001", "Sold today 419 sales", "Total today ¥17,438.60", "4 tills", "5 things",
                 "Till 04 is not heard.", "Not heard", "Needs a look", "3 of 4 well",
                 "3 sales, since 18:21", "Sold today 143 sales Total today ¥6,124.80", "12 records",
                 "2 tickets", "3 receipts", "no. 97 at 18:29", "not known"):  # fmt: skip
        assert said in words, said
    assert "Records of till 04 are missing after number 51; 2 later ones are here." in words
    assert "Till 02 · New prices are not signed by head office's key" in words
    assert "款台 02 · 新价格没有总部密钥的签名" in zeichen and "没有消息" in zeichen and "3 笔，自 18:21 起" in zeichen
    for said in ("今日销售 419 笔", "今日金额 ¥17,438.60", "款台 4 台", "待处理 5 项",
                 "今日销售 143 笔 今日金额 ¥6,124.80", "未到总部 12 条", "挂单 2 笔", "待打小票 3 张"):  # fmt: skip
        assert said in zeichen, said
    left = [text for text in chinese.texts[2:] if re.search(r"[A-Za-z]{4,}", text) and text != "English"]
    assert left == [], left  # nothing of it was left in English


def test_what_is_in_two_currencies_is_not_added_up() -> None:
    """Two that have one sign on receipts, too; and one whose currency nobody knows."""
    known = {name: Known(name, 11, Shares(currency="CNY"), NOW_MS) for name in ("01", "02")}
    known["03"] = Known("03", 11, Shares(currency="JPY", exponent=0), None)  # last heard before a restart
    day = DaySales("2026-11-22", {"01": (2, 1250), "02": (1, 50), "03": (1, 700), "04": (1, 9)})
    lines = [line(name, 1, 1) for name in day.tills]

    def shown() -> tuple[str, list[str]]:
        made = overview("S1", "2026-11-22T18:30:12", NOW_MS, lines, (), known, {}, day)
        return " ".join(Reader(page(made, str, "en")).texts), overview_words(asdict(made))

    words, lines_shown = shown()
    assert "Sold today 5 sales Total today 0.09 + CNY 13.00 + JPY 700 " in words
    assert all(f"Total today {total}" in words for total in ("JPY 700", "CNY 12.50", "0.09"))
    assert lines_shown[0] == "2026-11-22: 5 sales, in all 0.09 + CNY 13.00 + JPY 700."
    del known["03"], day.tills["03"]
    assert "Total today ¥13.09 " in shown()[0]  # till 04 sells in what the store sells in
    known.clear()
    assert "Total today 13.09 " in shown()[0]
    day.tills.clear()
    assert "Sold today 0 sales Total today 0.00 " in shown()[0]


def test_a_till_that_an_alarm_is_about_is_not_called_well() -> None:
    """Its prices are not taken; the alarm is counted once."""
    assert [till.state for till in scene().tills] == ["good", "trouble", "trouble", "silent"]
    assert ">5 things</b>" in page(scene(), str, "en")


def test_what_a_terminal_says_is_text_and_nothing_else() -> None:
    evil = "<script>alert(1)</script>{0.__class__}{x"
    till = replace(scene().tills[0], terminal=evil)
    store = replace(scene(), store=evil, tills=(till,), alarms=(Alarm(Sentence("x", evil, evil, {"a": 1}), evil),))
    assert Reader(page(store, str, "en")).bad == []


def test_what_a_terminal_says_never_takes_the_gateways_memory() -> None:
    """A few characters that would be gigabytes of blanks, were they a format of Python's."""
    wide = Sentence("x", "{a:>9999999999}", "{b} {a}", {"a": 1})
    store = replace(scene(), alarms=(Alarm(wide, "01"),))
    assert "{a:&gt;9999999999}" in page(store, str, "en") and "{b} 1" in page(store, str, "en")
    said = json.dumps(asdict(store)).encode()
    assert now_words(said)[-1] == "  ! till 01: {a:>9999999999} {b} 1"
    for wrong in (
        b"4",
        said.replace(b'"exponent": 2', b'"exponent": 2000000000'),
        said.replace(b'"exponent": 2', b'"exponent": true'),
        b"[" * 100_000,
    ):
        with pytest.raises(ValueError):
            now_words(wrong)


def test_the_words_of_show_say_the_same() -> None:
    import dataclasses

    lines = overview_words(dataclasses.asdict(scene()))
    assert lines[0] == "2026-11-22: 419 sales, in all ¥17,438.60."
    three = next(line for line in lines if "till 03: needs a look" in line)
    assert "97 sales, ¥4,011.50" in three and "3 sales only there since 2026-11-22T18:21:07" in three
    assert "3 of 4 devices well" in three and any("2 tickets put aside" in line for line in lines)
    assert any(line.startswith("  ! Till 04 is not heard.") for line in lines)


def request(path: str, language: str = "") -> Request:
    headers = [(b"accept-language", language.encode())] if language else []
    target, _, query = path.partition("?")
    scope = {"type": "http", "method": "GET", "path": target, "query_string": query.encode(), "headers": headers}
    return Request(scope)


def test_a_real_store_is_on_it(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        store.gateway.now_ms = NOW_MS
        one = store["01"].rig
        one.devices.codes["posprinter"] = "EPTR_REC_EMPTY"
        one.scan(MILK)
        one.must("subtotal")
        one.must("cash", amount_minor=300)
        store["01"].send()
        one.scan(MILK)
        one.must("suspend")
        await store.beats(2)
        shown = Page(store.gateway.store, store.gateway.sharing, run_here, config_dir())
        answer = await shown.page(request("/?lang=en"))
        assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]
        words = " ".join(Reader(bytes(answer.body).decode()).texts)
        assert "Store S1" in words and "Sold today 1 sale Total today ¥3.00 In this store 2 tills " in words
        assert "Needs a look" in words and "Put aside" in words
        assert "门店 S1" in bytes((await shown.page(request("/"))).body).decode()
        assert "Store S1" in bytes((await shown.page(request("/", "en-GB,zh"))).body).decode()
        store.gateway.now_ms += 3_600_000
        store.gateway.again()
        again = Page(store.gateway.store, store.gateway.sharing, run_here, config_dir())
        words = bytes((await again.page(request("/?lang=en"))).body).decode()
        assert "Till 01 is not heard." in words and "¥3.00" in words

    run_store(tmp_path, work)


@pytest.mark.skipif(not CHROMIUM, reason="there is no chromium here: apt-get install chromium")
@pytest.mark.parametrize(("language", "width", "height"), [("zh", 1280, 1100), ("en", 390, 2000)])
def test_a_browser_shows_it(tmp_path: Path, language: str, width: int, height: int) -> None:
    file, picture = tmp_path / "page.html", tmp_path / "page.png"
    file.write_text(page(scene(), translator(config_dir(), language), language), encoding="utf-8")
    words = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        f"--user-data-dir={tmp_path}/u", f"--window-size={width},{height}", f"--screenshot={picture}", f"file://{file}",
    ]  # fmt: skip
    subprocess.run(words, capture_output=True, timeout=120, check=True)
    data = picture.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (width, height)
    dump = subprocess.run([*words[:-2], "--dump-dom", words[-1]], capture_output=True, timeout=120, check=True)
    assert "¥17,438.60" in dump.stdout.decode()
