"""What the environment says: who is calling, where the platform is, where a file may be.

Law: the environment comes in as a mapping and is only read; a secret found in it shows in no error.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.configuration.document import find_nearest, format_value
from genesys_core.configuration.sections import Credentials
from genesys_core.errors import ConfigurationError, InvalidValueError
from genesys_core.hosts import KNOWN_REGIONS, Region

__all__ = ["VARIABLES", "default_path", "read_environment"]

_REGION: Final = "general.region"

VARIABLES: Final[Mapping[str, str]] = {
    _REGION: "GENESYSCLOUD_REGION",
    "credentials.client_id": "GENESYSCLOUD_OAUTHCLIENT_ID",
    "credentials.client_secret": "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "credentials.access_token": "GENESYSCLOUD_ACCESS_TOKEN",
}
"""The variables that the platform's own tools read, by the setting they give."""


def read_environment(
    environment: Mapping[str, str],
) -> tuple[Region | None, Credentials, tuple[tuple[str, str], ...]]:
    """Read the variables; blanks around a value are dropped, an empty one counts as not set.

    Returns:
        The region, the credentials, and pairs of setting and origin.

    Raises:
        ConfigurationError: a region that is none.
    """
    given = {
        name: environment[variable].strip()
        for name, variable in VARIABLES.items()
        if environment.get(variable, "").strip()
    }
    who = {name.partition(".")[2]: text for name, text in given.items() if name != _REGION}
    origins = tuple((name, f"environment {VARIABLES[name]}") for name in given)
    return _region(given.get(_REGION)), Credentials(**who), origins


def _region(text: str | None) -> Region | None:
    if text is None:
        return None
    try:
        return Region.of(text)
    except InvalidValueError:
        meant = find_nearest(text.lower().replace("-", "_"), KNOWN_REGIONS)
        way_out = f"did you mean {meant}?" if meant else "such as eu_west_1"
        raise ConfigurationError(
            f"environment: {VARIABLES[_REGION]} = {format_value(text)}: "
            f"must be a known region or a domain with a dot; {way_out}"
        ) from None


def default_path(environment: Mapping[str, str], platform: str) -> str | None:
    r"""Where a configuration file is looked for when nobody names one.

    The official Python SDK's place: ``$HOME/.genesyscloudpython/config``, on Windows
    ``%HOMEDRIVE%%HOMEPATH%\.genesyscloudpython\config``.

    Args:
        environment: all variables, such as :data:`os.environ`.
        platform: such as :data:`sys.platform`; Windows is ``win32``.

    Returns:
        The path, or ``None`` where the environment names no home.
    """
    if platform.lower().startswith("win"):
        drive, path = environment.get("HOMEDRIVE", ""), environment.get("HOMEPATH", "")
        home = (drive + path).rstrip("\\")
        return f"{home}\\.genesyscloudpython\\config" if drive and path else None
    home = environment.get("HOME", "")
    return f"{home.rstrip('/')}/.genesyscloudpython/config" if home else None
