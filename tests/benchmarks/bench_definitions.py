"""Reads, generates and imports every published definition in a folder.

``python -m tests.benchmarks.bench_definitions FOLDER`` prints the table of ``docs/definition.md``: for
each file (``.json``, ``.json.gz`` or ``.json.xz``) its operations, models and findings, the processor
time, and how many methods have another name than the official SDKs'. The documents are not part of the
project.
"""

import argparse
import importlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from genesys_cloud.definition import Reading, load_sources
from genesys_core.definition import DefinitionSources, build_sources
from genesys_core.definition.read.naming import method_name
from genesys_core.definition.read.parse import interpret_sources
from tests.strategies.definition import generated_package


def other_names(sources: DefinitionSources, reading: Reading) -> Iterator[str]:
    """Yield the operations whose method is not named as ``x-purecloud-method-name`` demands."""
    names = {(one.path, one.method): one.name for one in reading.definition.operations()}
    for path, item in sources.document.paths.items():
        for method, operation in item.operations():
            given = operation.method_name
            if given and names.get((path, method)) != method_name(given):
                yield f"{method} {path}"


def measure(file: Path) -> str:
    """Return the row of one document; raises an exception if anything cannot be imported."""
    start = time.process_time()
    sources = load_sources(file)
    reading = interpret_sources(sources)
    read = time.process_time()
    files = build_sources(reading.definition)
    generated = time.process_time()
    with (
        tempfile.TemporaryDirectory() as folder,
        generated_package(files, Path(folder), "published") as (models, api),
    ):
        models.preload()
        for one in reading.definition.apis:
            module = importlib.import_module(f"{api.__name__}.{one.name}")
            assert all(callable(getattr(module, each.name)) for each in one.operations)
    counts = [len(reading.definition.operations()), len(reading.definition.models)]
    counts += [len(reading.findings), len(list(other_names(sources, reading)))]
    times = [f"{read - start:.1f}", f"{generated - read:.1f}"]
    return f"| {file.name.split('.')[0]} | {' | '.join([*map(str, counts), *times])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print("| document | operations | models | findings | other names | s to read | s to generate |")
    print("|---|---|---|---|---|---|---|")
    for file in sorted(parser.parse_args().folder.glob("*.json*")):
        print(measure(file))


if __name__ == "__main__":
    main()
