"""Packages of documents that hold every construct are imported and type-checked whole.

``python -m tests.benchmarks.bench_definitions FOLDER`` does the same with published documents.
"""

import pytest

from genesys_core.definition import read_definition
from tests.benchmarks.bench_definitions import (
    check_definition,
    counts_without_row,
    measure,
    sample_program,
)
from tests.helpers.type_checkers import CHECKERS, check_types
from tests.helpers.workshop import WORKSHOP, WORKSHOP_TOPICS, write_documents
from tests.strategies.definition import TRAP_TOPICS, TRAPS

DOCUMENTS = {"workshop": (WORKSHOP, WORKSHOP_TOPICS), "traps": (TRAPS, TRAP_TOPICS)}


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_package_and_a_program_that_calls_every_method_have_no_type_error(
    name, checker, tmp_path
):
    definition = read_definition(*DOCUMENTS[name]).definition
    assert check_definition(definition, tmp_path, [checker], every=1) == [[]]


@pytest.mark.slow
def test_the_checkers_find_an_error_in_a_package(tmp_path):
    definition = read_definition(WORKSHOP, WORKSHOP_TOPICS).definition
    check_definition(definition, tmp_path, [])
    program = sample_program(definition, every=1).replace("_m.UserMe", "_m.Lamp")
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    found = check_types("pyright", [tmp_path / "program.py"], tmp_path)
    lines = program.splitlines()
    assert [one.line for one in found] == [
        n for n, line in enumerate(lines, 1) if "get_users_me" in line
    ]


def test_counts_that_the_page_does_not_have_are_found(tmp_path):
    folder = write_documents(tmp_path / "documents")
    (folder / "topics.json").unlink()
    row = "| 2016-07, region A | 13 | 10 | 0 | {} | 0.2 | 0.2 | 0 | 0 |"
    assert counts_without_row(folder, f"# Old\n\n{row.format(0)}\n") == {}
    assert counts_without_row(folder, row.format(1)) == {"swagger.json": [13, 10, 0, 0]}


def test_the_command_gives_a_row_for_each_document(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{measure.__module__}.check_types", lambda *_: [])
    row = measure(write_documents(tmp_path) / "swagger.json")
    operations, models = 13, 10
    assert row.startswith(f"| swagger | {operations} | {models} | 0 | 0 | ")
    assert row.endswith(" | 0 | 0 |")
