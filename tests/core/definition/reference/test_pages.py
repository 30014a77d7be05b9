"""The whole reference: everything is described once, and the same input gives the same pages."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import pytest
from hypothesis import given

from genesys_cloud.definition import write_reference
from genesys_core import api as builders
from genesys_core.definition import read_definition
from genesys_core.definition.diff import Comparison
from genesys_core.definition.read.parse import read_sources
from genesys_core.definition.reference import build_reference
from genesys_core.definition.reference.markdown import anchor_of
from genesys_core.definition.reference.places import api_pages, model_page
from tests.helpers.bundled import bundled_api
from tests.strategies.definition import TRAP_TOPICS, TRAPS, definitions

ANCHOR = re.compile(r"^#+ .*\{ #(\S+) \}$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https:)([^)#\s]*)#([^)\s]+)\)")
CALL = re.compile(
    r"^    (?:reply = |for item in )?client\.(\w+)\.(\w+)(?:\.paginate)?\((.*)\)", re.MULTILINE
)


def check_links(pages: dict[str, str]) -> None:
    anchors = {name: set(ANCHOR.findall(text)) for name, text in pages.items()}
    for name, text in pages.items():
        for target, anchor in set(LINK.findall(text)):
            page = normpath(join(dirname(name), target)) if target else name
            assert anchor in anchors[page], (name, target, anchor)


def test_pages_of_a_small_definition() -> None:
    definition = read_definition(TRAPS, TRAP_TOPICS).definition
    pages = build_reference(definition)
    assert {
        *("index.md", "all-models.md", "topics.md", "permissions.md"),
        *("preview.md", "deprecated.md"),
    } < pages.keys()
    assert "[`agent_ui.import_`]" in pages["preview.md"]
    assert "[`oauth.delete_names`]" in pages["deprecated.md"]
    check_links(pages)
    assert build_reference(read_definition(TRAPS, TRAP_TOPICS).definition) == pages


@given(definitions())
def test_any_definition_has_a_reference(document: dict[str, object]) -> None:
    definition = read_definition(document, TRAP_TOPICS).definition
    pages = build_reference(definition, example=lambda name: {"name": name})
    for model in definition.models:
        assert ANCHOR.findall(pages[model_page(model.name)]).count(anchor_of(model.name)) == 1
    for api in definition.apis:
        for page, operations in api_pages(api).items():
            assert Counter(ANCHOR.findall(pages[page])) == Counter(one.name for one in operations)


@cache
def reference() -> dict[str, str]:
    return build_reference(bundled_api())


def anchors_below(folder: str) -> Counter[str]:
    return Counter(
        anchor
        for name, text in reference().items()
        if name.startswith(folder)
        for anchor in ANCHOR.findall(text)
    )


@pytest.mark.slow
def test_every_method_has_exactly_one_anchor() -> None:
    for api in bundled_api().apis:
        pages = {f"apis/{api.name}.md"}
        pages |= {page for page in reference() if page.startswith(f"apis/{api.name}/")}
        anchors = Counter(anchor for page in pages for anchor in ANCHOR.findall(reference()[page]))
        assert anchors == Counter(one.name for one in api.operations)
        assert max(anchors.values()) == 1


@pytest.mark.slow
def test_no_page_of_an_api_is_as_large_as_the_largest_api() -> None:
    sizes = [len(ANCHOR.findall(text)) for name, text in reference().items() if "apis/" in name]
    assert max(sizes) < 250


@pytest.mark.slow
def test_every_model_topic_and_permission_has_exactly_one_anchor() -> None:
    definition = bundled_api()
    assert anchors_below("models/") == Counter(anchor_of(each.name) for each in definition.models)
    assert anchors_below("topics.md") == Counter(anchor_of(topic) for topic, _ in definition.topics)
    names = {
        name
        for one in definition.operations()
        if one.permissions is not None
        for name in one.permissions.names
    }
    assert anchors_below("permissions.md") == Counter(map(anchor_of, names))
    assert len(names) > 1000


@pytest.mark.slow
def test_every_link_leads_to_an_anchor() -> None:
    check_links(reference())


@pytest.mark.slow
def test_every_call_fits_the_method(tmp_path: Path) -> None:
    """The example calls would bind: their arguments are the required parameters."""
    seen = 0
    for text in reference().values():
        for api, method, arguments in CALL.findall(text):
            builder = getattr(getattr(builders, api), method)
            inspect.signature(builder).bind(*filter(None, arguments.split(", ")))
            seen += 1
    assert seen > 3300  # all but those that start a job


@pytest.mark.slow
def test_it_is_written_as_it_is_built(tmp_path: Path) -> None:
    pages = write_reference(tmp_path)
    assert pages == list(reference())
    users = (tmp_path / "apis" / "users.md").read_text()
    assert "Example response of the simulator" in users
    assert (tmp_path / "topics.md").read_text() == reference()["topics.md"]
    again = tmp_path / "again"
    write_reference(again)
    for page in pages:
        assert (again / page).read_bytes() == (tmp_path / page).read_bytes()


def test_reports_of_two_newer_versions_are_written_with_links_and_one_section_each(
    tmp_path: Path,
) -> None:
    """As ``docs/recipes/new-definition.md`` adds them to the site: from files, the oldest first."""
    documents: list[Mapping[str, Any]] = [
        {**TRAPS, "paths": {}, "info": {"version": "1.0.0"}},
        {**TRAPS, "info": {"version": "1.1.0"}},
        TRAPS,
    ]
    sources = [read_sources(document, TRAP_TOPICS) for document in documents]
    reports = []
    for number, (old, new) in enumerate(pairwise(sources)):
        reports.append(tmp_path / f"000{number}.json")
        reports[-1].write_text(Comparison.of(old, new).json())
    (tmp_path / "swagger.json").write_text(json.dumps(TRAPS))
    (tmp_path / "topics.json").write_text(json.dumps(TRAP_TOPICS))
    write_reference(
        tmp_path / "out",
        definition=tmp_path / "swagger.json",
        topics=tmp_path / "topics.json",
        changes=reports,
    )
    text = (tmp_path / "out" / "changes.md").read_text()
    assert ANCHOR.findall(text) == ["1.2.3", "1.1.0", "1.0.0"]
    added = text.partition("{ #1.1.0 }")[2].partition("{ #1.0.0 }")[0]
    assert "Since `1.0.0`: " in added
    links = re.findall(r"\]\((apis/[\w/]+\.md)#(\w+)\)", added)
    assert links
    for page, anchor in links:
        assert f"{{ #{anchor} }}" in (tmp_path / "out" / page).read_text()
