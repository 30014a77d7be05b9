"""A client's arguments: contradictions are refused, the rest becomes a configuration."""

import pytest

from genesys_core.configuration.arguments import Arguments
from genesys_core.configuration.configuration import Configuration
from genesys_core.configuration.sections import (
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
)
from genesys_core.errors import ConfigurationError, InvalidValueError
from genesys_core.hosts import Gateway, Region
from genesys_core.oauth import ClientCredentials
from genesys_core.session.retry import RetryConfiguration
from tests.strategies.configuration import StubStore

GRANT = ClientCredentials("id", "secret")


class StubBudget:
    """A budget that is never asked."""

    def change_state(self, key, change, *, wait):
        raise AssertionError((key, change, wait))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"auth": GRANT, "access_token": "t"}, "auth and access_token: pass only one of them"),
        (
            {"token_store": StubStore(), "access_token": "t"},
            "token_store and access_token: pass only one of them",
        ),
        ({"budget": StubBudget(), "pacing": None}, "budget and pacing=None: pass only one of them"),
        ({"access_token": ""}, "access_token '': must not be empty"),
        ({"access_token": " \n"}, "access_token '': must not be empty"),
        (
            {"config": Configuration(), "config_file": "/etc/genesys"},
            "config and config_file: pass only one of them",
        ),
    ],
)
def test_contradictions_are_refused(said, words):
    with pytest.raises(ConfigurationError, match=words):
        Arguments(**said)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"auth": GRANT, "token_store": StubStore()},
        {"access_token": "t"},
        {"config": Configuration()},
        {"config_file": "/etc/genesys"},
        {"budget": StubBudget()},
        {"pacing": None},
    ],
)
def test_what_goes_together(said):
    assert Arguments(**said).configuration() == Configuration(
        credentials=Credentials(access_token=said.get("access_token"))
    )


def test_each_argument_that_a_configuration_can_hold():
    given = Arguments(
        region="eu-west-1",
        gateway=Gateway("gw.example"),
        access_token=" token\n",
        refresh_access_token=False,
        refresh_token_wait_max=3,
        retry=RetryConfiguration(7),
        live_reload_config=False,
        logging=LoggingConfiguration(level="debug"),
    )
    assert given.configuration() == Configuration(
        logging=LoggingConfiguration(level="debug"),
        retry=RetryConfiguration(7),
        reauthentication=ReauthenticationConfiguration(
            refresh_access_token=False, refresh_token_wait_max=3
        ),
        general=GeneralConfiguration(live_reload_config=False, region=Region.eu_west_1),
        gateway=Gateway("gw.example"),
        credentials=Credentials(access_token="token"),
    )
    assert Arguments(host="https://x.example").configuration() == Configuration(
        general=GeneralConfiguration(host="https://x.example")
    )


def test_a_configuration_that_is_given_fills_the_gaps_and_keeps_its_origins():
    config = Configuration.from_text("[general]\nhost = https://x.example\n[retry]\nretry_max = 1")
    merged = Arguments(retry=RetryConfiguration(9), config=config).configuration()
    assert merged.retry == RetryConfiguration(9)
    assert merged.origin("general", "host") == "configuration:2"
    assert merged.origin("retry", "retry_max") == "argument"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"region": "atlantis"}, "atlantis"),
        ({"host": "ftp://x.example"}, "ftp://x.example"),
        ({"region": "eu_west_1", "host": "https://x.example"}, "pass only one"),
        ({"refresh_token_wait_max": -1}, "refresh_token_wait_max=-1"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(said, words):
    with pytest.raises(InvalidValueError, match=words):
        Arguments(**said).configuration()


def test_no_secret_is_shown():
    given = Arguments(access_token="hunter2", headers={"Authorization": "hunter2"})
    for shown in (repr(given), repr(given.__rich_repr__())):
        assert "hunter2" not in shown
        assert "access_token" in shown


def test_bodies_are_not_checked_and_unknown_fields_are_kept_unless_said_otherwise():
    assert (Arguments().strict, Arguments().keep_unknown) == (False, True)


def test_a_value_of_the_wrong_kind_is_refused_at_once():
    with pytest.raises(TypeError, match="timeout must be a number of seconds or a Timeout"):
        Arguments(timeout="30")
    with pytest.raises(InvalidValueError, match="keep_unknown='all': must be True, False"):
        Arguments(keep_unknown="all")
