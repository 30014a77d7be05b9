"""Pages that list."""

from __future__ import annotations

from genesys_core.definition import read_definition
from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    ApiPermissions,
    ModelDef,
)
from genesys_core.definition.reference.index_pages import (
    models_index_text,
    permissions_text,
    reference_index_text,
    status_text,
    topics_text,
)
from genesys_core.definition.reference.places import ReferenceLinks
from tests.strategies.definition import TRAP_TOPICS, TRAPS

DEFINITION = read_definition(TRAPS, TRAP_TOPICS).definition
PLACES = ReferenceLinks(DEFINITION)


def needing(name: str, permissions: ApiPermissions | None) -> ApiOperation:
    return ApiOperation(name, "GET", f"/{name}", ("A",), permissions=permissions)


def test_the_first_page_has_counts_and_every_api() -> None:
    text = reference_index_text(DEFINITION)
    assert "Generated from version `1.2.3` of the platform's definition:" in text
    assert " 2 notification topics." in text
    for api in DEFINITION.apis:
        assert f"](apis/{api.name}.md) | `client.{api.name}` | {len(api.operations)} |" in text


def test_models_by_first_word() -> None:
    models = [ModelDef(name, name) for name in ("UserA", "UserB", "UserC", "UserD")]
    text = models_index_text({"models/user.md": models, "models/a.md": models[:1]})
    assert text.splitlines()[-2:] == [
        "| [a](models/a.md) | 1 | `UserA` |",
        "| [user](models/user.md) | 4 | `UserA`, `UserB`, `UserC`, ... |",
    ]


def test_topics() -> None:
    text = topics_text(DEFINITION, PLACES)
    assert "## v2.names.\\{id\\} { #v2.names.id }" in text
    assert "`event_body` is a [`Event`](models/event.md#Event)." in text
    assert 'handler.add_subscription("v2.names.{id}")' in text


def test_a_topic_is_a_string_literal() -> None:
    definition = ApiDefinition("1", (), (), (('v2.a"); b("\nc', "A"),))
    text = topics_text(definition, ReferenceLinks(definition))
    assert r"""handler.add_subscription('v2.a"); b("\nc')""" in text


def test_permissions_with_the_methods_that_need_them() -> None:
    operations = (
        needing("one", ApiPermissions(all=True, names=("a:b:c",))),
        needing("both", ApiPermissions(all=True, names=("a:b:c", "d"))),
        needing("any", ApiPermissions(all=False, names=("a:b:c", "d"))),
        needing("many", ApiPermissions(all=False, names=("a:b:c", "d", "e", "f", "g"))),
        needing("none", None),
    )
    definition = ApiDefinition("1", (), (Api("A", "a", operations),))
    text = permissions_text(definition, ReferenceLinks(definition))
    assert "5 permissions, and" in text
    section = text.partition("## a:b:c { #a:b:c }\n\n")[2].partition("\n\n")[0]
    assert section.splitlines() == [
        "* [`a.one`](apis/a.md#one)",
        "* [`a.both`](apis/a.md#both) (and `d`)",
        "* [`a.any`](apis/a.md#any) (or `d`)",
        "* [`a.many`](apis/a.md#many) (or 4 others)",
    ]


def test_a_list_of_methods() -> None:
    operation = needing("one", None)
    api = Api("A", "a", (operation,))
    links = ReferenceLinks(ApiDefinition("1", (), (api,)))
    text = status_text("T", "Words.", [(api, operation)], links, "p.md")
    assert text.startswith("# T\n\nWords.\n")
    assert "| [`a.one`](apis/a.md#one) | GET `/one` |" in text
