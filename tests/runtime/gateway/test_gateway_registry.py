"""The store's registration authority, over its real files and database: who gets a certificate, and who is let in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.gateway import registry as module
from runtime.gateway.admin import MOST_MINUTES, AdminRequest, answered, carry_out, read_answer
from runtime.gateway.errors import GatewayError
from runtime.gateway.registry import MOST_WRONG, Registry, server_tls
from runtime.trust import issuing
from runtime.trust.authority import make_chain, make_store
from runtime.trust.codes import read_code
from runtime.trust.names import HQ, Peer, gateway_of
from runtime.wire.enrolment import EnrolRequest, RenewRequest, renewal
from runtime.wire.pack import pack
from tests.runtime.trust.chains import NOW, now_ms

EPOCH = 0xABCDEF0123456789
DAY_MS = 86_400_000


class Office:
    """A registry, and a terminal's side of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = now_ms()
        make_chain(folder / "safe", "Chain", NOW)
        make_store(folder / "safe", "S001", folder / "trust", NOW)
        self.open()

    def open(self) -> None:
        self.registry = Registry.open(self.folder / "trust", "S001", lambda: self.now)

    def code(self, terminal: str = "03") -> str:
        return self.registry.make_code(terminal, os.urandom(21), 60)

    def enrol(self, code: str, key: object = None, terminal: str = "03", **other: object) -> bytes:
        key = key or issuing.new_key()
        asked = EnrolRequest("S001", terminal, EPOCH, (), code, issuing.make_request(key, "x"))
        return self.registry.enrol(replace(asked, **other))

    def renew(self, old: object, new: object, **other: object) -> bytes:
        request = issuing.make_request(new, "x")
        asked = RenewRequest("S001", "03", EPOCH, request, issuing.sign(old, renewal(request)))
        return self.registry.renew(replace(asked, **other))

    def peer(self, pem: bytes, **other: object) -> Peer:
        return replace(issuing.named(pem), serial=issuing.serial_of(pem), **other)

    def admits(self, pem: bytes) -> bool:
        try:
            self.registry.admit(self.peer(pem))
        except GatewayError as error:
            assert error.code == "not_enrolled" and error.status == 403
            return False
        return True


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.registry.close()


def refused(code: str, what: object, *args: object, **named: object) -> GatewayError:
    with pytest.raises(GatewayError) as raised:
        what(*args, **named)
    assert raised.value.code == code
    return raised.value


def test_who_knows_the_code_gets_a_certificate_and_is_let_in(office: Office) -> None:
    pem = office.enrol(office.code())
    assert issuing.named(pem) == Peer("terminal", "S001", "03", EPOCH)
    assert office.admits(pem)
    office.registry.close()
    office.open()
    assert office.admits(pem)  # it was on disk before the answer


def test_a_lost_answer_is_given_again_and_a_code_counts_once(office: Office) -> None:
    code, key = office.code(), issuing.new_key()
    first = office.enrol(code, key)
    assert office.enrol(code, key) == first
    office.registry.close()
    office.open()
    assert office.enrol(code, key) == first
    refused("code_used", office.enrol, code)
    refused("code_used", office.enrol, code, key, epoch=EPOCH + 1)
    office.registry.revoke("03", None)
    refused("no_code", office.enrol, code, key)


def test_a_code_is_of_one_terminal(office: Office) -> None:
    code = office.code("03")
    refused("no_code", office.enrol, code, terminal="04")
    office.code("04")
    refused("code_wrong", office.enrol, code, terminal="04")
    assert office.enrol(code)


def test_a_new_code_makes_the_old_one_void(office: Office) -> None:
    old = office.code()
    new = office.code()
    refused("code_wrong", office.enrol, old)
    assert office.enrol(new)


def test_a_code_ends(office: Office) -> None:
    code = office.code()
    office.now += 61 * 60_000
    refused("code_ended", office.enrol, code)


def test_after_five_wrong_codes_none_is_right_any_more_also_after_a_restart(office: Office) -> None:
    code = office.code()
    wrong = office.code("99")
    for left in range(MOST_WRONG - 1, -1, -1):
        assert f"{left} more tries" in str(refused("code_wrong", office.enrol, wrong))
        office.registry.close()
        office.open()
    refused("no_code", office.enrol, code)


