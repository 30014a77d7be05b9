"""The parts of a configuration, each a value of its own.

Law: every field is ``None`` until somebody says otherwise, so that one source can be laid over
another; a part that exists is right, because a wrong value is refused when the part is made.
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
    "level": Expected("the name of a level", "'debug'", (str,), is_optional=True),
    "format": Expected("the name of a format", "'json'", (str,), is_optional=True),
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
    """``[logging]``: what is logged, how and where to.

    Attributes:
        level: ``trace``, ``debug``, ``error`` or ``none``.
        format: ``text`` or ``json``.
        to_console: whether records go to the console.
        file_path: the file that records are appended to.
        request_body: whether request bodies are logged; they hold personal data.
        response_body: whether the bodies of failures are logged; they may, too.

    Raises:
        InvalidValueError: an unknown level or format, or an empty path.
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
            raise InvalidValueError("file_path '': must not be empty; None is for no file")


class ReauthenticationConfiguration(Struct, frozen=True, kw_only=True):
    """``[reauthentication]``: what happens when the platform refuses a token.

    Attributes:
        refresh_access_token: whether a new one is obtained and the call repeated.
        refresh_token_wait_max: seconds that a call waits for another call's refresh.

    Raises:
        InvalidValueError: a wait below 0, or without end.
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
    """``[general]``: where the platform is, and whether a file is followed.

    Attributes:
        live_reload_config: whether a client follows the file it was configured from.
        host: base URL of the API.
        region: the platform's region; a file says ``host`` instead.

    Raises:
        InvalidValueError: a host that is no base URL, or both host and region.
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
                "pass only one, both select the API host"
            )


class Credentials(Confidential, frozen=True, kw_only=True):
    """What the environment says of who is calling; a file holds none of it.

    Attributes:
        client_id: the OAuth client's id.
        client_secret: the OAuth client's secret, never shown.
        access_token: a token obtained elsewhere, never shown.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"client_secret", "access_token"})
    __instead_of_pickling__: ClassVar[str] = (
        "let that process read its own environment or configuration"
    )

    client_id: str | None = None
    client_secret: str | None = None
    access_token: str | None = None

    def __post_init__(self) -> None:
        check_fields(self, _CREDENTIALS)
