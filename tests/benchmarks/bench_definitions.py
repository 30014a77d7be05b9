"""Reads every published definition in a folder, and generates, imports and type-checks a package of it.

``python -m tests.benchmarks.bench_definitions FOLDER`` prints the table of ``docs/definition.md``: for
each file (``.json``, ``.json.gz`` or ``.json.xz``) its operations, models and findings, how many
methods have another name than the official SDKs', the processor time, and the errors that mypy and
pyright find in the package and in a program that calls every fifth method. The documents are not part
of the project.

With ``--check`` it only counts, and fails if the page has no row with the same counts for a document.
"""

import argparse
import importlib
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from genesys_cloud.definition import DefinitionSources, Reading, load_sources, write_generated
from genesys_core.definition import build_sources, interpret_sources, package_layout
from genesys_core.definition.read.definition import Api, ApiDefinition, ApiOperation
from genesys_core.definition.read.naming import method_name
from genesys_core.definition.write.annotations import format_annotation
from tests.helpers.type_checkers import CHECKERS, Diagnostic, check_types

__all__ = ["PACKAGE", "check_definition", "counts_without_row", "sample_program"]

PAGE = Path(__file__).parents[2] / "docs" / "definition.md"

PACKAGE = "published_genesys"
EVERY = 5


def other_names(sources: DefinitionSources, reading: Reading) -> Iterator[str]:
    """Yield the operations whose method is not named as ``x-purecloud-method-name`` demands."""
    names = {(one.path, one.method): one.name for one in reading.definition.operations()}
    for path, item in sources.document.paths.items():
        for method, operation in item.operations():
            given = operation.method_name
            if given and names.get((path, method)) != method_name(given):
                yield f"{method} {path}"


def sample_program(definition: ApiDefinition, every: int = EVERY) -> str:
    """Write a program that calls every n-th method in both flavours and states what it returns."""
    calls = [(api, one) for api in definition.apis for one in api.operations][::every]
    return "\n".join(
        [
            "from datetime import date as _date, datetime as _datetime",
            "from typing import Any as _Any, Literal as _Literal, assert_type as _is",
            "",
            f"from {PACKAGE} import AsyncClient, Client, models as _m",
            "from genesys_core.codec.values import LocalDateTime as _LocalDateTime",
            "from genesys_core.codec.values import Open as _Open, YearMonth as _YearMonth",
            "",
            "",
            "def sync(client: Client, x: _Any) -> None:",
            *(f"    _is({_call(*one)}, {_type(one[1])})" for one in calls),
            "",
            "",
            "async def asynchronous(client: AsyncClient, x: _Any) -> None:",
            *(f"    _is(await {_call(*one)}, {_type(one[1])})" for one in calls),
            "",
            "",
            "unused: tuple[_date, _datetime, _LocalDateTime, _YearMonth, _Open[_Literal[1]]]",
            "",
        ]
    )


def _call(api: Api, operation: ApiOperation) -> str:
    given = ", ".join(f"{one.name}=x" for one in operation.parameters if one.required)
    return f"client.{api.name}.{operation.name}({given})"


def _type(operation: ApiOperation) -> str:
    types = sorted(operation.return_types, key=lambda one: one is None)
    return " | ".join("None" if one is None else format_annotation(one, _spell) for one in types)


def _spell(name: str) -> str:
    return name if name.startswith("_") or name in _BUILTINS else f"_m.{name}"


_BUILTINS = {"bool", "bytes", "dict", "float", "int", "list", "str"}


@contextmanager
def imported(definition: ApiDefinition, folder: Path) -> Iterator[ModuleType]:
    """Write the package of a definition, and import all of it for as long as the block."""
    layout = package_layout(PACKAGE)
    write_generated(folder, build_sources(definition, layout), folders=layout.roots)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        package = importlib.import_module(PACKAGE)
        package.models.preload()
        for one in definition.apis:
            module = importlib.import_module(f"{PACKAGE}.api.{one.name}")
            assert all(callable(getattr(module, each.name)) for each in one.operations)
            assert getattr(package, f"Async{one.class_name}")
        assert all(package.NOTIFICATION_TOPICS.values())
        yield package
    finally:
        sys.path.remove(str(folder))
        for name in [one for one in sys.modules if one.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


def check_definition(
    definition: ApiDefinition,
    folder: Path,
    checkers: Sequence[str] = CHECKERS,
    every: int = EVERY,
) -> list[list[Diagnostic]]:
    """Generate and import a package, and return what each type checker finds in it and in a program.

    Raises an exception if anything cannot be imported.
    """
    with imported(definition, folder):
        pass
    program = folder / "program.py"
    program.write_text(sample_program(definition, every), encoding="utf-8")
    return [check_types(checker, [program, folder / PACKAGE], folder) for checker in checkers]


def count(sources: DefinitionSources, reading: Reading) -> list[int]:
    """Return the numbers of operations, models, findings and names other than the official SDKs'."""
    definition = reading.definition
    found = [definition.operations(), definition.models, reading.findings]
    return [*map(len, found), len(list(other_names(sources, reading)))]


def counts_without_row(folder: Path, page: str) -> dict[str, list[int]]:
    """Return the counts of each document whose counts are in no row of the page's table."""
    rows = [re.findall(r"(?<=\| )\d+(?= \|)", line)[:4] for line in page.splitlines()]
    missing: dict[str, list[int]] = {}
    for file in sorted(folder.glob("*.json*")):
        sources = load_sources(file)
        counts = count(sources, interpret_sources(sources))
        if list(map(str, counts)) not in rows:
            missing[file.name] = counts
    return missing


def measure(file: Path) -> str:
    """Return the row of one document."""
    start = time.process_time()
    sources = load_sources(file)
    reading = interpret_sources(sources)
    read = time.process_time()
    build_sources(reading.definition, package_layout(PACKAGE))
    generated = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = check_definition(reading.definition, Path(folder))
    for diagnostic in (each for one in found for each in one):
        print(diagnostic, file=sys.stderr)
    counts = count(sources, reading)
    times = [f"{read - start:.1f}", f"{generated - read:.1f}"]
    errors = [str(len(one)) for one in found]
    return f"| {file.name.split('.')[0]} | {' | '.join([*map(str, counts), *times, *errors])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        missing = counts_without_row(arguments.folder, PAGE.read_text(encoding="utf-8"))
        sys.exit(f"{PAGE}: has no row with the counts of {missing}" if missing else 0)
    columns = [*("document", "operations", "models", "findings", "other names"), "s to read"]
    columns += ["s to generate", *CHECKERS]
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    for file in sorted(arguments.folder.glob("*.json*")):
        print(measure(file), flush=True)


if __name__ == "__main__":
    main()
