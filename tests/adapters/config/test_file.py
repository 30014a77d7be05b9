"""Where a client's settings come from: arguments, environment, file, defaults, in this order."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from genesys_cloud import AsyncClient, Client, ClientCredentials, Gateway, RetryConfiguration
from genesys_cloud.client.setup import Setup, read_sources
from genesys_cloud.config import Configuration, configuration_from_file, default_path
from genesys_cloud.config.file import read_snapshot
from genesys_core import configuration as core
from genesys_core.configuration import (
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
)
from genesys_core.errors import ConfigurationError, InvalidValueError
from tests.strategies.configuration import APPENDIX_A_INI, APPENDIX_A_JSON
from tests.strategies.observability import program_logging

GRANT = ClientCredentials("id", "secret")
VARIABLES = ("REGION", "HOST", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET", "ACCESS_TOKEN")
STILL = "[general]\nlive_reload_config = false\n"


@pytest.fixture(autouse=True)
def environ(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(f"GENESYSCLOUD_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    return monkeypatch


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine"

    def write(text, to=path):
        to.parent.mkdir(exist_ok=True)
        to.write_text(text)
        return to

    return write


def default_file(tmp_path):
    return tmp_path / ".genesyscloudpython" / "config"


def set_up(**options):
    setup = Setup(options)
    setup.close()
    return setup


def settings(**options):
    return set_up(**options).cell.session.settings


def host(**options):
    return settings(**options).hosts.api


# --- reading a file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [APPENDIX_A_INI, APPENDIX_A_JSON], ids=["INI", "JSON"])
def test_the_official_reference_files(file, text):
    path = file(text)
    found = Configuration.from_file(path)
    assert type(found) is Configuration
    assert found == core.Configuration.from_text(text) == configuration_from_file(str(path))
    assert found.origin(
        "logging",
        "log_level",
    ).startswith(f"{path}:")


def test_the_pure_readers_give_the_same_type():
    assert type(Configuration.from_text("")) is Configuration
    assert type(Configuration.from_environment({})) is Configuration
    assert Configuration.from_text("") == core.Configuration()


def test_the_default_file(file, tmp_path, environ):
    assert default_path() == str(default_file(tmp_path))
    file("[retry]\nretry_max = 1\n", default_file(tmp_path))
    assert Configuration.from_file().retry == RetryConfiguration(retry_max=1)
    environ.delenv("HOME")
    with pytest.raises(ConfigurationError, match="no home directory"):
        Configuration.from_file()


@pytest.mark.parametrize("name", ["missing", "missing/config", "file/config"])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="no such file") as caught:
        Configuration.from_file(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_file_that_may_not_be_read(file, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = file("")
    # Its mode would not do: the superuser may read everything.
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(ConfigurationError, match="cannot be read: Permission denied"):
        Configuration.from_file(path)


def test_a_path_that_no_file_system_takes():
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Configuration.from_file("a\0b")


def test_every_problem_is_named_with_its_file_and_line(file):
    path = file("[logging]\nlog_level = loud\n[retry]\nretry_max = -1\n")
    with pytest.raises(ConfigurationError) as caught:
        Configuration.from_file(path)
    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        f"{path}:2:",
        f"{path}:4:",
    ]


# --- precedence -------------------------------------------------------------------------------------

PLACES = {
    "argument": "https://api.mypurecloud.ie",
    "config": "https://api.mypurecloud.de",
    "environment": "https://api.mypurecloud.jp",
    "file": "https://api.usw2.pure.cloud",
    "default": "https://api.mypurecloud.com",
}


@pytest.mark.parametrize(
    ("sources", "winner"),
    [
        ({"argument", "config", "environment"}, "argument"),
        ({"argument", "environment", "file"}, "argument"),
        ({"config", "environment"}, "config"),
        ({"environment", "file"}, "environment"),
        ({"file"}, "file"),
        (set(), "default"),
    ],
)
@pytest.mark.parametrize(
    "argument", [{"region": "eu_west_1"}, {"host": "https://api.mypurecloud.ie"}]
)
def test_the_first_that_names_a_place_holds(file, environ, sources, winner, argument):
    options = {**argument} if "argument" in sources else {}
    if "config" in sources:
        options["config"] = Configuration(general=GeneralConfiguration(host=PLACES["config"]))
    if "environment" in sources:
        environ.setenv("GENESYSCLOUD_REGION", "ap-northeast-1")
    if "file" in sources:
        options["config_file"] = file(STILL + f"host = {PLACES['file']}\n")
    assert host(**options) == PLACES[winner]


def test_each_value_has_a_source_of_its_own(file, environ):
    environ.setenv("GENESYSCLOUD_REGION", "eu-west-1")
    path = file(
        STILL + "[retry]\nretry_wait_max = 7\n[reauthentication]\nrefresh_access_token = false\n"
        "refresh_token_wait_max = 3\n[gateway]\nhost = gw.example\n"
    )
    setup = set_up(config_file=path, refresh_token_wait_max=4, auth=GRANT)
    session = setup.cell.session
    assert session.settings.retry == RetryConfiguration(7)
    assert session.settings.refresh_token_wait_max == 4
    assert session.settings.hosts.api == "https://gw.example"
    assert session.vault.renew is False
    assert setup.configuration.origin("reauthentication", "refresh_token_wait_max") == "argument"
    assert setup.configuration.origin("general", "region") == "environment GENESYSCLOUD_REGION"
    assert setup.configuration.origin("gateway", "host") == f"{path}:9"
    assert setup.configuration.origin("logging", "log_level") == "default"


def test_arguments_that_are_not_of_the_file():
    said = settings(
        retry=RetryConfiguration(3), timeout=5, headers={"X-A": "b"}, strict=True, deadline=9
    )
    assert (said.retry.max_retry_time_sec, said.timeout.read, said.strict) == (3, 5, True)
    assert (said.deadline, said.headers["x-a"]) == (9, "b")


def test_logging_that_nobody_configures_is_left_to_the_program(file):
    assert set_up().logging._settings == LoggingConfiguration()
    assert set_up().configuration.logging.level == "none"
    path = file(STILL + "[logging]\nlog_level = debug\n")
    found = set_up(config_file=path, logging=LoggingConfiguration(format="json")).logging._settings
    assert found == LoggingConfiguration(level="debug", format="json")


def test_who_is_calling(environ):
    def vault(**options):
        return set_up(**options).cell.session.vault

    assert not vault().authenticates
    environ.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", "id")
    assert not vault().authenticates
    environ.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", "secret")
    assert vault().grant == GRANT
    environ.setenv("GENESYSCLOUD_ACCESS_TOKEN", "theirs")
    assert vault().token.access_token == "theirs"
    config = Configuration(credentials=Credentials(access_token="given"))
    assert vault(config=config).token.access_token == "given"
    assert vault(config=config, access_token=" mine ").token.access_token == "mine"
    assert vault(config=config, auth=GRANT) == vault(auth=GRANT)
    assert vault(auth=GRANT).token is None
    assert not vault(trust_env=False).authenticates


def test_a_variable_that_is_not_needed_is_nobodys_error(environ):
    environ.setenv("GENESYSCLOUD_REGION", "atlantis")
    assert host(region="eu_west_1") == PLACES["argument"]
    with pytest.raises(ConfigurationError, match="GENESYSCLOUD_REGION"):
        set_up()


# --- which file is read -----------------------------------------------------------------------------


def test_a_bare_client_reads_the_default_file(file, tmp_path):
    file(STILL + "[retry]\nretry_max = 3\n", default_file(tmp_path))
    assert settings().retry.retry_max == 3
    assert settings(trust_env=False).retry.retry_max == 5
    assert settings(config=Configuration()).retry.retry_max == 5
    assert settings(config_file=file(STILL + "[retry]\nretry_max = 4\n")).retry.retry_max == 4
    assert read_sources({"config_file": tmp_path / "x"}).path == str(tmp_path / "x")


def test_a_relative_path_and_one_from_home_are_made_absolute_at_once(tmp_path, environ):
    environ.chdir(tmp_path)
    assert read_sources({"config_file": "a/../b"}).path == str(tmp_path / "b")
    assert read_sources({"config_file": "~/c"}).path == str(tmp_path / "c")


def test_a_named_file_that_is_not_there_and_not_waited_for(tmp_path):
    with pytest.raises(ConfigurationError, match="no such file"):
        set_up(config_file=tmp_path / "x", live_reload_config=False)


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize("where", ["named", "default"])
def test_a_bad_file_is_refused_at_the_start(client, where, file, tmp_path):
    path = file(
        "[logging]\nlog_level = loud\n", *([default_file(tmp_path)] if where == "default" else [])
    )
    options = {"config_file": path} if where == "named" else {}
    with pytest.raises(ConfigurationError, match=r"log_level = 'loud'"):
        client(**options)


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"config": Configuration(), "config_file": "x"}, ConfigurationError, "one of them"),
        ({"auth": GRANT, "access_token": "t"}, ConfigurationError, "one of them"),
        (
            {"logging": LoggingConfiguration(level="debug", file_path="/missing/x/log")},
            ConfigurationError,
            "log_file_path",
        ),
        ({"region": "eu_west_1", "host": "https://x.example"}, InvalidValueError, "pass only one"),
        ({"refresh_token_wait_max": -1}, InvalidValueError, "refresh_token_wait_max=-1"),
    ],
)
def test_bad_arguments(client, options, kind, words):
    with pytest.raises(kind, match=words):
        client(trust_env=False, **options)


def test_what_has_no_effect_is_a_warning(file):
    path = file(STILL + "[logging]\nlog_levl = debug\n")
    with program_logging() as kept:
        set_up(config_file=path)
    assert [record.name for record in kept.records] == ["genesys_cloud.config"]
    assert "did you mean log_level?" in kept.messages[0]


def test_a_configuration_given_as_a_value_is_never_watched(file):
    path = file("[retry]\nretry_max = 3\n")
    setup = Setup({"config": Configuration.from_file(path)})
    assert not setup.following
    assert setup.cell.session.settings.retry.retry_max == 3


def test_parts_of_one_source_hold_together(file):
    config = Configuration(
        gateway=Gateway("one.example"),
        reauthentication=ReauthenticationConfiguration(refresh_token_wait_max=3),
    )
    setup = set_up(config=config, gateway=Gateway("two.example", port=1443))
    assert setup.cell.session.settings.hosts.api == "https://two.example:1443"
    assert setup.cell.session.settings.refresh_token_wait_max == 3


def test_no_password_of_a_file_shows(file):
    path = file(STILL + "[gateway]\nhost = gw.example\npassword = hunter2\n")
    setup = set_up(config_file=path)
    for shown in (repr(setup.configuration), repr(setup.cell.session), repr(read_snapshot(path))):
        assert "hunter2" not in shown