def test_what_cannot_be_a_code_or_a_request_is_not_counted(office: Office) -> None:
    code = office.code()
    for _ in range(MOST_WRONG + 1):
        refused("bad_code", office.enrol, "AAAA-AAAA-AAAB")
        refused("bad_request_for", office.enrol, code, request=b"-----BEGIN CERTIFICATE REQUEST-----")
        refused("bad_field", office.enrol, code, epoch=0)
        refused("bad_field", office.enrol, code, carried=tuple(range(1, 66)))
        refused("wrong_store", office.enrol, code, store="S002")
    assert office.enrol(code)


def test_codes_are_not_in_the_file(office: Office) -> None:
    code = office.code()
    office.enrol(code)
    office.registry.close()
    one = apsw.Connection(str(office.folder / "trust" / "registry.db"))
    dumped = repr(list(one.execute("SELECT * FROM code"))).encode()
    one.close()
    office.open()
    for text in (code, code.replace("-", ""), str(read_code(code).secret)):
        assert text.encode() not in dumped


# --- renewal --------------------------------------------------------------------------------------------------------


def test_a_key_that_is_known_gets_a_new_certificate_for_a_new_key(office: Office) -> None:
    old, new = issuing.new_key(), issuing.new_key()
    first = office.enrol(office.code(), old)
    second = office.renew(old, new)
    assert second != first and office.admits(first) and office.admits(second)
    assert office.renew(old, new) == second  # the answer was lost


def test_it_is_renewed_after_it_has_ended(office: Office) -> None:
    old = issuing.new_key()
    office.enrol(office.code(), old)
    office.now += 500 * DAY_MS
    assert office.admits(office.renew(old, issuing.new_key()))


def test_a_key_that_is_not_known_or_revoked_renews_nothing(office: Office) -> None:
    old = issuing.new_key()
    office.enrol(office.code(), old)
    refused("not_known", office.renew, issuing.new_key(), issuing.new_key())
    refused("not_known", office.renew, old, issuing.new_key(), terminal="04")
    refused("not_known", office.renew, old, issuing.new_key(), epoch=EPOCH + 1)
    refused("not_known", office.renew, old, issuing.new_key(), request=issuing.make_request(issuing.new_key(), "x"))
    office.registry.revoke("03", None)
    refused("not_known", office.renew, old, issuing.new_key())


def test_a_gateway_whose_clock_says_1970_makes_no_certificate(office: Office) -> None:
    old = issuing.new_key()
    office.enrol(office.code(), old)
    office.now = 86_400_000
    assert refused("clock", office.renew, old, issuing.new_key()).status == 503


# --- who is let in --------------------------------------------------------------------------------------------------


def test_nobody_else_is_let_in(office: Office) -> None:
    pem = office.enrol(office.code())
    refused("no_certificate", office.registry.admit, None)
    refused("not_yours", office.registry.admit, office.peer(pem, store="S002"))
    refused("not_yours", office.registry.admit, gateway_of("S001"))
    refused("not_yours", office.registry.admit, HQ)
    refused("not_enrolled", office.registry.admit, office.peer(pem, name="04"))
    refused("not_enrolled", office.registry.admit, office.peer(pem, epoch=EPOCH + 1))


def test_a_certificate_that_the_stolen_authority_made_elsewhere_is_not_let_in(office: Office) -> None:
    office.enrol(office.code())
    stolen = issuing.read_authority((office.folder / "trust" / "store-ca.pem").read_bytes())
    peer = Peer("terminal", "S001", "03", EPOCH)
    assert not office.admits(issuing.issue(stolen, issuing.new_key().public_key(), peer, NOW, 30))


def test_a_revoked_terminal_gets_nothing_until_it_is_enrolled_again_and_its_thief_never(office: Office) -> None:
    stolen = office.enrol(office.code())
    assert office.registry.revoke("03", None) == 1
    assert not office.admits(stolen)
    again = office.enrol(office.code())
    assert office.admits(again) and not office.admits(stolen)
    office.registry.close()
    office.open()
    assert office.admits(again) and not office.admits(stolen)


def test_one_epoch_is_revoked_and_the_other_is_not(office: Office) -> None:
    one = office.enrol(office.code())
    other = office.enrol(office.code(), epoch=EPOCH + 1)
    assert office.registry.revoke("03", EPOCH + 2) == 0
    assert office.registry.revoke("03", EPOCH) == 1
    assert not office.admits(one) and office.admits(other)


