"""What the documentation shows is true: every Python block runs as a reader would run it.

A page is a program: its blocks run from top to bottom in one fresh process, in an empty directory,
with nothing defined in advance. Blocks in tabs and lists, and with titles, count.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from genesys_cloud import GenesysCloudError
from genesys_cloud.errors import ApiError
from genesys_core.notifications import dispatch
from genesys_core.oauth import token_store

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
QUICK = {"README.md", "tutorial.md"}  # the others are marked as slow
BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)```python(?P<title>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
OPENING = re.compile(r"^[ \t>]*(?:```+|~~~+)[ \t]*\{?\.?py", re.MULTILINE)
OUTPUT = re.compile(r"\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# ```py: two uses of what other tests run, and Qt; Dask, Ray and Spark
NOT_RUN = {"event-loop.md": 3, "cluster.md": 3}
EXTERNAL = re.compile(
    r"^\s*(?:import|from) (httpx2?|urllib3|aiohttp|PureCloudPlatformClientV2|fastapi)\b",
    re.MULTILINE,
)


def program_of(text: str) -> str:
    """The blocks of a page as one program, each on the lines where the page has it."""
    lines = [""] * text.count("\n")
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start("code"))
        code = textwrap.dedent(block["code"]).splitlines()
        lines[first : first + len(code)] = code
    return "\n".join(lines)


def has_blocks(page: Path) -> bool:
    return BLOCK.search(page.read_text()) is not None


def run_page(page: Path, directory: Path) -> str:
    """Run a page and return what it prints."""
    text = page.read_text()
    for library in EXTERNAL.findall(text):
        pytest.importorskip(library)
    program = directory / f"{page.stem.replace('-', '_')}_page.py"
    program.write_text(program_of(text))
    # The official SDK warns of its own syntax.
    warnings = "ignore" if "import PureCloudPlatformClientV2" in text else "error"
    command = [sys.executable, "-W", warnings, program.name]
    ended = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    assert not ended.stderr or page.name == "logging.md"  # which shows the console
    return ended.stdout


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.name, marks=() if page.name in QUICK else pytest.mark.slow)
        for page in PAGES
        if has_blocks(page)
    ],
)
def test_a_page_runs_in_a_fresh_process(page: Path, tmp_path: Path) -> None:
    printed = run_page(page, tmp_path)
    text = page.read_text()
    outputs = (OUTPUT.match(text, block.end()) for block in BLOCK.finditer(text))
    for output in filter(None, outputs):
        for line in output[1].splitlines():
            assert line in printed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_block_is_missed(page: Path) -> None:
    text = page.read_text()
    shown = len(BLOCK.findall(text)) + NOT_RUN.get(page.name, 0)
    assert len(OPENING.findall(text)) == shown, "write ```python and ```"
    compile(program_of(text), str(page), "exec")


def test_blocks_in_tabs_and_with_titles_count() -> None:
    text = '=== "trio"\n\n    ```python title="a.py"\n    b = 1\n\n    c = 2\n    ```\n\nx\n'
    assert program_of(text).splitlines()[3:6] == ["b = 1", "", "c = 2"]
    for missed in ("``` python\n", "~~~python\n", "```py\n", "> ```python\n", "```{.python}\n"):
        assert OPENING.search(missed)
        assert not BLOCK.search(f"{missed}a = 1\n```\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    # The generated reference is checked where the site is built.
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if "://" not in target and target.removeprefix("../").partition("/")[0] != "reference":
            assert (page.parent / target).exists(), target


def test_the_readme_has_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    for name in ("demo", "tests"):
        assert re.search(rf"<!-- {name} -->\n```bash\n[^\n]+\n```", text)


def all_errors(root: type[GenesysCloudError] = GenesysCloudError) -> set[type[GenesysCloudError]]:
    below = {found for kind in root.__subclasses__() for found in all_errors(kind)}
    return {kind for kind in {root, *below} if kind.__module__.startswith("genesys_core.")}


COMMANDS_OWN = {"genesys_core.command_line.usage"}
"""A wrong command line is no error of the library: the command alone raises and reports it."""


def test_every_module_with_errors_is_imported_here() -> None:
    modules = {kind.__module__ for kind in all_errors()} - {GenesysCloudError.__module__}
    assert modules == {dispatch.__name__, token_store.__name__}
    for path in (ROOT / "sansio_core").rglob("*.py"):
        if re.search(r"^class \w+\(\w*Error\b", path.read_text(), re.MULTILINE):
            module = ".".join(path.relative_to(ROOT / "sansio_core").with_suffix("").parts)
            assert module in {*modules, GenesysCloudError.__module__, *COMMANDS_OWN}


def test_every_error_has_one_section_and_names_it() -> None:
    sections = re.findall(r"^## (\w+Error)$", (DOCS / "errors.md").read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(kind.__name__ for kind in all_errors())
    for kind in all_errors():
        page, _, anchor = kind.__new__(kind).documentation.partition("#")
        assert (DOCS / page).exists()
        assert anchor in {section.lower() for section in sections}


def test_an_error_of_a_program_has_the_section_of_the_class_that_it_extends() -> None:
    class MyError(ApiError):
        pass

    assert MyError.__new__(MyError).documentation == "errors.md#apierror"
