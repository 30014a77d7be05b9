"""The ``genesys-cloud`` command.

Invariants: without its extras the command starts and reports how to install them. An error of the
library is its message on standard error and exit code 1, never a traceback.
"""

import sys
from typing import Final

from genesys_core.errors import GenesysCloudError
from genesys_core.observability.terminal import escape_line

__all__ = ["main"]

_EXTRAS: Final = {
    "click": "cli",
    "rich": "cli",
    "typer": "cli",
    "hypercorn": "simulator",
    "starlette": "simulator",
}
"""The extra that installs each package."""


def main() -> None:
    """Run the command with the arguments of this process, and exit."""
    try:
        from genesys_cloud.cli.app import app  # noqa: PLC0415 - typer may not be installed

        app()
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        sys.exit(
            f"genesys-cloud: {package} is not installed; "
            f"pip install 'genesys-cloud[{_EXTRAS[package]}]'"
        )
    except GenesysCloudError as error:
        # Every line has the prefix, so that a message of the platform cannot forge one.
        lines = (f"genesys-cloud: {escape_line(line)}" for line in str(error).split("\n"))
        sys.exit("\n".join(lines))
