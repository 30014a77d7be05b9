"""Reading and watching configuration files."""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from genesys_cloud.config.file import DEFAULTS as DEFAULTS
    from genesys_cloud.config.file import Configuration as Configuration
    from genesys_cloud.config.file import Credentials as Credentials
    from genesys_cloud.config.file import GeneralConfiguration as GeneralConfiguration
    from genesys_cloud.config.file import LoggingConfiguration as LoggingConfiguration
    from genesys_cloud.config.file import (
        ReauthenticationConfiguration as ReauthenticationConfiguration,
    )
    from genesys_cloud.config.file import configuration_from_file as configuration_from_file
    from genesys_cloud.config.file import default_path as default_path
    from genesys_cloud.config.file import merge as merge

export_lazily(
    globals(),
    {
        "genesys_cloud.config.file": (
            "DEFAULTS Configuration Credentials GeneralConfiguration LoggingConfiguration "
            "ReauthenticationConfiguration configuration_from_file default_path merge"
        ),
    },
)
