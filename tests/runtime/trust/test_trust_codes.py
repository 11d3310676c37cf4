"""Enrolment codes: what a tired person types is read, what is mistyped is found before anybody is asked."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.trust import codes
from runtime.trust.codes import ALPHABET, EnrolmentCode, is_kept, keep_code, make_code, read_code
from runtime.trust.errors import TrustError

ROOT = b"the root in DER"
SECRETS = st.binary(min_size=5, max_size=5)


def code(secret: bytes = b"abcde", store: str = "S001", terminal: str = "03") -> EnrolmentCode:
    return make_code(secret, ROOT, store, terminal)


@given(SECRETS)
def test_a_code_is_read_as_it_was_made(secret: bytes) -> None:
    made = code(secret)
    assert len(made.text) == 14
    assert read_code(made.text) == made


@given(SECRETS)
def test_it_may_be_typed_small_and_with_other_spaces_and_look_alikes(secret: bytes) -> None:
    made = code(secret)
    typed = made.text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read_code(typed) == made
    assert read_code(made.text.replace("-", "").replace("1", "I")) == made


@given(SECRETS)
def test_every_wrong_character_and_every_two_swapped_are_found(secret: bytes) -> None:
    letters = code(secret).text.replace("-", "")
    for at, letter in enumerate(letters):
        for other in ALPHABET:
            if other != letter:
                with pytest.raises(TrustError, match="mistyped"):
                    read_code(letters[:at] + other + letters[at + 1 :])
    for at, (one, two) in enumerate(pairwise(letters)):
        if one != two:
            with pytest.raises(TrustError, match="mistyped"):
                read_code(letters[:at] + two + one + letters[at + 2 :])


def test_it_marks_one_root_store_and_terminal() -> None:
    made = code()
    assert made.marks(ROOT, "S001", "03")
    assert not made.marks(b"another root", "S001", "03")
    assert not made.marks(ROOT, "S002", "03")
    assert not made.marks(ROOT, "S001", "04")


def test_a_false_gateway_finds_a_root_once_in_a_million_tries() -> None:
    """It sees neither secret nor mark: each code that is typed is one draw."""
    rng = random.Random(7)
    made = [make_code(rng.randbytes(5), ROOT, "S001", "03") for _ in range(20_000)]
    assert sum(one.marks(b"false", "S001", "03") for one in made) <= 2
    assert len({one.mark for one in made}) > 19_500


def test_broken_a_mark_without_the_secret_could_be_ground_in_advance(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `test_a_false_gateway...` would not see: the mark must differ from code to code."""
    marks = {make_code(bytes([n] * 5), ROOT, "S001", "03").mark for n in range(50)}
    assert len(marks) > 45
    real = codes._mark
    monkeypatch.setattr(codes, "_mark", lambda secret, *rest: real(0, *rest))
    assert len({make_code(bytes([n] * 5), ROOT, "S001", "03").mark for n in range(50)}) == 1


def test_what_is_kept_is_no_code_and_knows_its_own() -> None:
    made = code()
    kept = keep_code(made, b"0123456789abcdef")
    assert made.text.encode() not in kept
    assert is_kept(made, kept)
    assert not is_kept(code(b"bbcde"), kept)
    assert not is_kept(code(terminal="04"), kept)
    assert keep_code(made, b"another salt....") != kept


@given(st.text(max_size=80) | st.text(ALPHABET + "-", min_size=10, max_size=16))
def test_whatever_is_typed_is_a_code_or_a_sentence(text: str) -> None:
    try:
        found = read_code(text)
    except TrustError as error:
        assert error.code in ("code_length", "code_letter", "code_check")
        assert str(error).isprintable()
    else:
        assert read_code(found.text) == found
