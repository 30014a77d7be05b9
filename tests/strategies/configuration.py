"""Strategies for configurations, and for the texts of files that hold them."""

from typing import TypeVar

from hypothesis import strategies as st

from genesys_core.configuration import (
    Configuration,
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
)
from genesys_core.configuration.keys import KEYS
from genesys_core.hosts import Gateway, Region
from tests.strategies.calls import usable_retries

APPENDIX_A_INI = """\
[logging]
log_level = trace
log_format = text
log_to_console = false
log_file_path = /var/log/dotnetsdk.log
log_response_body = false
log_request_body = false
[retry]
retry_wait_min = 3
retry_wait_max = 10
retry_max = 5
[reauthentication]
refresh_access_token = true
refresh_token_wait_max = 10
[general]
live_reload_config = true
host = https://api.mypurecloud.com
[gateway]
host = mygateway.mydomain.myextension
protocol = https
port = 1443
path_params_login = myadditionalpathforlogin
path_params_api = myadditionalpathforapi
username = username
password = password
"""
"""The official SDKs' reference file."""

APPENDIX_A_JSON = """\
{
    "logging": {
        "log_level": "trace",
        "log_format": "text",
        "log_to_console": false,
        "log_file_path": "/var/log/dotnetsdk.log",
        "log_response_body": false,
        "log_request_body": false
    },
    "retry": {
        "retry_wait_min": 3,
        "retry_wait_max": 10,
        "retry_max": 5
    },
    "reauthentication": {
        "refresh_access_token": true,
        "refresh_token_wait_max": 10
    },
    "general": {
        "live_reload_config": true,
        "host": "https://api.mypurecloud.com"
    },
    "gateway": {
        "host": "mygateway.mydomain.myextension",
        "protocol": "https",
        "port": 1443,
        "path_params_login": "myadditionalpathforlogin",
        "path_params_api": "myadditionalpathforapi",
        "username": "username",
        "password": "password"
    }
}
"""
"""The same as JSON."""


class StubStore:
    """A token store that only has to be there."""

    def load(self, key): ...

    def save(self, key, token): ...

    def delete(self, key): ...

    def lock(self, key, *, timeout): ...


_T = TypeVar("_T")


def optional(values: st.SearchStrategy[_T]) -> st.SearchStrategy[_T | None]:
    """Some of the values, or ``None``."""
    return st.none() | values


# Any text that a file can hold: no control characters, no half surrogate pairs. The quotes, blanks
# and comment signs of the INI dialect come up more often than chance would have them.
plain_text = st.text(
    st.sampled_from("\"'#;=: \u00a0\\[]{}") | st.characters(exclude_categories=("Cc", "Cs")),
    min_size=1,
    max_size=20,
)
seconds = st.integers(0, 10**9) | st.floats(0, allow_nan=False, allow_infinity=False)
url_paths = st.sampled_from(["", "api", "/api/", "a/b", "login//", "a=b;c", "a'b", "%2F", "é"])

loggings = st.builds(
    LoggingConfiguration,
    level=optional(st.sampled_from(["trace", "debug", "error", "none"])),
    format=optional(st.sampled_from(["text", "json"])),
    to_console=optional(st.booleans()),
    file_path=optional(plain_text),
    request_body=optional(st.booleans()),
    response_body=optional(st.booleans()),
)
retries = st.builds(
    usable_retries,
    max_retry_time_sec=seconds,
    retry_max=st.integers(0, 10**9),
    retry_wait_min=optional(seconds),
    retry_after_default=seconds,
    backoff_interval=seconds,
)
reauthentications = st.builds(
    ReauthenticationConfiguration,
    refresh_access_token=optional(st.booleans()),
    refresh_token_wait_max=optional(seconds),
)
hosts = st.sampled_from(
    [
        "https://api.mypurecloud.com",
        "api.mypurecloud.ie",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "https://gw.example.com/a/b/",
        " https://api.mypurecloud.de ",
        "HTTPS://API.MYPURECLOUD.JP",
    ]
)
generals = st.builds(
    GeneralConfiguration, live_reload_config=optional(st.booleans()), host=optional(hosts)
)
gateways = st.builds(
    Gateway,
    host=st.sampled_from(["gw", "gw.example.com", " gw ", "[::1]", "GW-1.example"]),
    protocol=st.sampled_from(["https", "http", "HTTPS"]),
    port=optional(st.integers(-1, 65535)),
    path_params_login=url_paths,
    path_params_api=url_paths,
    username=optional(plain_text),
    password=optional(plain_text),
)
file_configurations = st.builds(
    Configuration,
    logging=loggings,
    retry=optional(retries),
    reauthentication=reauthentications,
    general=generals,
    gateway=optional(gateways),
)
"""All that a file can hold."""

credentials = st.builds(
    Credentials,
    client_id=optional(plain_text),
    client_secret=optional(plain_text),
    access_token=optional(plain_text),
)
configurations = st.builds(
    Configuration,
    logging=loggings,
    retry=optional(retries),
    reauthentication=reauthentications,
    general=generals | st.builds(GeneralConfiguration, region=st.just(Region.eu_west_1)),
    gateway=optional(gateways),
    credentials=credentials,
)
"""All that a configuration can hold."""

_names = st.sampled_from([*KEYS, *(key for keys in KEYS.values() for key in keys)])
_values = st.sampled_from(["true", "5", "-1", "debug", "json", "gw", "https://h", ""]) | plain_text
_lines = st.one_of(
    _names.map("[{}]".format),
    st.builds("{}{}{}".format, _names, st.sampled_from([" = ", "=", ": "]), _values),
    plain_text.map("# {}".format),
    plain_text,
    st.just(""),
)
ini_texts = st.builds(
    lambda bom, lines, end: bom + end.join(lines),
    st.sampled_from(["", "\ufeff"]),
    st.lists(_lines, max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
"""Texts that are near to INI."""
