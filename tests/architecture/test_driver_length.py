"""The loop that drives a call stays short enough to be read at once, the clients' and an embedder's."""

import ast
import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 25
"""Lines of a loop, blank ones aside."""


def drivers(path: str) -> list[str]:
    """The source of each ``drive`` in a module, or in the snippets of a page."""
    text = (ROOT / path).read_text()
    parts = (
        [text]
        if path.endswith(".py")
        else re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    )
    return [
        textwrap.dedent(ast.get_source_segment(part, node, padded=True) or "")
        for part in parts
        for node in ast.walk(ast.parse(part))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.strip("_") == "drive"
    ]


@pytest.mark.parametrize(
    "path",
    ["adapters/genesys_cloud/client/base.py", "docs/embedding.md", "docs/recipes/event-loop.md"],
)
def test_a_driver_fits_on_a_page_and_takes_every_state(path: str) -> None:
    (driver,) = drivers(path)
    (loop,) = [node for node in ast.walk(ast.parse(driver)) if isinstance(node, ast.While)]
    source = ast.get_source_segment(driver, loop) or ""
    assert 0 < len([line for line in source.splitlines() if line.strip()]) <= LONGEST
    states = {"NeedToken", "NeedPermit", "Sending", "ClosingGate", "Waiting", "Returned", "Raised"}
    assert set(re.findall(r"\b[A-Z]\w+(?=\()", source)) >= states
