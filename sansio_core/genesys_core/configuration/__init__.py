"""Configuration: INI, JSON, environment and arguments, merged into one immutable value."""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from genesys_core.configuration.configuration import DEFAULTS as DEFAULTS
    from genesys_core.configuration.configuration import Configuration as Configuration
    from genesys_core.configuration.configuration import Credentials as Credentials
    from genesys_core.configuration.configuration import (
        GeneralConfiguration as GeneralConfiguration,
    )
    from genesys_core.configuration.configuration import LogFormat as LogFormat
    from genesys_core.configuration.configuration import (
        LoggingConfiguration as LoggingConfiguration,
    )
    from genesys_core.configuration.configuration import LogLevel as LogLevel
    from genesys_core.configuration.configuration import (
        ReauthenticationConfiguration as ReauthenticationConfiguration,
    )
    from genesys_core.configuration.configuration import Setting as Setting
    from genesys_core.configuration.configuration import default_path as default_path
    from genesys_core.configuration.configuration import merge as merge

export_lazily(
    globals(),
    {
        "genesys_core.configuration.configuration": (
            "DEFAULTS Configuration Credentials GeneralConfiguration LogFormat LogLevel "
            "LoggingConfiguration ReauthenticationConfiguration Setting default_path merge"
        ),
    },
)
