"""Settings from environment variables, and the default path of the configuration file.

Invariants: the environment is passed in as a mapping and only read; no error shows a secret from
it.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.configuration.document import find_nearest, format_value
from genesys_core.configuration.sections import Credentials, GeneralConfiguration
from genesys_core.errors import ConfigurationError, InvalidValueError
from genesys_core.hosts import KNOWN_REGIONS, Region

__all__ = ["PLACE_VARIABLES", "VARIABLES", "default_path", "read_environment"]

PLACE_VARIABLES: Final[Mapping[str, str]] = {
    "general.region": "GENESYSCLOUD_REGION",
    "general.host": "GENESYSCLOUD_HOST",
}
"""The names of the variables that select the API host, by setting; at most one may be set."""

VARIABLES: Final[Mapping[str, str]] = {
    **PLACE_VARIABLES,
    "credentials.client_id": "GENESYSCLOUD_OAUTHCLIENT_ID",
    "credentials.client_secret": "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "credentials.access_token": "GENESYSCLOUD_ACCESS_TOKEN",
}
"""The names of all supported environment variables, by setting."""


def read_environment(
    environment: Mapping[str, str],
) -> tuple[GeneralConfiguration, Credentials, tuple[tuple[str, str], ...]]:
    """Read the supported variables; strip whitespace, and treat empty variables as not set.

    Returns:
        The API host, the credentials, and a pair of setting and origin for each variable that is set.

    Raises:
        ConfigurationError: the region or host is invalid, or both are set.
    """
    given = {
        name: environment[variable].strip()
        for name, variable in VARIABLES.items()
        if environment.get(variable, "").strip()
    }
    who = {name.partition(".")[2]: given[name] for name in given if name not in PLACE_VARIABLES}
    origins = tuple((name, f"environment {VARIABLES[name]}") for name in given)
    return (
        _place(given.get("general.region"), given.get("general.host")),
        Credentials(**who),
        origins,
    )


def _place(region: str | None, host: str | None) -> GeneralConfiguration:
    region_variable, host_variable = PLACE_VARIABLES.values()
    if region is not None and host is not None:
        raise ConfigurationError(
            f"environment: {host_variable} and {region_variable}: set only one of them, because both "
            "select the API host"
        )
    try:
        return GeneralConfiguration(host=host, region=_region(region))
    except InvalidValueError as error:
        raise ConfigurationError(f"environment: {host_variable}: {error}") from None


def _region(text: str | None) -> Region | None:
    if text is None:
        return None
    try:
        return Region.of(text)
    except InvalidValueError:
        meant = find_nearest(text.lower().replace("-", "_"), KNOWN_REGIONS)
        way_out = f"did you mean {meant}?" if meant else "for example eu_west_1"
        raise ConfigurationError(
            f"environment: {PLACE_VARIABLES['general.region']} = {format_value(text)}: "
            f"must be a known region or a domain that contains a dot; {way_out}"
        ) from None


def default_path(environment: Mapping[str, str], platform: str) -> str | None:
    r"""Return the default path of the configuration file.

    The official Python SDK uses the same path: ``$HOME/.genesyscloudpython/config`` or, on Windows,
    ``%HOMEDRIVE%%HOMEPATH%\.genesyscloudpython\config``.

    Args:
        environment: all variables, such as :data:`os.environ`.
        platform: the operating system's name, as in :data:`sys.platform`; Windows is ``win32``.

    Returns:
        The path, or ``None`` if the environment defines no home directory.
    """
    if platform.lower().startswith("win"):
        drive, path = environment.get("HOMEDRIVE", ""), environment.get("HOMEPATH", "")
        home = (drive + path).rstrip("\\")
        return f"{home}\\.genesyscloudpython\\config" if drive and path else None
    home = environment.get("HOME", "")
    return f"{home.rstrip('/')}/.genesyscloudpython/config" if home else None
