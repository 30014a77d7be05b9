"""Settings are checked, sessions are values."""

import pytest

from genesys_core.confidential import REDACTED
from genesys_core.errors import InvalidValueError
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import LONGEST
from genesys_core.oauth.tokens import Token
from genesys_core.session.session import Session, Settings, check_deadline, no_jitter
from genesys_core.session.vault import Vault
from genesys_core.version import USER_AGENT, VERSION
from tests.strategies.calls import HOSTS


def test_a_session_of_settings_alone_authenticates_nothing_paces_nothing_and_has_no_jitter():
    session = Session(Settings(hosts=HOSTS))
    assert not session.vault.authenticates
    assert session.pacer is None
    assert session.random() == 0


def test_retry_is_off_unless_asked_for():
    settings = Settings(hosts=HOSTS)
    assert not settings.retry.enabled
    assert (settings.deadline, settings.refresh_token_wait_max) == (None, 10)


def test_a_client_is_tolerant_keeps_what_it_does_not_know_and_stores_nothing_by_default():
    settings = Settings(hosts=HOSTS)
    assert (settings.strict, settings.keep_unknown, settings.stores_tokens) == (False, True, False)


@pytest.mark.parametrize("seconds", [-1, 1e10, float("inf"), float("nan")])
def test_a_wait_for_a_token_is_finite(seconds):
    with pytest.raises(InvalidValueError, match="refresh_token_wait_max="):
        Settings(hosts=HOSTS, refresh_token_wait_max=seconds)


@pytest.mark.parametrize("seconds", [0, LONGEST])
def test_a_call_may_wait_for_a_token_not_at_all_or_as_long_as_clocks_allow(seconds):
    assert Settings(hosts=HOSTS, refresh_token_wait_max=seconds).refresh_token_wait_max == seconds


@pytest.mark.parametrize("seconds", [0, -1, 1e10, float("inf"), float("nan")])
def test_a_deadline_is_a_positive_number_of_seconds(seconds):
    with pytest.raises(InvalidValueError, match=r"deadline=.*more than 0 and at most"):
        Settings(hosts=HOSTS, deadline=seconds)


def test_a_deadline_may_be_none():
    assert check_deadline(None) is None
    assert check_deadline(0.5) == 0.5
    assert check_deadline(LONGEST) == LONGEST


def test_the_library_names_itself():
    assert f"genesys-cloud/{VERSION}" == USER_AGENT
    assert no_jitter() == 0


def test_a_session_with_another_vault_is_another_session():
    session = Session(Settings(hosts=HOSTS))
    changed = session.with_vault(Vault(token=Token("t")))
    assert changed.vault.token == Token("t")
    assert session.vault == Vault()
    assert changed.settings is session.settings


def test_what_a_session_knows_as_secret_is_replaced_wherever_it_is_repeated():
    settings = Settings(hosts=HOSTS, secrets=KnownSecrets.of(["proxy-password"]))
    session = Session(settings, Vault(token=Token("an-access-token")))
    words = "an-access-token and proxy-password"
    assert session.known_secrets.hide(words) == f"{REDACTED} and {REDACTED}"
