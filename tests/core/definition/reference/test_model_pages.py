"""Pages of models: fields, and where a model is used."""

from __future__ import annotations

from functools import cache

from genesys_core.definition import read_definition
from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    Field,
    ModelDef,
    Plain,
    Ref,
)
from genesys_core.definition.reference.model_pages import find_uses, model_page_text
from genesys_core.definition.reference.places import ReferenceLinks
from tests.strategies.definition import TRAP_TOPICS, TRAPS


@cache
def traps() -> ApiDefinition:
    return read_definition(TRAPS, TRAP_TOPICS).definition


def page(*names: str) -> str:
    definition = traps()
    models = [each for name in names for each in definition.models if each.name == name]
    return model_page_text(models, find_uses(definition), ReferenceLinks(definition))


def test_a_model_has_its_fields() -> None:
    text = page("User")
    assert text.startswith("# Models: User\n\n## User { #User }\n")
    assert "| `password` | string | secret: never shown |" in text
    assert "| `token` | [`Any`](../models/any.md#Any) |  |" in text


def test_fields_have_their_facts() -> None:
    assert "| `odd` | string | **required**; `a-b`, `1`, " in page("Enums")
    assert "Name in the definition: `Odd Name-With.Signs`" in page("Odd_Name_With_Signs")
    assert "| `read_only` | string | read-only |" in page("Odd_Name_With_Signs")
    assert "| `site_id` | string | sent as `site.id` |" in page("Names")
    assert "A model without fields." in page("Empty")


def test_a_page_of_several_models_lists_them() -> None:
    assert "[`First`](#First), [`Second`](#Second)\n" in page("First", "Second")


def test_where_a_model_is_used() -> None:
    uses = find_uses(traps())
    assert uses["Names"][:2] == (("method", "oauth.get_names"), ("method", "oauth.put_names"))
    assert ("model", "Event") in uses["Names"]
    assert uses["Event"] == (("topic", 'v2."odd"\\'), ("topic", "v2.names.{id}"))
    assert "Used by [`users.post_moments`](../apis/users.md#post_moments)" in page("First")
    assert "[`v2.names.{id}`](../topics.md#v2.names.id)." in page("Event")
    assert "Used by [`First`](#First)" in page("First", "Second").partition("## Second")[2]


def test_a_union_has_its_kinds() -> None:
    kinds = (("round", "Circle"), ("flat", "Square"))
    models = (
        ModelDef("AnyShape", "AnyShape", tag="type", cases=kinds),
        ModelDef("Circle", "Circle"),
    )
    definition = ApiDefinition("1", models, ())
    text = model_page_text(models, find_uses(definition), ReferenceLinks(definition))
    assert (
        "A union of models, discriminated by `type`; a dict if the kind is unknown.\n\n"
        "| kind | model |\n|---|---|\n"
        "| `round` | [`Circle`](../models/circle.md#Circle) |\n| `flat` | `Square` |\n"
    ) in text
    assert "Used by [`AnyShape`]" in text.partition("## Circle")[2]


def test_replies_of_all_statuses_are_uses() -> None:
    one = ApiOperation("get_x", "GET", "/x", ("A",), replies=((202, Ref("M")),))
    definition = ApiDefinition("1", (ModelDef("M", "M"),), (Api("A", "a", (one,)),))
    assert find_uses(definition) == {"M": (("method", "a.get_x"),)}


def test_many_uses_are_counted() -> None:
    definition = traps()
    [model] = [each for each in definition.models if each.name == "Empty"]
    uses = {"Empty": [("model", "First")] * 25}
    assert " and 5 more." in model_page_text([model], uses, ReferenceLinks(definition))


def test_descriptions_are_text() -> None:
    model = ModelDef("A", "A", (Field("b", "b", Plain("string"), description="*b*"),), "An <a>")
    text = model_page_text([model], {}, ReferenceLinks(ApiDefinition("1", (model,), ())))
    assert "\nAn \\<a\\>\n" in text
    assert "| `b` | string | \\*b\\* |" in text
    assert "Used by" not in text
