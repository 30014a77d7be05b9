"""The environment: five variables, and the place of the file."""

import pytest

from genesys_core.configuration import (
    Configuration,
    Credentials,
    GeneralConfiguration,
    default_path,
)
from genesys_core.errors import ConfigurationError
from genesys_core.hosts import Region

ALL = {
    "GENESYSCLOUD_REGION": "eu-west-1",
    "GENESYSCLOUD_OAUTHCLIENT_ID": "id",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET": "hunter2",
    "GENESYSCLOUD_ACCESS_TOKEN": "hunter3",
}


def test_all_four_variables_are_read():
    configuration = Configuration.from_environment({**ALL, "HOME": "/root"})
    assert configuration.general.region == Region.eu_west_1
    assert configuration.credentials == Credentials(
        client_id="id", client_secret="hunter2", access_token="hunter3"
    )
    assert dict(configuration.origins) == {
        "general.region": "environment GENESYSCLOUD_REGION",
        "credentials.client_id": "environment GENESYSCLOUD_OAUTHCLIENT_ID",
        "credentials.client_secret": "environment GENESYSCLOUD_OAUTHCLIENT_SECRET",
        "credentials.access_token": "environment GENESYSCLOUD_ACCESS_TOKEN",
    }


def test_a_host_is_read_instead_of_a_region():
    configuration = Configuration.from_environment({"GENESYSCLOUD_HOST": " https://x.example\n"})
    assert configuration.general == GeneralConfiguration(host="https://x.example")
    assert configuration.origin("general", "host") == "environment GENESYSCLOUD_HOST"
    assert configuration.origin("general", "region") is None


def test_a_host_and_a_region_are_a_contradiction():
    with pytest.raises(ConfigurationError) as caught:
        Configuration.from_environment({**ALL, "GENESYSCLOUD_HOST": "https://x.example"})
    (problem,) = caught.value.problems
    assert problem == (
        "environment: GENESYSCLOUD_HOST and GENESYSCLOUD_REGION: set only one of them, because both select "
        "the API host"
    )


@pytest.mark.parametrize("text", ["ftp://x.example", "https://x.example/?a=b", "https:// x"])
def test_a_host_that_is_no_base_url_is_a_problem_of_the_environment(text):
    with pytest.raises(ConfigurationError, match=r"^environment: GENESYSCLOUD_HOST: host '"):
        Configuration.from_environment({"GENESYSCLOUD_HOST": text})


def test_no_password_in_a_host_shows():
    with pytest.raises(ConfigurationError) as caught:
        Configuration.from_environment({"GENESYSCLOUD_HOST": "https://me:hunter2@x.example"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_variable_counts_as_not_set(empty):
    assert Configuration.from_environment(dict.fromkeys(ALL, empty)) == Configuration()
    assert Configuration.from_environment({}) == Configuration()


def test_blanks_around_a_value_are_dropped():
    # Secrets that are mounted or piped often end with a line break, which no header can carry.
    configuration = Configuration.from_environment({"GENESYSCLOUD_ACCESS_TOKEN": " hunter2\n"})
    assert configuration.credentials.access_token == "hunter2"


@pytest.mark.parametrize(
    ("text", "report"),
    [
        (
            "eu-wst-1",
            "'eu-wst-1': must be a known region or a domain that contains a dot; did you mean eu_west_1?",
        ),
        (
            "?",
            "'?': must be a known region or a domain that contains a dot; for example eu_west_1",
        ),
    ],
)
def test_a_region_that_is_none_is_a_problem(text, report):
    with pytest.raises(ConfigurationError) as caught:
        Configuration.from_environment({**ALL, "GENESYSCLOUD_REGION": text})
    assert caught.value.problems == (f"environment: GENESYSCLOUD_REGION = {report}",)


def test_no_secret_is_in_the_repr():
    assert "hunter" not in repr(Configuration.from_environment(ALL))


@pytest.mark.parametrize(
    ("environment", "platform", "path"),
    [
        ({"HOME": "/home/me"}, "linux", "/home/me/.genesyscloudpython/config"),
        ({"HOME": "/Users/me/"}, "darwin", "/Users/me/.genesyscloudpython/config"),
        ({"HOME": "/"}, "linux", "/.genesyscloudpython/config"),
        ({"HOME": ""}, "linux", None),
        ({}, "linux", None),
        ({"HOMEDRIVE": "C:", "HOMEPATH": "\\Users\\me"}, "linux", None),
        (
            {"HOMEDRIVE": "C:", "HOMEPATH": "\\Users\\me"},
            "win32",
            "C:\\Users\\me\\.genesyscloudpython\\config",
        ),
        ({"HOMEDRIVE": "C:", "HOMEPATH": "\\"}, "Windows", "C:\\.genesyscloudpython\\config"),
        ({"HOMEDRIVE": "C:"}, "win32", None),
        ({"HOMEPATH": "\\Users\\me"}, "win32", None),
        ({"HOME": "/home/me"}, "win32", None),
    ],
)
def test_the_default_path_is_the_official_python_sdks(environment, platform, path):
    assert default_path(environment, platform) == path