def test_a_terminal_sends_its_own_records_and_those_its_journal_had_before(office: Office) -> None:
    pem = office.enrol(office.code(), carried=(7, 8))
    office.enrol(office.code("04"), terminal="04", epoch=9)
    peer = office.peer(pem)
    for epoch in (7, 8, EPOCH):
        office.registry.check_line(peer, "03", epoch)
    for terminal, epoch in (("04", 9), ("04", EPOCH), ("03", 9), ("03", 1)):
        assert refused("not_its_line", office.registry.check_line, peer, terminal, epoch).status == 400
    office.registry.close()
    office.open()
    office.registry.check_line(peer, "03", 7)


# --- the person's side ----------------------------------------------------------------------------------------------


def test_in_words(office: Office) -> None:
    def say(action: str, terminal: str = "", epoch: int | None = None) -> str:
        return "\n".join(carry_out(office.registry, AdminRequest(action, terminal, epoch)).lines)

    assert say("terminals") == "No terminal is enrolled."
    code = say("enrol", "03").split("--code ")[1]
    office.enrol(code)
    assert say("terminals").startswith("terminal 03, epoch abcdef0123456789: until 20")
    assert say("revoke", "04") == "There is no certificate of terminal 04 that counts."
    assert say("revoke", "03", EPOCH) == "Revoked terminal 03, epoch abcdef0123456789: it gets nothing from now on."
    assert ": revoked 20" in say("terminals")
    assert "not as agreed" in say("enrol", "0 3")


@pytest.mark.parametrize("minutes", [-1, 0, MOST_MINUTES + 1, 1 << 63])
def test_a_code_that_would_count_for_ever_or_never_is_refused(office: Office, minutes: int) -> None:
    """Also a number that the database cannot hold: the socket answers whatever it is sent."""
    asked = pack(AdminRequest("enrol", "03", None, minutes))
    said = read_answer(answered(office.registry, asked))
    assert not said.ok and "1 to 1440 minutes" in said.lines[0]
    assert read_answer(answered(office.registry, pack(AdminRequest("enrol", "03", None, MOST_MINUTES)))).ok


def test_files_of_another_store_or_none_are_said(office: Office, tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    refused("trust", Registry.open, trust, "S002", now_ms)
    refused("trust", server_tls, trust, "S002", now_ms())
    refused("trust", Registry.open, tmp_path / "nowhere", "S001", now_ms)
    refused("store_in_use", Registry.open, trust, "S001", now_ms)
    (trust / "gateway.pem").write_bytes(b"garbage")
    refused("trust", server_tls, trust, "S001", now_ms())
    (trust / "store-ca.pem").write_bytes(os.urandom(200))
    refused("trust", Registry.open, trust, "S001", now_ms)


@settings(max_examples=25)
@given(st.text(max_size=20), st.integers(-1, 1 << 64), st.text(max_size=15), st.binary(max_size=60))
def test_whatever_is_asked_is_answered(
    tmp_path_factory: pytest.TempPathFactory, terminal: str, epoch: int, code: str, request_bytes: bytes
) -> None:
    office = _shared(tmp_path_factory)
    with pytest.raises(GatewayError):
        office.registry.enrol(EnrolRequest("S001", terminal, epoch, (), code, request_bytes))
    with pytest.raises(GatewayError):
        office.registry.renew(RenewRequest("S001", terminal, epoch, request_bytes, b"signed"))


_OFFICES: list[Office] = []


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Office:
    if not _OFFICES:
        _OFFICES.append(Office(tmp_path_factory.mktemp("office")))
    return _OFFICES[0]


# --- broken variants ------------------------------------------------------------------------------------------------


def test_broken_names_alone_would_let_the_thief_in(office: Office) -> None:
    """Name and epoch are right; it is the certificate's number that tells the thief from the till."""
    stolen = office.enrol(office.code())
    office.registry.revoke("03", None)
    office.enrol(office.code())
    lines = set(office.registry._live.values())
    peer = office.peer(stolen)
    assert (peer.name, peer.epoch) in lines
    refused("not_enrolled", office.registry.admit, peer)


def test_broken_a_wrong_code_that_is_not_counted_could_be_tried_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction for the count and the refusal would take the count back."""
    wrong = office.code("99")
    office.code()
    monkeypatch.setattr(module, "MOST_WRONG", 1 << 20)
    for _ in range(3):
        refused("code_wrong", office.enrol, wrong)
    with office.registry._database.reading() as connection:
        assert connection.execute("SELECT wrong FROM code WHERE terminal='03'").fetchone() == (3,)
