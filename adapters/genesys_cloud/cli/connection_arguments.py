"""Connection options, which are allowed before and after each command that typer parses.

Invariants: an option after the command takes precedence over the same option before it.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Annotated, Final, TypeAlias

import typer

__all__ = ["merge_options", "take_connection"]

_Command: TypeAlias = Callable[..., None]

Profile = Annotated[str | None, typer.Option(help="Use the settings and sign-in of this profile.")]
RegionName = Annotated[
    str | None, typer.Option(help="Region such as eu_west_1, or a domain.", metavar="REGION")
]
Host = Annotated[
    str | None, typer.Option(help="Base URL of the API, instead of a region.", metavar="URL")
]
TokenFile = Annotated[
    str | None,
    typer.Option(
        help="Token file; default: GENESYSCLOUD_TOKEN_FILE or the profile's token file.",
        metavar="PATH",
    ),
]
Proxy = Annotated[
    str | None,
    typer.Option(
        help="Proxy URL. Use HTTPS_PROXY if it contains a password, because process lists show options.",
        metavar="URL",
    ),
]
Authorities = Annotated[
    str | None,
    typer.Option(
        help="PEM file of CA certificates; default: SSL_CERT_FILE or the system's CA certificates.",
        metavar="PATH",
    ),
]


SecretFile = Annotated[
    str | None, typer.Option(help="File with the OAuth client's secret.", metavar="PATH")
]


_OPTIONS: Final[Mapping[str, object]] = {
    "profile": Profile,
    "region": RegionName,
    "host": Host,
    "token_file": TokenFile,
    "secret_file": SecretFile,
    "proxy": Proxy,
    "ca": Authorities,
}


def take_connection(*left_out: str) -> Callable[[_Command], _Command]:
    """Add connection options to a command, and merge their values into ``ctx.obj``.

    The command's first parameter must be ``ctx``. Help shows the command's own options first.

    Args:
        left_out: the options to omit, such as ``secret_file``.
    """
    names = [name for name in _OPTIONS if name not in left_out]

    def decorate(command: _Command) -> _Command:
        @functools.wraps(command)
        def run(ctx: typer.Context, **given: object) -> None:
            merge_options(ctx, **{name: given.pop(name) for name in names})
            command(ctx, **given)

        # typer reads a command's options from its signature.
        signature = inspect.signature(command)
        added = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=_OPTIONS[name])
            for name in names
        ]
        parameters = [*signature.parameters.values(), *added]
        vars(run)["__signature__"] = signature.replace(parameters=parameters)
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return decorate


def merge_options(ctx: typer.Context, **given: object) -> None:
    """Merge a command's options into ``ctx.obj``, by name without dashes.

    The command's options override options with the same name that precede the command.

    Args:
        ctx: the command's context; ``ctx.obj`` contains the options that precede the command.
        given: the values of the command's options; ``None`` for an option that was not given.
    """
    chosen = {name.replace("_", "-"): value for name, value in given.items() if value is not None}
    ctx.obj = {**(ctx.obj or {}), **chosen}
