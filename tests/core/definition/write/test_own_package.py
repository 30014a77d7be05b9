"""The modules that only a user's own package has."""

from __future__ import annotations

import ast

from genesys_core.definition import build_sources
from genesys_core.definition.write.layout import BUILT_IN, package_layout
from genesys_core.definition.write.own_package import package_sources
from tests.helpers.generated import DEFINITION, FILES

LAYOUT = package_layout("acme.traps")
OWN = build_sources(DEFINITION, LAYOUT)


def test_this_library_has_none_of_them() -> None:
    assert package_sources(DEFINITION, BUILT_IN) == {}


def test_a_package_has_the_librarys_modules_and_its_own() -> None:
    own = {"__init__.py", "_sync_client.py", "_async_client.py", "api/_endpoint.py", "py.typed"}
    assert {f"acme/traps/{name}" for name in own} == set(package_sources(DEFINITION, LAYOUT))
    same = {path.split("/", 2)[2] for path in FILES} - {"notifications/_topic_models.py"}
    assert {path.removeprefix("acme/traps/") for path in OWN} == own | same | {"topics.py"}


def test_it_imports_its_own_modules_and_no_generated_ones_of_the_library() -> None:
    for path, text in OWN.items():
        compile(text, path, "exec")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                module = node.module or ""
                generated = ("genesys_core.models", "genesys_core.api", "genesys_cloud.apis")
                assert not module.startswith(generated), path


def test_its_topics_are_a_table_of_its_models() -> None:
    assert (
        'NOTIFICATION_TOPICS = TopicTable(TOPIC_MODELS, "acme.traps")'
        in OWN["acme/traps/topics.py"]
    )
