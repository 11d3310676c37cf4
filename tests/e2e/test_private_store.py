"""A gateway and a terminal over TLS, real processes: who gets nothing; how a till is enrolled, renewed and revoked."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import ssl
import sys
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from rig import RigError, Store, wait_for

from runtime.link.http_link import HttpLink
from runtime.link.ports import LinkDown, LinkReply
from runtime.terminal import enrolment
from runtime.trust import issuing
from runtime.trust.contexts import Files, Tls
from runtime.trust.errors import TrustError
from runtime.trust.names import Peer, gateway_of, server_name
from runtime.wire.beat import Beat
from runtime.wire.enrolment import RENEW_PATH, CertificateAnswer, RenewRequest, renewal
from runtime.wire.pack import build, pack, unpack
from runtime.wire.records import CONTENT_TYPE, BatchAnswer, ErrorAnswer, RecordBatch
from tests.runtime.trust.chains import NOW, Chain, new_chain, now_ms
from tests.sim.batches import record

WATER = "010001"
TILL = "01"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A gateway with TLS, and a terminal that is not enrolled yet and has no devices."""
    folder = tmp_path_factory.mktemp("private")
    store = Store(folder, language="en", settings=lambda text: text[: text.index("# The devices are simulated")])
    store.compile()
    store.make_private()
    store.gateway.start()
    store.terminal.start()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def chain(store: Store) -> Chain:
    """The store's own chain, for certificates that its gateway has not issued."""
    root = issuing.read_authority(
        (store.folder / "safe/root.key").read_bytes() + (store.folder / "safe/root.pem").read_bytes()
    )
    folder = store.folder / "made"
    folder.mkdir()
    made = Chain(folder, root)
    made.root_file.write_bytes(root.pem)
    return made


def authority(store: Store) -> issuing.Authority:
    return issuing.read_authority((store.folder / "trust/store-ca.pem").read_bytes())


def link(store: Store, files: Files) -> HttpLink:
    return HttpLink(f"https://127.0.0.1:{store.gateway_port}", tls=Tls(files, gateway_of("S001"), now_ms))


async def post(store: Store, files: Files, path: str, body: bytes) -> LinkReply:
    one = link(store, files)
    try:
        return await one.post(path, body)
    finally:
        await one.close()


def sent(store: Store, files: Files, terminal: str = TILL, epoch: int = 7) -> str:
    """What comes of one batch sent with this certificate: `stored`, an error's code, or `nothing`."""
    asked = RecordBatch("S001", terminal, epoch, (record(terminal, epoch, 1, StoreID="S001"),))
    try:
        reply = asyncio.run(post(store, files, "/v1/records", pack(asked)))
    except LinkDown:
        return "nothing"
    if reply.status != 200:
        return build(ErrorAnswer, unpack(reply.body)).code
    assert build(BatchAnswer, unpack(reply.body)).stored
    return "stored"


def kept(store: Store) -> dict[str, int]:
    with urllib.request.urlopen(f"http://127.0.0.1:{store.page_port}/v1/status", timeout=10) as answer:
        status = json.load(answer)
    found: dict[str, int] = {}
    for one in status["terminals"]:
        found[one["terminal"]] = found.get(one["terminal"], 0) + one["records"]
    return found


def network(store: Store, code: str, within_s: float = 20.0) -> None:
    store.front_end.wait(lambda view: view.network.sentence.code == code, within_s)


def sell(store: Store) -> None:
    front = store.front_end
    front.must("scan", code=WATER)
    front.must("subtotal")
    front.must("cash", amount_minor=100_000)
    front.wait(lambda view: view.state == "closed")


def enrolled_till(store: Store, terminal: str, epoch: int) -> Files:
    """Another terminal, enrolled by the real command with a settings file of its own."""
    text = store.terminal_file.read_text(encoding="utf-8").replace('workstation = "01"', f'workstation = "{terminal}"')
    text = text.replace("journal.db", f"{terminal}/journal.db").replace("terminal.sock", f"{terminal}.sock")
    file = store.folder / f"terminal-{terminal}.toml"
    file.write_text(text, encoding="utf-8")
    store.lane("enrol", "--config", str(file), "--code", store.code(terminal))
    folder = store.run / terminal / "trust"
    return Files(folder / "root.pem", folder / "terminal.pem")


def epoch_of(files: Files) -> int:
    assert files.own is not None
    return issuing.named(files.own.read_bytes()).epoch


# --- the order counts: one store, from the first day on -------------------------------------------------------------


