"""The sections of a configuration, each an immutable value.

Invariants: every field is ``None`` unless set, so that sources can be merged; a section is always
valid, because invalid values are rejected on construction.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

from msgspec import Struct

from genesys_core.checks import FLAG, NUMBER, TEXT, Expected, check_fields
from genesys_core.confidential import Confidential
from genesys_core.configuration.keys import KEYS, LogFormat, LogLevel
from genesys_core.errors import InvalidValueError
from genesys_core.hosts import Region, base_url

__all__ = [
    "Credentials",
    "GeneralConfiguration",
    "LoggingConfiguration",
    "ReauthenticationConfiguration",
]


_TEXT: Final = TEXT.or_none()
_FLAG: Final = FLAG.or_none()
_LOGGING: Final = {
    "level": Expected("the name of a log level", "'debug'", (str,), is_optional=True),
    "format": Expected("the name of a log format", "'json'", (str,), is_optional=True),
    "to_console": _FLAG,
    "file_path": Expected("a path as a str", "'/var/log/genesys.log'", (str,), is_optional=True),
    "request_body": _FLAG,
    "response_body": _FLAG,
}
_REAUTHENTICATION: Final = {
    "refresh_access_token": _FLAG,
    "refresh_token_wait_max": NUMBER.or_none(),
}
_GENERAL: Final = {
    "live_reload_config": _FLAG,
    "region": Expected("a Region", "Region.eu_west_1", (Region,), is_optional=True),
}
_CREDENTIALS: Final[Mapping[str, Expected]] = dict.fromkeys(
    ("client_id", "client_secret", "access_token"), _TEXT
)


class LoggingConfiguration(Struct, frozen=True, kw_only=True):
    """``[logging]``: what is logged, in which format and where.

    Attributes:
        level: the log level: ``trace``, ``debug``, ``error`` or ``none``.
        format: the format of log records: ``text`` or ``json``.
        to_console: whether log records are written to standard error.
        file_path: the path of the file to which log records are appended.
        request_body: whether request bodies are logged; they contain personal data.
        response_body: whether the bodies of error responses are logged; they may contain personal
            data.

    Raises:
        InvalidValueError: the level or format is unknown, or the path is empty.
    """

    level: LogLevel | None = None
    format: LogFormat | None = None
    to_console: bool | None = None
    file_path: str | None = None
    request_body: bool | None = None
    response_body: bool | None = None

    def __post_init__(self) -> None:
        check_fields(self, _LOGGING)
        if self.level not in {None, *KEYS["logging"]["log_level"].choices}:
            raise InvalidValueError(f"level {self.level!r}: must be trace, debug, error or none")
        if self.format not in {None, *KEYS["logging"]["log_format"].choices}:
            raise InvalidValueError(f"format {self.format!r}: must be text or json")
        if self.file_path == "":
            raise InvalidValueError("file_path '': must not be empty; None means no file")


class ReauthenticationConfiguration(Struct, frozen=True, kw_only=True):
    """``[reauthentication]``: what happens when the platform rejects a token.

    Attributes:
        refresh_access_token: whether to obtain a new token and retry the request after a 401.
        refresh_token_wait_max: maximum seconds that a call waits for another call's refresh.

    Raises:
        InvalidValueError: the wait is negative or infinite.
    """

    refresh_access_token: bool | None = None
    refresh_token_wait_max: float | None = None

    def __post_init__(self) -> None:
        check_fields(self, _REAUTHENTICATION)
        wait = self.refresh_token_wait_max
        if wait is not None and not 0 <= wait < float("inf"):
            raise InvalidValueError(
                f"refresh_token_wait_max={wait!r}: must be 0 or more seconds, and finite"
            )


class GeneralConfiguration(Struct, frozen=True, kw_only=True):
    """``[general]``: the API host, and whether changes to the configuration file are applied.

    Attributes:
        live_reload_config: whether a client applies changes to the file it was configured from.
        host: base URL of the API.
        region: the platform's region; a file uses ``host`` instead.

    Raises:
        InvalidValueError: the host is not a base URL, or both host and region are set.
    """

    live_reload_config: bool | None = None
    host: str | None = None
    region: Region | None = None

    def __post_init__(self) -> None:
        check_fields(self, _GENERAL)
        if self.host is not None:
            base_url(self.host)
        if self.host is not None and self.region is not None:
            raise InvalidValueError(
                f"host {self.host!r} and region {self.region.name!r}: "
                "pass only one, because both select the API host"
            )


class Credentials(Confidential, frozen=True, kw_only=True):
    """The OAuth client's credentials, or an access token; a configuration file cannot contain them.

    Attributes:
        client_id: the OAuth client's id.
        client_secret: the OAuth client's secret, never shown.
        access_token: an access token obtained elsewhere, never shown.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret", "access_token"})
    __instead_of_pickling__: ClassVar[str] = (
        "have that process read its own environment or configuration"
    )

    client_id: str | None = None
    client_secret: str | None = None
    access_token: str | None = None

    def __post_init__(self) -> None:
        check_fields(self, _CREDENTIALS)
