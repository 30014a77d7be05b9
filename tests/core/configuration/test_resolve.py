"""Arguments, environment, file, defaults: the first source that gives a value wins."""

import pytest
from hypothesis import given

from genesys_core.configuration.arguments import Arguments
from genesys_core.configuration.configuration import Configuration
from genesys_core.configuration.file_changes import FileSnapshot
from genesys_core.configuration.resolve import Sources
from genesys_core.configuration.sections import Credentials, LoggingConfiguration
from genesys_core.errors import ConfigurationError, InvalidValueError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Timeout
from genesys_core.oauth import Token
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.session import Settings, no_jitter
from genesys_core.session.vault import Vault
from tests.helpers import precedence
from tests.helpers.precedence import DEFAULT_FILE, GRANT
from tests.strategies import configuration as strategies
from tests.strategies.configuration import StubStore

MISSING = FileSnapshot()
REGION = {"GENESYSCLOUD_REGION": "ap-northeast-1"}


def gather(environ=None, **said):
    return Sources.gather(Arguments(**said), environ or {}, default_file=DEFAULT_FILE)


def resolve(environ=None, file=MISSING, **said):
    return gather(environ, **said).resolve(file)


def session(environ=None, *, is_mock=False, **said):
    sources = gather(environ, **said)
    return sources.session(sources.resolve(MISSING), no_jitter, is_mock=is_mock)


# --- precedence -------------------------------------------------------------------------------------


@given(precedence.arguments, precedence.environments, strategies.file_configurations)
def test_every_value_is_that_of_the_first_source_that_gives_it(said, environ, file):
    precedence.check_precedence(said, environ, file)


def test_each_value_has_an_origin_of_its_own():
    text = "[reauthentication]\nrefresh_access_token = false\nrefresh_token_wait_max = 3\n"
    found = resolve(REGION, FileSnapshot(text), refresh_token_wait_max=4).configuration
    assert found.origin("reauthentication", "refresh_token_wait_max") == "argument"
    assert found.origin("reauthentication", "refresh_access_token") == f"{DEFAULT_FILE}:2"
    assert found.origin("general", "region") == "environment GENESYSCLOUD_REGION"
    assert found.origin("logging", "log_level") == "default"


def test_a_place_of_the_environment_that_is_not_needed_is_not_an_error():
    bad = {
        "GENESYSCLOUD_REGION": "atlantis",
        "GENESYSCLOUD_HOST": "ftp://x",
        "GENESYSCLOUD_ACCESS_TOKEN": "t",
    }
    for place in ({"region": "eu_west_1"}, {"host": "https://api.mypurecloud.ie"}):
        assert resolve(bad, **place).settings.hosts == Hosts.resolve(region="eu_west_1")
        assert session(bad, **place).vault == Vault(token=Token("t"))
    with pytest.raises(ConfigurationError, match="GENESYSCLOUD_REGION"):
        gather(bad)


# --- what only arguments say ------------------------------------------------------------------------


def test_nothing_given_is_the_default():
    assert resolve().settings == Settings(hosts=Hosts.resolve())
    assert resolve().logging == LoggingConfiguration()


def test_arguments_that_no_file_has():
    settings = resolve(
        headers={"X-A": "b"},
        timeout=5,
        deadline=9,
        strict=True,
        auth=GRANT,
        token_store=StubStore(),
    ).settings
    assert settings.headers == Headers({"x-a": "b"})
    assert settings.timeout == Timeout.of(5)
    assert (settings.deadline, settings.strict, settings.stores_tokens) == (9, True, True)
    assert resolve(timeout=Timeout(read=3)).settings.timeout == Timeout(read=3)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"headers": {"bad name": "a"}}, "bad name"),
        ({"timeout": 0}, "timeout"),
        ({"deadline": -1}, "deadline=-1"),
        ({"refresh_token_wait_max": 1e300}, "refresh_token_wait_max"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(said, words):
    with pytest.raises(InvalidValueError, match=words):
        resolve(**said)


# --- the token and the rate limit -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "said", "vault"),
    [
        ({}, {}, Vault()),
        ({"GENESYSCLOUD_OAUTHCLIENT_ID": "id"}, {}, Vault()),
        ({"GENESYSCLOUD_OAUTHCLIENT_SECRET": "secret"}, {}, Vault()),
        (
            {"GENESYSCLOUD_OAUTHCLIENT_ID": "id", "GENESYSCLOUD_OAUTHCLIENT_SECRET": "secret"},
            {},
            Vault(GRANT),
        ),
        (
            {
                "GENESYSCLOUD_OAUTHCLIENT_ID": "id",
                "GENESYSCLOUD_OAUTHCLIENT_SECRET": "secret",
                "GENESYSCLOUD_ACCESS_TOKEN": "theirs",
            },
            {},
            Vault(token=Token("theirs")),
        ),
        (
            {"GENESYSCLOUD_ACCESS_TOKEN": "theirs"},
            {"access_token": " mine "},
            Vault(token=Token("mine")),
        ),
        ({"GENESYSCLOUD_ACCESS_TOKEN": "theirs"}, {"auth": GRANT}, Vault(GRANT)),
        (
            {"GENESYSCLOUD_ACCESS_TOKEN": "theirs"},
            {"config": Configuration(credentials=Credentials(access_token="given"))},
            Vault(token=Token("given")),
        ),
        ({}, {"auth": GRANT, "refresh_access_token": False}, Vault(GRANT, renew=False)),
    ],
)
def test_which_credential_wins(environ, said, vault):
    assert session(environ, **said).vault == vault


