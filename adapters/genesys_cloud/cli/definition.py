"""``genesys-cloud definition``: fetch and compare API definitions, and generate code from them.

Invariants: findings (invalid parts of a document) go to standard error, results to standard output. A
document from which nothing can be generated is an error.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from genesys_cloud.cli.connection import open_client
from genesys_cloud.cli.connection_arguments import take_connection
from genesys_cloud.cli.terminal import print_error, print_json, print_line

__all__ = ["app"]

_SOURCE = "A Swagger file, a folder written by definition fetch, or 'bundled'."

_Definition = Annotated[
    str,
    typer.Option(
        help="A Swagger file, optionally compressed, or a folder written by definition fetch."
    ),
]
_Topics = Annotated[
    Path | None,
    typer.Option(
        help="A file with topics, optionally compressed; by default, topics.json in the definition's "
        "folder, or the bundled topics for the bundled definition."
    ),
]

app = typer.Typer(
    help="Fetch and compare API definitions, and generate code from them.", no_args_is_help=True
)


@app.callback()
def group() -> None:
    """Fetch and compare API definitions, and generate code from them."""


@app.command()
@take_connection("secret_file")
def fetch(
    ctx: typer.Context,
    *,
    output: Annotated[
        Path, typer.Option(help="Folder for swagger.json and topics.json; created if necessary.")
    ] = Path(),
    preview: Annotated[
        bool, typer.Option("--preview", help="Include operations in preview.")
    ] = False,
) -> None:
    """Download the API definition and the notification topics that a region publishes.

    Uses the sign-in of genesys-cloud login. With --region or --host, or without a sign-in, uses the
    environment and the configuration file. Only the topics require credentials.
    """
    from genesys_cloud.definition import fetch_definition  # noqa: PLC0415 - see app.py

    options = ctx.obj
    with open_client(options) as client:
        files = fetch_definition(client, output, preview=preview)
    for file in files:
        print_line(f"written: {file}")


class Format(StrEnum):
    """The allowed values of the option ``--format``."""

    text = "text"
    markdown = "markdown"
    changelog = "changelog"
    json = "json"


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help=_SOURCE)],
    new: Annotated[str, typer.Argument(help=_SOURCE)],
    *,
    format_: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.text,
    ignore: Annotated[
        Path | None,
        typer.Option(help="File with rules for changes to omit, one RULE [PLACE] per line."),
    ] = None,
    usage: Annotated[
        Path | None,
        typer.Option(
            help="Python file or folder; show only changes that affect its code, and where."
        ),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            help=(
                "Exit with code 1 if any change is at least this severe: none, point, minor, warn "
                "or major."
            ),
            metavar="SEVERITY",
        ),
    ] = None,
    least: Annotated[
        str,
        typer.Option(
            help="With --format text: list only changes that are at least this severe.",
            metavar="SEVERITY",
        ),
    ] = "minor",
) -> None:
    """Compare two API definitions, and list the changes with their severity.

    Each change has a rule, explained in docs/definition-rules.md, and two severities: for Python
    code and on the wire. Topics are compared if both definitions have them.
    """
    from genesys_cloud.definition import compare_files  # noqa: PLC0415 - see app.py

    report = compare_files(old, new, ignore=ignore, usage=usage)
    failed = report.fails(fail_on)  # before the report is printed: the severity may not exist
    for unused in report.unused_ignores:
        print_error(f"{ignore}, line {unused.line}: this rule matches no change; remove it")
    match format_:
        case Format.text:
            shown = report.text(least)
        case Format.markdown:
            shown = report.markdown()
        case Format.changelog:
            shown = report.changelog()
        case Format.json:
            # Not splitlines(), which also splits at U+2028 and others that JSON strings may contain.
            for line in report.json().rstrip("\n").split("\n"):
                print_json(line)
            shown = ""
    for line in shown.splitlines():
        print_line(line)
    raise typer.Exit(1 if failed else 0)


@app.command()
def generate(
    *,
    package: Annotated[
        str | None,
        typer.Option(
            help="Import name of your own package to generate, instead of this library's modules.",
            metavar="NAME",
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            help="With --package: the folder that contains the package, by default the current folder. "
            "Otherwise: a checkout of this library, by default the one that this command runs from."
        ),
    ] = None,
    definition: _Definition = "bundled",
    topics: _Topics = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; exit with code 1 if the generated code is out of date."
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Reject a definition with invalid parts (findings).")
    ] = False,
) -> None:
    """Generate source code for the models, operations and topics of a definition."""
    from genesys_cloud.definition import generate as generate_files  # noqa: PLC0415 - see app.py

    changed = generate_files(
        root,
        definition=definition,
        topics=topics,
        package=package,
        check=check,
        strict=strict,
        on_finding=lambda finding: print_error(str(finding)),
    )
    for path in changed:
        print_line(f"{'not current' if check else 'written'}: {path}")
    raise typer.Exit(1 if check and changed else 0)


@app.command()
def reference(
    *,
    output: Annotated[Path, typer.Option(help="Folder for the pages; created if necessary.")],
    definition: _Definition = "bundled",
    topics: _Topics = None,
    changes: Annotated[
        list[Path] | None,
        typer.Option(
            help="Report written by diff --format json; repeat the option for more, oldest first."
        ),
    ] = None,
) -> None:
    """Write the reference of a definition as Markdown: APIs, models, topics and permissions."""
    from genesys_cloud.definition import write_reference  # noqa: PLC0415 - see app.py

    pages = write_reference(output, definition=definition, topics=topics, changes=changes or ())
    print_line(f"written: {len(pages)} pages in {output}")