def test_a_till_that_is_not_enrolled_sells_and_says_so(store: Store) -> None:
    sell(store)
    network(store, "TERMINAL_NOT_ENROLLED")
    assert store.front_end.view is not None and store.front_end.view.network.unsent == 1
    assert kept(store) == {}


WHO = (
    "nobody",
    "self-signed",
    "another chain",
    "another store",
    "the gateway's own",
    "made elsewhere",
    "ended",
    "not yet",
)


@pytest.mark.parametrize("who", WHO)
def test_no_certificate_or_a_wrong_one_gets_nothing(store: Store, chain: Chain, tmp_path: Path, who: str) -> None:
    peer = Peer("terminal", "S001", TILL, 7)
    root = chain.root_file
    if who == "nobody":
        assert sent(store, Files(root)) == "no_certificate"
        return
    if who == "self-signed":
        key = issuing.new_key()
        fake = issuing.Authority(issuing.new_root("Demo", NOW).certificate, key)
        files = chain.files("self", issuing.key_pem(key) + issuing.issue(fake, key.public_key(), peer, NOW, 30))
    elif who == "another chain":
        files = Files(root, new_chain(tmp_path, "Demo").till(peer).own)
    elif who == "another store":
        files = chain.till(Peer("terminal", "S002", TILL, 7))
        assert sent(store, files) == "not_yours"
        return
    elif who == "the gateway's own":
        files = Files(root, store.folder / "trust/gateway.pem")
        assert sent(store, files) == "not_yours"
        return
    elif who == "made elsewhere":
        assert sent(store, chain.till(peer, by=authority(store))) == "not_enrolled"
        return
    elif who == "ended":
        files = chain.till(peer, by=authority(store), now=NOW - timedelta(days=20), days=10)
    else:
        files = chain.till(peer, by=authority(store), now=NOW + timedelta(days=2))
    assert sent(store, files) == "nothing"
    assert kept(store) == {}


def test_neither_plain_http_nor_tls_1_2_is_spoken(store: Store) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", store.gateway_port), 10) as plain:
        plain.sendall(asked)
        assert b"HTTP" not in plain.recv(100)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(store.folder / "trust/root.pem")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", store.gateway_port), 10) as one, pytest.raises(ssl.SSLError):
        old.wrap_socket(one, server_hostname=server_name(gateway_of("S001")))


def test_every_path_but_the_door_is_shut(store: Store, chain: Chain) -> None:
    async def ask(path: str) -> int:
        one = link(store, Files(chain.root_file))
        try:
            return (await one.get(path)).status
        finally:
            await one.close()

    for path in ("/v1/records?terminal=01&epoch=7", "/v1/status", "/v1/beat", "/v1/snapshots/x", "/", "/docs"):
        assert asyncio.run(ask(path)) in (403, 404, 405), path
    assert asyncio.run(ask("/v1/status")) == 403
    assert asyncio.run(ask("/healthz")) == asyncio.run(ask("/v1/root")) == 200


def test_a_code_of_another_terminal_or_store_is_never_sent(store: Store) -> None:
    said = store.enrol(store.code("02"), ok=False)
    assert "not of terminal 01 of store S001" in said
    assert "mistyped" in store.enrol("AAAA-BBBB-CCCC", ok=False)


def test_a_gateway_of_another_chain_is_not_told_the_code(store: Store, tmp_path: Path) -> None:
    """A false gateway with the same names: the mark in the code is not of its root."""
    other = Store(tmp_path / "other", language="en")
    other.make_private()
    other.gateway.start()
    try:
        text = store.terminal_file.read_text(encoding="utf-8")
        file = store.folder / "misled.toml"
        file.write_text(text.replace(str(store.gateway_port), str(other.gateway_port)), encoding="utf-8")
        code = store.code(TILL)
        said = store.lane("enrol", "--config", str(file), "--code", code, ok=False)
        assert "what answers is not the gateway that made it" in said
        assert "/v1/enrol" not in other.gateway.tail(50)
        assert "enrolled" in store.enrol(code)
    finally:
        other.stop()


