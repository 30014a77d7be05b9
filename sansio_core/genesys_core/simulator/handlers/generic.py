"""The default handler, for operations without a specific handler or rule.

Invariants: the response conforms to the definition. A listing is always a single page, so
pagination terminates.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.http.exchange import ApiCall, Reply, json_reply, no_content
from genesys_core.simulator.state.examples import Json, example_of

__all__ = ["WAYS_ON", "respond_with_example", "respond_with_last_page"]

WAYS_ON: Final = frozenset({"nextUri", "previousUri", "nextPage", "previousPage", "cursor"}) | {
    "cursors",
    "after",
    "before",
}
"""The properties of a listing's response that link to other pages."""


def respond_with_example(call: ApiCall) -> Reply:
    """Return an example of an operation's response; a 204 if the operation declares no response."""
    schema = call.route.facts.reply_schema
    if schema is None:
        return no_content()
    value = _settled(call, example_of(call.definition, schema))
    produces = call.route.facts.produces
    content_type = produces[0] if produces else "application/json"
    if isinstance(value, str) and content_type.startswith("text/"):
        return Reply(200, value.encode(), content_type)
    return json_reply(value, content_type=content_type)


def respond_with_last_page(call: ApiCall) -> Reply:
    """Return an example of a listing's response that has no links to other pages."""
    schema = call.route.facts.reply_schema
    value = None if schema is None else example_of(call.definition, schema)
    if not isinstance(value, Mapping):
        return respond_with_example(call)
    return json_reply({name: each for name, each in value.items() if name not in WAYS_ON})


def _settled(call: ApiCall, value: Json) -> Json:
    """Adapt an example to a call: insert the requested id, and mark a page as the last one."""
    if not isinstance(value, Mapping):
        return value
    last = call.route.template.rpartition("/")[2].strip("{}")
    if isinstance(value.get("id"), str) and last in call.arguments:
        value = {**value, "id": call.arguments[last]}
    return _only_page(call, value) if isinstance(value.get("entities"), list) else value


def _only_page(call: ApiCall, value: Mapping[str, Json]) -> Json:
    facts: dict[str, Json] = {
        "pageNumber": call.number("pageNumber", 1) or 1,
        "pageCount": 1,
        "total": 1,
        "selfUri": call.path,
        "firstUri": call.path,
        "lastUri": call.path,
    }
    # Not every `total` is a number: some listings have an object.
    known = {name: each for name, each in facts.items() if type(value.get(name)) is type(each)}
    return {name: each for name, each in {**value, **known}.items() if name not in WAYS_ON}
