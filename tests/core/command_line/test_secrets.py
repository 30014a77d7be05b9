"""Where the secret of an OAuth client comes from."""

import pytest

from genesys_core.command_line.secrets import SecretSource, select_secret
from genesys_core.command_line.usage import UsageError

ID = {"GENESYSCLOUD_OAUTHCLIENT_ID": "c"}
SECRET = {"GENESYSCLOUD_OAUTHCLIENT_SECRET": "s"}
TOKEN = {"GENESYSCLOUD_ACCESS_TOKEN": "t"}
FILE = {"GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE": "g"}
OPTION = {"secret-file": "f"}


@pytest.mark.parametrize(
    ("options", "environment", "can_ask", "source"),
    [
        ({}, {}, True, None),
        ({}, ID, False, None),
        ({}, ID, True, SecretSource("c", "prompt")),
        ({}, ID | SECRET, True, None),
        ({}, ID | TOKEN, True, None),
        ({}, ID | SECRET | FILE, True, None),
        ({}, ID | FILE, True, SecretSource("c", "file", "g")),
        (OPTION, ID | FILE, False, SecretSource("c", "file", "f")),
        (OPTION, ID | SECRET, False, SecretSource("c", "file", "f")),
    ],
)
def test_where_the_secret_comes_from(options, environment, can_ask, source):
    assert select_secret(options, environment, can_ask=can_ask) == source


@pytest.mark.parametrize(("options", "environment"), [(OPTION, {}), ({}, FILE)])
def test_a_secret_belongs_to_a_client(options, environment):
    with pytest.raises(
        UsageError, match="set GENESYSCLOUD_OAUTHCLIENT_ID to the OAuth client's id"
    ):
        select_secret(options, environment, can_ask=True)
