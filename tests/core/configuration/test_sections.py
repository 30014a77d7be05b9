"""The parts of a configuration: a part that exists is right."""

import pickle

import pytest

from genesys_core.configuration.sections import (
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
)
from genesys_core.errors import InvalidValueError
from genesys_core.hosts import Region


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        (
            LoggingConfiguration,
            {"level": "loud"},
            "level 'loud': must be trace, debug, error or none",
        ),
        (LoggingConfiguration, {"format": "xml"}, "format 'xml': must be text or json"),
        (
            LoggingConfiguration,
            {"file_path": ""},
            "file_path '': must not be empty; None means no file",
        ),
        (
            ReauthenticationConfiguration,
            {"refresh_token_wait_max": -1},
            "refresh_token_wait_max=-1: must be 0 or more seconds, and finite",
        ),
        (
            ReauthenticationConfiguration,
            {"refresh_token_wait_max": float("nan")},
            "refresh_token_wait_max=nan: must be 0 or more seconds, and finite",
        ),
        (
            ReauthenticationConfiguration,
            {"refresh_token_wait_max": float("inf")},
            "refresh_token_wait_max=inf: must be 0 or more seconds, and finite",
        ),
        (
            GeneralConfiguration,
            {"host": "https://gw", "region": Region.eu_west_1},
            "host 'https://gw' and region 'eu_west_1': pass only one, because both select the API host",
        ),
    ],
)
def test_a_wrong_value_is_refused_when_the_part_is_made(part, value, message):
    with pytest.raises(InvalidValueError) as caught:
        part(**value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (LoggingConfiguration, {"to_console": "yes"}),
        (ReauthenticationConfiguration, {"refresh_access_token": "yes"}),
        (GeneralConfiguration, {"live_reload_config": "yes"}),
        (Credentials, {"client_id": 5}),
    ],
)
def test_a_value_of_the_wrong_type_is_named(part, value):
    (name,) = value
    with pytest.raises(TypeError, match=f"^{name} must be "):
        part(**value)


def test_a_host_or_a_region_may_be_given_alone():
    assert GeneralConfiguration(host="https://gw").region is None
    assert GeneralConfiguration(region=Region.eu_west_1).host is None


def test_a_host_that_is_no_base_url_is_refused():
    with pytest.raises(InvalidValueError, match="host"):
        GeneralConfiguration(host="ftp://api.mypurecloud.com")


@pytest.mark.parametrize("part", [LoggingConfiguration, GeneralConfiguration, Credentials])
def test_nothing_is_given_until_somebody_says_so(part):
    assert all(getattr(part(), field) is None for field in part.__struct_fields__)


def test_credentials_show_who_but_not_how():
    shown = repr(Credentials(client_id="id", client_secret="hunter2", access_token="hunter3"))
    assert shown == (
        "Credentials(client_id='id', client_secret=[REDACTED], access_token=[REDACTED])"
    )
    assert repr(Credentials(client_id="id")) == "Credentials(client_id='id')"
    with pytest.raises(TypeError, match="have that process read its own environment"):
        pickle.dumps(Credentials(access_token="hunter3"))


@pytest.mark.parametrize("seconds", [0, 0.5, 1e9])
def test_a_wait_for_a_token_is_any_finite_time(seconds):
    part = ReauthenticationConfiguration(refresh_token_wait_max=seconds)
    assert part.refresh_token_wait_max == seconds


@pytest.mark.parametrize("wait", [None, 0, 2.5])
def test_a_wait_may_be_any_finite_time(wait):
    found = ReauthenticationConfiguration(refresh_token_wait_max=wait)
    assert found.refresh_token_wait_max == wait
