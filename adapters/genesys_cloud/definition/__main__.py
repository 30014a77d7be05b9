"""Runs the generator without the ``cli`` extra: ``python -m genesys_cloud.definition generate``."""

import argparse
import sys
from collections.abc import Sequence

from genesys_cloud.definition.generating import BUNDLED, generate
from genesys_core.errors import GenesysCloudError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the generator for ``python -m genesys_cloud.definition generate``.

    Returns:
        The exit code: 0 for success, 1 if ``--check`` found differences, 2 if an error occurred.
    """
    options = _parser().parse_args(arguments)
    try:
        changed = generate(
            options.root,
            definition=options.definition,
            topics=options.topics,
            package=options.package,
            check=options.check,
            strict=options.strict,
            on_finding=lambda finding: sys.stderr.write(f"{finding}\n"),
        )
    except GenesysCloudError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for path in changed:
        sys.stdout.write(f"{'not current' if options.check else 'written'}: {path}\n")
    return 1 if options.check and changed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m genesys_cloud.definition")
    command = parser.add_subparsers(required=True).add_parser(
        "generate", help="generate source code"
    )
    command.add_argument(
        "--package", help="the import name of a package of your own, such as acme_genesys"
    )
    command.add_argument(
        "--root",
        help="with --package: the folder that contains the package, by default the current folder; "
        "otherwise: a checkout of this library, by default the one that this command runs from",
    )
    command.add_argument(
        "--definition",
        default=BUNDLED,
        help="a Swagger file (.json, .json.gz, .json.xz), or a folder from genesys-cloud definition fetch",
    )
    command.add_argument("--topics", help="a topic file, .json, .json.gz or .json.xz")
    command.add_argument(
        "--check",
        action="store_true",
        help="only compare; exit with code 1 if a file is not up to date",
    )
    command.add_argument(
        "--strict", action="store_true", help="reject a definition with parts that cannot be used"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
