"""The pages for those who carry the work on are current: what they name exists, and is all there."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from tests.benchmarks.results import OURS, RESULTS, read_results
from tests.helpers.charts import (
    PAGES,
    TABLE,
    current_charts,
    current_page,
    read_tables,
    write_table,
)
from tests.helpers.export_chart import tenths_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NAMED = re.compile(r"`(genesys_(?:core|cloud)(?:\.\w+)*)`")
FILES = re.compile(
    r"`((?:genesys_core|genesys_cloud|tests|fuzz|adapters|sansio_core|docs)/[\w./-]+?)/?`"
)
WITH_NAMES = [DOCS / "architecture.md", DOCS / "glossary.md", *sorted(DOCS.glob("recipes/*.md"))]
WITH_FILES = [*WITH_NAMES, ROOT / "CONTRIBUTING.md"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def resolve(name: str) -> object:
    """The module, class or function of that dotted name."""
    parts = name.split(".")
    found: object = import_module(parts[0])
    for index, part in enumerate(parts[1:], 2):
        try:
            found = import_module(".".join(parts[:index]))
        except ModuleNotFoundError:
            found = getattr(found, part)
    return found


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", WITH_NAMES, ids=lambda page: page.name)
def test_what_a_page_names_exists(page: Path) -> None:
    for name in NAMED.findall(text_of(page)):
        try:
            resolve(name)
        except (AttributeError, ImportError) as error:
            pytest.fail(f"{name}: {error}")


@pytest.mark.parametrize("page", WITH_FILES, ids=lambda page: page.name)
def test_a_file_that_a_page_names_exists(page: Path) -> None:
    roots = (ROOT, ROOT / "sansio_core", ROOT / "adapters")
    for name in FILES.findall(text_of(page)):
        assert any((root / name).exists() for root in roots), name


def test_the_ways_name_modules_and_functions() -> None:
    """The page would pass the test above if it named nothing."""
    ways = re.split(r"^### \d\. ", text_of(DOCS / "architecture.md"), flags=re.MULTILINE)[1:]
    assert len(ways) == 5
    for way in ways:
        rows = re.findall(r"^\| \d+ \| (.+?) \|", way, flags=re.MULTILINE)
        assert len(rows) >= 4
        for row in rows:
            assert NAMED.search(row), row


def test_the_architecture_page_has_every_contract_by_name() -> None:
    text = text_of(DOCS / "architecture.md")
    for contract in PROJECT["tool"]["importlinter"]["contracts"]:
        assert f"| {contract['name']} |" in text


@pytest.mark.parametrize("package", ["sansio_core/genesys_core", "adapters/genesys_cloud"])
def test_the_architecture_page_has_every_package(package: str) -> None:
    text = text_of(DOCS / "architecture.md")
    packages = [path.parent.name for path in (ROOT / package).glob("*/__init__.py")]
    assert len(packages) > 5
    for name in packages:
        assert re.search(rf"^\|[^|]*`{name}`[^|]*\|", text, flags=re.MULTILINE), name


def test_the_index_leads_to_every_page() -> None:
    targets = set(re.findall(r"\]\(([^)#]+)", text_of(DOCS / "index.md"))) - {"reference/index.md"}
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert pages - targets == {"index.md"}


def test_the_navigation_of_the_site_has_every_page() -> None:
    """``docs/mkdocs.yml``: add a page to a section there."""
    listed = re.findall(
        r"^ +- (?:[^\n]+: )?([\w/.-]+\.md)$", text_of(DOCS / "mkdocs.yml"), re.MULTILINE
    )
    assert len(listed) == len(set(listed))
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert pages <= set(listed)
    outside = {"contributing.md", "security.md", "changelog.md"}
    assert {page for page in listed if not page.startswith("reference/")} == pages | outside


def test_the_readme_leads_to_the_index() -> None:
    assert "(docs/index.md)" in text_of(ROOT / "README.md")


def test_charts_and_tables_show_the_results_of_the_benchmarks() -> None:
    """``python -m tests.helpers.charts`` writes them again."""
    pages, tables = [text_of(page) for page in PAGES], read_tables()
    for path, text in current_charts().items():
        assert sum(f"](assets/{path.name})" in page for page in pages) == 1
        assert text == text_of(path), path.name
    assert [current_page(page, tables) for page in pages] == pages
    assert sorted(name for page in pages for _, name in TABLE.findall(page)) == sorted(tables)


def test_every_table_of_results_is_written_as_it_is_read() -> None:
    rows = {"one": {"a": {OURS: 1.26, "other": 30.4}, "b": {"": 1234.5}}, "two": {"a": {OURS: 0}}}
    assert write_table(rows).splitlines() == [
        "| | a | b |",
        "|---|---:|---:|",
        "| one | 1.3, other 30 | 1,234 |",
        "| two | 0 |  |",
    ]
    old = "x\n\n<!-- results: t -->\n\n| | a |\n|---|---:|\n\ny\n"
    assert current_page(old, {"t": rows}) == f"x\n\n<!-- results: t -->\n\n{write_table(rows)}\ny\n"


def test_results_are_small_and_name_their_command() -> None:
    for name, result in read_results().items():
        assert re.match(r"python (-m )?tests[./]", result.command), name
        assert result.python.startswith("CPython")
        assert (RESULTS / f"{name}.json").stat().st_size < 5_000


def test_the_chart_of_a_long_export_shows_ten_tenths_and_ten_kills() -> None:
    tenths = tenths_of(read_tables()["export-million"])
    assert len(tenths) == 10
    assert sum(len(one.kills) for one in tenths) == 10


def test_a_term_is_explained_once() -> None:
    terms = re.findall(r"^\| ([^|]+?) \| ", text_of(DOCS / "glossary.md"), flags=re.MULTILINE)
    terms = [term for term in terms if term not in {"term", "---"}]
    assert len(terms) == len(set(terms)) > 40
