from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.oauth.pkce import (
    PKCE_ALPHABET,
    compute_pkce_code_challenge,
    generate_pkce_code_verifier,
    verifier_problem,
)
from tests.strategies.oauth import verifiers

# RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_rfcs_vector():
    assert compute_pkce_code_challenge(VERIFIER) == CHALLENGE


def test_the_alphabet_is_the_unreserved_set():
    # RFC 3986, 2.3
    assert len(PKCE_ALPHABET) == len(set(PKCE_ALPHABET)) == 66
    assert all(c.isascii() and (c.isalnum() or c in "-._~") for c in PKCE_ALPHABET)


@pytest.mark.parametrize("length", [43, 44, 127, 128])
def test_a_verifier_is_what_was_drawn(length):
    drawn = itertools.cycle(PKCE_ALPHABET)
    asked: list[str] = []

    def choice(characters: str) -> str:
        asked.append(characters)
        return next(drawn)

    verifier = generate_pkce_code_verifier(length, choice=choice)
    # Each character is one draw from the whole alphabet: no bias but the source's own.
    assert asked == [PKCE_ALPHABET] * length
    assert verifier == "".join(itertools.islice(itertools.cycle(PKCE_ALPHABET), length))
    assert verifier_problem(verifier) is None


def test_the_default_is_the_longest():
    assert len(generate_pkce_code_verifier(choice=lambda characters: characters[0])) == 128


@pytest.mark.parametrize("length", ["43", 43.0, None])
def test_a_length_of_another_type_is_named(length):
    with pytest.raises(TypeError, match="length must be a whole number, not"):
        generate_pkce_code_verifier(length, choice=lambda characters: characters[0])


@pytest.mark.parametrize("length", [42, 129, 0, -1])
def test_other_lengths_are_refused(length):
    with pytest.raises(InvalidValueError, match=rf"length={length}: must be 43 to 128"):
        generate_pkce_code_verifier(length, choice=lambda characters: characters[0])


@pytest.mark.parametrize(
    ("verifier", "why"),
    [
        ("a" * 42, "must have 43 to 128 characters, not 42"),
        ("a" * 129, "must have 43 to 128 characters, not 129"),
        ("a" * 42 + "+", "character 43 must be one of"),
        ("/" + "a" * 42, "character 1 must be one of"),
        ("a" * 20 + "ä" + "a" * 30, "character 21 must be one of"),
        ("a" * 43 + "\n", "character 44 must be one of"),
        ("a" * 43 + "\ud800", "character 44 must be one of"),
        (b"a" * 43, "must be a string, not bytes"),
    ],
)
def test_what_is_no_verifier_is_refused_without_repeating_it(verifier, why):
    with pytest.raises(InvalidValueError, match=why) as caught:
        compute_pkce_code_challenge(verifier)
    assert isinstance(caught.value, GenesysCloudError)
    assert str(verifier) not in str(caught.value)


@given(verifiers)
def test_challenges_are_43_characters_of_base64url(verifier):
    challenge = compute_pkce_code_challenge(verifier)
    assert len(challenge) == 43
    assert set(challenge) <= set(PKCE_ALPHABET) - {".", "~"}


@given(st.text(max_size=140))
def test_any_text_is_a_verifier_or_refused(text):
    if verifier_problem(text) is None:
        assert compute_pkce_code_challenge(text)
    else:
        with pytest.raises(InvalidValueError):
            compute_pkce_code_challenge(text)
