from __future__ import annotations

import pytest

from genesys_cloud.sign_in import pkce
from genesys_core.errors import InvalidValueError
from genesys_core.oauth.pkce import PKCE_ALPHABET


@pytest.mark.parametrize("length", [43, 128])
def test_a_verifier_has_the_length_that_was_asked_for(length):
    verifier = pkce.generate_pkce_code_verifier(length)
    assert len(verifier) == length
    assert set(verifier) <= set(PKCE_ALPHABET)
    assert len(pkce.compute_pkce_code_challenge(verifier)) == 43


def test_the_default_is_128_characters():
    assert len(pkce.generate_pkce_code_verifier()) == 128


@pytest.mark.parametrize("length", [42, 129])
def test_other_lengths_are_refused(length):
    with pytest.raises(InvalidValueError, match="must be 43 to 128"):
        pkce.generate_pkce_code_verifier(length)


def test_the_characters_come_from_the_operating_systems_randomness(monkeypatch):
    monkeypatch.setattr(pkce.secrets, "choice", lambda characters: characters[-1])
    assert pkce.generate_pkce_code_verifier(43) == "~" * 43


def test_no_two_are_alike():
    # 66 ** 43 verifiers: two alike among a hundred mean that the source is broken.
    assert len({pkce.generate_pkce_code_verifier(43) for _ in range(100)}) == 100
    assert len({pkce.generate_state() for _ in range(100)}) == 100


def test_a_state_has_256_bits():
    assert len(pkce.generate_state()) == 43
