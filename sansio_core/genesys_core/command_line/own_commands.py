"""The commands that are not named after an API, for the help page and for completion.

Invariants: the page is formatted without typer, which parses these commands, because importing typer
would take longer than printing the page.
"""

import textwrap
from collections.abc import Mapping
from typing import Final

from genesys_core.command_line.arguments import CONNECTION_OPTIONS
from genesys_core.command_line.help_pages import list_definitions

__all__ = ["OWN_COMMANDS", "root_page"]

OWN_COMMANDS: Final[Mapping[str, str]] = {
    "apis": "List the APIs, or search all operations by words, path or permission.",
    "describe": "Describe a method, a model (with its fields and values) or a notification topic.",
    "call": "Call an endpoint by method and path, such as GET /api/v2/users/me.",
    "jobs": "Start jobs, wait for them, and print their results: run, wait, results, cancel.",
    "recordings": "Download the recordings of conversations.",
    "export": "Export records to files, or continue an export.",
    "listen": "Print notifications as they arrive, until Ctrl-C.",
    "login": "Sign in as a user through the browser, and save the token for later commands.",
    "logout": "Revoke the saved token on the platform, and delete it from this machine.",
    "whoami": "Show who is signed in: user, organization, region, expiry.",
    "doctor": "Check configuration, connection, TLS, clock, token, user and notifications, step by step.",
    "config": "Validate a configuration file, or show the effective configuration.",
    "completion": "Print a shell's completion script, or save names for completion.",
    "definition": "Fetch and compare API definitions, and generate code from them.",
    "simulate": "Serve a simulated platform (API and login host) until Ctrl-C.",
    "demo": "Call a simulated platform and show the results.",
}
"""The descriptions of the commands for help, by command name."""


_APIS: Final = (
    "Each API is also a command, which takes a method's name: for example, genesys-cloud users "
    "get_users_me"
)


def root_page(width: int) -> str:
    """Return the help page of the command ``genesys-cloud`` itself.

    Args:
        width: the terminal's width in characters.
    """
    options = [(f"--{each.name} {each.metavar}", each.help) for each in CONNECTION_OPTIONS]
    options += [("--version", "Show the version."), ("--help", "Show this page.")]
    lines = [
        "Usage: genesys-cloud [OPTIONS] COMMAND [ARGUMENTS]",
        "",
        "The Genesys Cloud Platform API from the command line.",
        "",
        "Commands:",
        *list_definitions(list(OWN_COMMANDS.items()), width),
        "",
        *textwrap.wrap(_APIS, max(width, 40), break_on_hyphens=False),
        "",
        "Options:",
        *list_definitions(options, width),
        "",
        "For help on a command: genesys-cloud COMMAND --help",
    ]
    return "\n".join(lines)