def test_an_answer_that_was_lost_is_given_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key waits on the disk; the same key gets the same certificate, and the code is still used once."""
    folder = store.folder / "lost"
    till = enrolment.Enrolment(folder, f"https://127.0.0.1:{store.gateway_port}", "S001", "05", now_ms)
    code = store.code("05")
    answers: list[bytes] = []

    class Losing(HttpLink):
        async def post(self, path: str, body: bytes) -> LinkReply:
            answers.append((await super().post(path, body)).body)
            if len(answers) == 1:
                raise LinkDown("the answer was lost")
            return LinkReply(200, answers[-1], None)

    monkeypatch.setattr(enrolment, "HttpLink", Losing)
    with pytest.raises(TrustError, match="does not answer"):
        asyncio.run(till.enrol(code, 5, ()))
    assert (folder / "pending.key").stat().st_mode & 0o777 == 0o600 and not (folder / "terminal.pem").exists()
    asyncio.run(till.enrol(code, 5, ()))
    assert answers[0] == answers[1]
    assert not (folder / "pending.key").exists()
    assert sent(store, Files(folder / "root.pem", folder / "terminal.pem"), "05", 5) == "stored"
    monkeypatch.undo()
    with pytest.raises(TrustError, match="used already"):
        asyncio.run(till.enrol(code, 5, ()))


def test_then_its_sales_come_without_a_restart(store: Store) -> None:
    network(store, "OK", 40)
    assert kept(store) == {TILL: 1, "05": 1}
    loaded = Path(f"/proc/{store.terminal.pid}/maps").read_text(encoding="utf-8")
    assert "cryptography" not in loaded and "_ssl" in loaded  # enrolment and renewal are other processes'
    sell(store)
    wait_for("the second sale", lambda: kept(store).get(TILL) == 2)


def test_a_terminal_sends_nothing_in_the_name_of_another(store: Store) -> None:
    files = enrolled_till(store, "02", 0)
    assert sent(store, files, "02", epoch_of(files)) == "stored"
    assert sent(store, files, TILL, epoch_of(Files(files.root, store.run / "trust/terminal.pem"))) == "not_its_line"
    assert sent(store, files, "02", 9) == "not_its_line"
    for name, epoch, status in (("02", epoch_of(files), 200), (TILL, epoch_of(files), 400), ("02", 9, 400)):
        beat = pack(Beat("S001", name, epoch, run=1, serial=1))
        assert asyncio.run(post(store, files, "/v1/beat", beat)).status == status
    # It beats by itself, seconds after its gateway was away.
    wait_for("the till's own beat", lambda: overview(store)[TILL] in ("trouble", "good"), 40)
    tills = overview(store)
    assert {name: tills[name] for name in tills if name != TILL} == {"02": "good", "05": "silent"}  # 05 never beat


def overview(store: Store) -> dict[str, str]:
    """The state of each till, as the gateway's page has it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{store.page_port}/v1/overview", timeout=10) as answer:
        return {one["terminal"]: one["state"] for one in json.load(answer)["tills"]}


def test_killed_and_started_again_everybody_is_still_known(store: Store) -> None:
    store.gateway.kill(signal.SIGKILL)
    store.gateway.start()
    sell(store)
    wait_for("the third sale", lambda: kept(store).get(TILL) == 3, 40)


def test_the_daemon_renews_by_itself_and_after_the_end_too(store: Store) -> None:
    own = store.run / "trust/terminal.pem"
    before = own.read_bytes()
    key, peer = issuing.read_key(before), issuing.named(before)
    for life in (50, 10):  # days: a third has passed; ended
        old = issuing.issue(authority(store), key.public_key(), peer, NOW - timedelta(days=20), life)
        aged = issuing.key_pem(key) + old
        store.terminal.kill(signal.SIGKILL)
        own.write_bytes(aged)
        store.terminal.start()
        wait_for("a new certificate", lambda aged=aged: own.read_bytes() != aged, 40)
        fresh = own.read_bytes()
        assert issuing.named(fresh) == peer and not issuing.is_of(fresh, key)
        assert own.stat().st_mode & 0o777 == 0o600
        network(store, "OK", 40)
        key = issuing.read_key(fresh)
    sell(store)
    wait_for("the fourth sale", lambda: kept(store).get(TILL) == 4, 40)


def test_who_does_not_have_the_key_renews_nothing(store: Store) -> None:
    own = (store.run / "trust/terminal.pem").read_bytes()
    thief, peer = issuing.new_key(), issuing.named(own)
    request = issuing.make_request(thief, "x")
    asked = RenewRequest("S001", TILL, peer.epoch, request, issuing.sign(thief, renewal(request)))
    reply = asyncio.run(post(store, Files(store.folder / "trust/root.pem"), RENEW_PATH, pack(asked)))
    assert (reply.status, build(ErrorAnswer, unpack(reply.body)).code) == (403, "not_known")
    signed = RenewRequest("S001", TILL, peer.epoch, request, issuing.sign(issuing.read_key(own), renewal(request)))
    reply = asyncio.run(post(store, Files(store.folder / "trust/root.pem"), RENEW_PATH, pack(signed)))
    assert issuing.named(build(CertificateAnswer, unpack(reply.body)).certificate) == peer