PACED = Pacer.of(Pacing())


@pytest.mark.parametrize(
    ("said", "pacer"),
    [
        ({}, PACED),
        ({"is_mock": True}, None),
        ({"host": "http://127.0.0.1:8080"}, None),
        ({"host": "http://localhost"}, None),
        ({"host": "http://[::1]:8080"}, None),
        ({"host": "http://127.0.0.1.example"}, PACED),
        ({"host": "http://127.0.0.1", "pacing": Pacing()}, PACED),
        ({"is_mock": True, "pacing": Pacing(7)}, Pacer.of(Pacing(7))),
        ({"pacing": None}, None),
    ],
)
def test_the_rate_limit_is_kept_unless_there_is_none(said, pacer):
    assert session(**said).pacer == pacer


class StubBudget:
    """A budget that nothing is reserved in."""

    def change_state(self, key, change, *, wait):
        raise NotImplementedError


def test_a_shared_budget_is_kept_behind_a_loopback_address_as_well():
    assert session(host="http://127.0.0.1", budget=StubBudget()).pacer == PACED


def test_a_transport_is_no_mock_unless_it_is_said():
    sources = gather()
    assert sources.session(sources.resolve(MISSING), no_jitter).pacer == PACED


def test_chance_comes_from_the_adapter():
    sources = gather()
    draw = lambda: 0.5  # noqa: E731 - compared by identity
    assert sources.session(sources.resolve(MISSING), draw).random is draw


# --- the file ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({}, DEFAULT_FILE),
        ({"config_file": "/etc/genesys"}, "/etc/genesys"),
        ({"config": Configuration()}, None),
    ],
)
def test_which_file_is_read(said, path):
    assert gather(**said).path == path


def test_without_a_home_directory_there_is_no_file():
    assert Sources.gather(Arguments(), {}, default_file=None).path is None


@pytest.mark.parametrize("follows", [True, False])
def test_a_file_is_followed_unless_somebody_says_not_to(follows):
    file = FileSnapshot(f"[general]\nlive_reload_config = {str(follows).lower()}")
    assert resolve(file=file).follows_file is follows
    assert resolve(file=file, live_reload_config=not follows).follows_file is not follows
    assert resolve(config=Configuration(), live_reload_config=True).follows_file is False


def test_a_default_file_is_waited_for_where_its_directory_is_there():
    sources = gather()
    assert sources.resolve(MISSING).follows_file
    assert sources.resolve(MISSING, directory_exists=True).follows_file
    assert not sources.resolve(MISSING, directory_exists=False).follows_file
    assert sources.resolve(MISSING, directory_exists=False).warnings == ()
    # The directory may have been created between the two looks.
    assert sources.resolve(FileSnapshot(""), directory_exists=False).follows_file


def test_a_file_that_was_named_and_is_not_there_is_waited_for_or_an_error():
    resolved = gather(config_file="/x").resolve(MISSING, directory_exists=False)
    assert resolved.follows_file
    assert resolved.warnings == ("/x: no such file yet; it is read when it is created",)
    with pytest.raises(ConfigurationError, match=r"^/x: no such file; create it"):
        resolve(config_file="/x", live_reload_config=False)


def test_a_file_with_problems_gives_nothing():
    with pytest.raises(ConfigurationError, match=f"{DEFAULT_FILE}:2: .*retry_max = 'x'"):
        resolve(file=FileSnapshot("[retry]\nretry_max = x"))
    with pytest.raises(ConfigurationError, match=f"{DEFAULT_FILE}: cannot be read"):
        resolve(file=FileSnapshot(problem="cannot be read"))


def test_what_has_no_effect_is_a_warning_of_its_source():
    config = Configuration.from_text("[a]", source="given")
    sources = gather(config=config, config_file=None)
    assert [text.split(" ")[0] for text in sources.warnings] == ["given:1:"]
    file = FileSnapshot("[b]")
    assert [text.split(" ")[0] for text in resolve(file=file).warnings] == [f"{DEFAULT_FILE}:1:"]


@pytest.mark.parametrize(("text", "renews"), [("", True), ("true", True), ("false", False)])
def test_whether_tokens_are_renewed(text, renews):
    file = FileSnapshot(f"[reauthentication]\nrefresh_access_token = {text}")
    assert resolve(file=file).renews_tokens is renews


def test_no_secret_is_shown():
    environ = {
        "GENESYSCLOUD_OAUTHCLIENT_ID": "id",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": "hunter2",
    }
    file = FileSnapshot("[gateway]\nhost = gw.example\npassword = hunter3")
    sources = gather(environ, headers={"Authorization": "hunter4"})
    resolved = sources.resolve(file)
    for value in (sources, resolved):
        for shown in (repr(value), repr(value.__rich_repr__())):
            assert "hunter" not in shown


def test_the_passwords_of_proxies_are_known_wherever_they_come_from():
    environ = {
        "HTTPS_PROXY": "http://me:password-one@h",
        "no_proxy": "a",
        "X": "http://a:not-this@h",
    }
    proxy, pair = "http://me:password%2Ftwo@h", ("me", "password-three")
    settings = resolve(environ, proxy=proxy, proxy_auth=pair).settings
    words = "password-one password/two password%2Ftwo password-three bWU6cGFzc3dvcmQtdGhyZWU="
    assert settings.secrets.hide(f"{words} not-this") == f"{'[REDACTED] ' * 5}not-this"
    assert "password" not in repr(settings) + repr(gather(environ))
