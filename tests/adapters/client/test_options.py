"""What a client can be told: precedence, and bad input refused before anything is sent."""

from __future__ import annotations

import pickle

import pytest

from genesys_cloud import (
    AsyncClient,
    Client,
    ClientCredentials,
    Configuration,
    Gateway,
    Region,
    RetryConfiguration,
)
from genesys_cloud.testing import MockTransport, json_response
from genesys_core.api import users
from genesys_core.errors import ConfigurationError, GenesysCloudError, InvalidValueError

GRANT = ClientCredentials("id", "secret")

BAD = [
    ({"region": "atlantis"}, InvalidValueError, "atlantis"),
    ({"region": ""}, InvalidValueError, "region ''"),
    ({"host": ""}, InvalidValueError, "host ''"),
    ({"host": "   "}, InvalidValueError, "host ''"),
    ({"host": "ftp://x.example"}, InvalidValueError, "ftp://x.example"),
    ({"host": "https://x.example/a?b=c"}, InvalidValueError, "query"),
    ({"region": "eu_west_1", "host": "https://x.example"}, InvalidValueError, "pass only one"),
    ({"auth": GRANT, "access_token": "t"}, ConfigurationError, "one of them"),
    ({"access_token": ""}, ConfigurationError, "access_token"),
    ({"headers": {"X-A": "a\r\nX-B: b"}}, InvalidValueError, "X-A"),
    ({"headers": {"bad name": "a"}}, InvalidValueError, "bad name"),
    ({"refresh_token_wait_max": -1}, InvalidValueError, "refresh_token_wait_max=-1"),
    ({"refresh_token_wait_max": float("nan")}, InvalidValueError, "nan"),
    ({"timeout": 0}, InvalidValueError, "timeout"),
]


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(("options", "kind", "words"), BAD)
def test_bad_settings_are_refused_with_the_value_named(client, options, kind, words) -> None:
    with pytest.raises(kind, match=words) as caught:
        client(trust_env=False, **options)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, GenesysCloudError)


def answers_then(count: int) -> MockTransport:
    """A transport whose first answers are 503, to be retried at once."""
    left = [json_response({}, 503, {"Retry-After": "0.001"})] * count
    return MockTransport(lambda _: left.pop() if left else json_response({"name": "Ann"}))


@pytest.mark.parametrize(
    "options",
    [
        {"retry": RetryConfiguration(retry_max=5)},
        {"retry": RetryConfiguration(retry_wait_max=10)},
        {"config": Configuration.from_text("[retry]\nretry_max = 5")},
        {"config": Configuration.from_text("[retry]\nretry_wait_max = 10\nretry_max = 5")},
    ],
)
def test_whoever_asks_for_retries_gets_them(options) -> None:
    transport = answers_then(2)
    with Client(transport=transport, access_token="t", trust_env=False, **options) as client:
        assert client.users.get_users_me().name == "Ann"
    assert len(transport.requests) == 3


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_misspelt_argument_is_a_type_error_that_lists_the_real_ones(client) -> None:
    with pytest.raises(TypeError, match=r"'regoin'.*region"):
        client(regoin="eu_west_1")


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("REGION", "HOST", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET", "ACCESS_TOKEN"):
        monkeypatch.delenv(f"GENESYSCLOUD_{name}", raising=False)
    return monkeypatch


def facts(client: Client) -> tuple[str, object, object]:
    session = client._cell.session
    token = session.vault.token
    return session.settings.hosts.api, session.vault.grant, token and token.access_token


def test_a_bare_client_reads_the_environment(environ) -> None:
    assert facts(Client()) == ("https://api.mypurecloud.com", None, None)
    environ.setenv("GENESYSCLOUD_REGION", "eu-west-1")
    environ.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", "id")
    environ.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", "secret")
    assert facts(Client()) == ("https://api.mypurecloud.ie", GRANT, None)
    environ.setenv("GENESYSCLOUD_ACCESS_TOKEN", "token")
    assert facts(Client()) == ("https://api.mypurecloud.ie", None, "token")


def test_arguments_win_over_the_environment(environ) -> None:
    environ.setenv("GENESYSCLOUD_REGION", "eu-west-1")
    environ.setenv("GENESYSCLOUD_ACCESS_TOKEN", "token")
    assert facts(Client(region=Region.us_west_2, access_token="mine")) == (
        "https://api.usw2.pure.cloud",
        None,
        "mine",
    )
    assert facts(Client(host="https://x.example", auth=GRANT)) == ("https://x.example", GRANT, None)


def test_without_trust_nothing_is_read(environ) -> None:
    environ.setenv("GENESYSCLOUD_REGION", "atlantis")
    environ.setenv("GENESYSCLOUD_ACCESS_TOKEN", "token")
    assert facts(Client(trust_env=False)) == ("https://api.mypurecloud.com", None, None)


def test_a_gateway_takes_both_kinds_of_request() -> None:
    gateway = Gateway("gw.example", port=1443, path_params_login="login/", path_params_api="/api")
    hosts = Client(gateway=gateway, trust_env=False)._cell.session.settings.hosts
    assert hosts.login == "https://gw.example:1443/login"
    assert hosts.api == "https://gw.example:1443/api"


def test_no_secret_shows() -> None:
    client = Client(auth=ClientCredentials("id", "s3cr3t"), trust_env=False)
    for shown in (repr(client), repr(client._cell.session), str(client._cell.session)):
        assert "s3cr3t" not in shown
    token = Client(access_token="t0k3n", trust_env=False)
    assert "t0k3n" not in repr(token._cell.session)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_is_not_pickled_and_says_what_to_do(kind):
    client = kind(auth=GRANT, trust_env=False)
    for one in (client, client._cell):
        with pytest.raises(
            TypeError, match="cannot be pickled; create a client in the other process"
        ):
            pickle.dumps(one)
    assert client.with_options(deadline=1.0)._cell is client._cell
    if kind is Client:
        client.close()


def test_a_client_without_defaults_sends_an_operation_as_it_is():
    client = Client(host="https://api.example", trust_env=False)
    operation = users.get_users_me()
    assert operation.under(client._defaults) is operation
    assert operation.under(client.with_options(strict=True)._defaults).options.strict
    client.close()