def test_a_revoked_till_gets_nothing_at_once_on_an_open_connection_too(store: Store) -> None:
    copied = store.folder / "stolen.pem"
    shutil.copy(store.run / "trust/terminal.pem", copied)
    files = Files(store.folder / "trust/root.pem", copied)
    asked = pack(RecordBatch("S001", TILL, epoch_of(files), ()))

    async def never() -> NoReturn:
        raise AssertionError("another connection")

    async def before_and_after() -> list[int]:
        one = link(store, files)
        try:
            first = (await one.post("/v1/records", asked)).status
            assert one._streams is not None
            said = store.lane("gateway", "revoke", "--config", str(store.gateway_file), "--terminal", TILL)
            assert "gets nothing from now on" in said
            one._connect = never  # type: ignore[method-assign]  # the same connection
            second = (await one.post("/v1/records", asked)).status
            assert one._streams is None  # and that was its last answer
            return [first, second]
        finally:
            await one.close()

    assert asyncio.run(before_and_after()) == [200, 403]
    sell(store)
    network(store, "TERMINAL_UNTRUSTED", 40)
    assert kept(store)[TILL] == 4
    said = store.lane("gateway", "terminals", "--config", str(store.gateway_file))
    assert "terminal 01, " in said and "revoked" in said.split("terminal 01")[1].split("\n")[0]

    store.enrol()
    wait_for("the fifth sale", lambda: kept(store)[TILL] == 5, 60)
    assert sent(store, files, TILL, epoch_of(files)) == "not_enrolled"  # the thief's copy stays out


def test_the_commands_work_where_the_gateway_is_stopped(store: Store) -> None:
    store.gateway.kill(signal.SIGTERM)
    said = store.lane("gateway", "terminals", "--config", str(store.gateway_file))
    assert "terminal 02" in said
    code = store.code(TILL)
    store.gateway.start()
    assert "enrolled" in store.enrol(code)


def test_show_asks_on_the_page(store: Store) -> None:
    assert "7 sales" in store.lane("gateway", "--config", str(store.gateway_file), "--show")


def test_bytes_that_are_nothing_at_the_door(store: Store) -> None:
    files = Files(store.folder / "trust/root.pem")
    for path in ("/v1/enrol", "/v1/renew"):
        for body in (b"", b"\xc1", pack({"store": "S001"}), b"\x00" * 20_000):
            reply = asyncio.run(post(store, files, path, body))
            assert reply.status in (400, 413), (path, body[:10])
    assert CONTENT_TYPE


def test_the_gateway_must_not_be_plain_on_the_network(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[gateway]\nstore = "S001"\ndatabase = "g.db"\nhost = "0.0.0.0"\n')
    assert "that takes [tls]" in store.lane("gateway", "--config", str(file), ok=False)
    with pytest.raises(RigError):
        store.lane("gateway", "--config", str(file))


def test_a_till_that_wakes_in_1970_waits_for_the_signed_time_and_then_sells_on_to_its_gateway(tmp_path: Path) -> None:
    """Its own clock would say that the gateway's certificate is of the future."""
    time_keys = 'time_keys = ["time/snapshot.pub"]\n\n[receipt]'
    store = Store(
        tmp_path / "store",
        language="en",
        settings=lambda text: text[: text.index("# The devices are simulated")].replace("[receipt]", time_keys),
    )
    wrong = tmp_path / "wrong"
    wrong.write_text(str(-(now_ms() / 1000 - 86_400)))
    program = Path(__file__).parents[1] / "reliability" / "wrong_clock.py"
    store.terminal.words[:3] = [sys.executable, str(program), str(wrong)]
    store.compile()
    store.make_private()
    store.lane("keys", "new", str(store.folder / "time"))
    try:
        store.gateway.start()
        store.enrol()
        store.terminal.start()
        sell(store)
        network(store, "GATEWAY_UNTRUSTED")  # this gateway signs no time: the till knows none
        assert kept(store) == {}
        store.gateway.kill(signal.SIGTERM)
        text = store.gateway_file.read_text(encoding="utf-8")
        text = text.replace("[gateway]", '[gateway]\ntime_key = "time/snapshot.key"')
        store.gateway_file.write_text(text, encoding="utf-8")
        store.gateway.start()
        wait_for("the sale", lambda: kept(store) == {TILL: 1}, 60)
    finally:
        store.stop()
