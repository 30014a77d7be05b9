"""Everything that this project says to a reader: docstrings, messages, log lines, help, pages.

``python -m tests.helpers.words`` prints all of it, a text to a paragraph, each after the place where it
stands; ``--sample 150`` prints as many, drawn by the hash of the current commit.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SOURCES = ("sansio_core", "adapters")
GENERATED = ("genesys_core/api/", "genesys_core/models/", "genesys_cloud/apis/")
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**/*.md", "fuzz/*.md")


class Text(NamedTuple):
    """One text and where it stands."""

    place: str
    kind: str
    text: str


def source_texts(path: Path) -> Iterator[Text]:
    """Docstrings and messages of one module."""
    place = path.relative_to(ROOT).as_posix()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    seen: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            seen.add(id(node.body[0].value))  # type: ignore[attr-defined]
            name = getattr(node, "name", "")
            if not name.startswith("_") or name.startswith("__"):
                yield Text(f"{place}:{node.body[0].lineno}", "docstring", text)
        body = getattr(node, "body", ())
        for one in body if isinstance(body, list) else ():
            if isinstance(one, ast.Expr) and id(one.value) not in seen:
                value = one.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    seen.add(id(value))
                    yield Text(f"{place}:{value.lineno}", "docstring", value.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            seen.update(id(part) for part in ast.walk(node))
            text = "".join(
                part.value if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in seen
        ):
            text = node.value
        else:
            continue
        if re.search(r"[a-z]+ [a-z]+ [a-z]+", text):
            yield Text(f"{place}:{node.lineno}", "message", text)


def page_texts(path: Path) -> Iterator[Text]:
    """The paragraphs of one page, its code blocks left out."""
    place, line = path.relative_to(ROOT).as_posix(), 1
    prose = re.sub(
        r"^```.*?^```$",
        lambda found: "\n" * found[0].count("\n"),
        path.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    for block in re.split(r"(\n\s*\n)", prose):
        if block.strip():
            yield Text(f"{place}:{line}", "page", block.strip())
        line += block.count("\n")


def all_texts() -> list[Text]:
    """Everything, in the order of places."""
    modules = [
        path
        for source in SOURCES
        for path in sorted((ROOT / source).rglob("*.py"))
        if not any(part in path.as_posix() for part in GENERATED)
    ]
    pages = [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]
    return [
        *(text for path in modules for text in source_texts(path)),
        *(text for path in pages for text in page_texts(path)),
    ]


def main() -> None:
    """Print all texts, or a sample of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="how many, drawn by the commit's hash")
    parser.add_argument("--under", default="", help="only places that begin with this")
    options = parser.parse_args()
    texts = [text for text in all_texts() if text.place.startswith(options.under)]
    if options.sample:
        commit = subprocess.check_output(("git", "rev-parse", "HEAD"), cwd=ROOT, text=True)
        texts = random.Random(commit).sample(texts, min(options.sample, len(texts)))
    for text in texts:
        print(f"{text.place} ({text.kind})\n{text.text}\n")


if __name__ == "__main__":
    main()
