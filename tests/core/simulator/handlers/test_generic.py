"""Operations without a handler answer with an example."""

import msgspec
import pytest

from genesys_core.simulator import Settings, Simulator, example
from genesys_core.simulator.http.statuses import ACCEPTED
from genesys_core.simulator.state.examples import example_of
from genesys_core.simulator.state.routes import find_placeholders
from tests.helpers.resource_walk import AT_REST
from tests.strategies.simulator import Desk, definition, misfits, operation, small_document

HANDLED = {key for key, each in Simulator(definition()).coverage().items() if each == "handler"}
SAMPLES = {"date": "2024-05-17", "date-time": "2024-05-17T09:30:00Z", "integer": "1"}


def fitting_call(route):
    """A call with all that an operation requires."""
    path, query = route.template, []
    for each in route.facts.parameters:
        value = SAMPLES.get(each.format) or SAMPLES.get(each.type) or "x"
        if each.location == "path":
            path = path.replace(f"{{{each.name}}}", value)
        elif each.location == "query" and each.required:
            query.append(f"{each.name}={value}")
    body = route.facts.body
    value = msgspec.UNSET if body is None else example_of(definition(), body.schema)
    if isinstance(value, dict) and isinstance(value.get("after"), str):
        del value["after"]  # a token that no page gave
    if route.facts.body is not None and route.facts.body.schema.model_name == "DataTable":
        value["schema"] = {}  # an example of a schema has no key
    if body is not None and isinstance(value, dict):
        value |= AT_REST.get(body.schema.model_name, {})
    return path + ("?" + "&".join(query) if query else ""), value


@pytest.mark.slow
@pytest.mark.parametrize(("stateful", "at_least"), [(False, 3050), (True, 1200)])
def test_every_operation_answers_with_what_its_definition_promises(stateful, at_least):
    desk = Desk(settings=Settings(stateful=stateful))
    desk.log_in()
    without_handler = 0
    for route in definition().routes:
        if (route.method, route.template) in HANDLED:
            continue  # they need queues, users and conversations that exist, and have tests of their own
        target, body = fitting_call(route)
        answer = desk.call(route.method, target, body)
        if answer.status == 404 and (route.method == "HEAD" or answer.json.get("entityName")):
            continue  # collections know that there is no "x"
        if answer.status == 409 and "version" in answer.json["message"]:
            continue  # an earlier call made the version of the example a stale one
        if answer.status in (400, 409) and "already exists" in answer.json["message"]:
            continue  # an earlier call took the name of the example
        if "q64" in target:
            continue  # no search in Base64
        without_handler += 1
        schema = route.facts.reply_schema
        status = 204 if schema is None else 200
        if (route.method, route.template) in ACCEPTED:
            status = 202
        assert answer.status == status, (route, answer)
        if schema is None:
            assert answer.body == b""
        elif answer.headers["content-type"].endswith("json"):
            assert misfits(definition(), schema, answer.json) == [], route.template
        else:
            assert answer.body.decode()
    assert without_handler > at_least


def test_every_operation_that_requires_something_asks_for_it():
    desk = Desk()
    asked = 0
    for route in definition().routes:
        required = [
            each for each in route.facts.parameters if each.required and each.location != "path"
        ]
        if not required or any(
            each.format or each.type == "integer"
            for each in route.facts.parameters
            if each.location == "path"
        ):
            continue
        path = route.template
        for name in find_placeholders(path):
            path = path.replace(f"{{{name}}}", "x")
        answer = desk.call(route.method, path)
        assert answer.status == 400, (route.method, path, answer)
        assert answer.json["details"][0]["fieldName"] in {each.name for each in required}
        asked += 1
    assert asked > 1000


def example_desk():
    return Desk(settings=Settings(stateful=False))


def test_a_listing_is_its_own_last_page():
    listing = example_desk().call("GET", "/api/v2/groups?pageNumber=3").json
    assert len(listing["entities"]) == 1
    assert (listing["pageNumber"], listing["pageCount"], listing["total"]) == (3, 1, 1)
    assert listing["selfUri"] == "/api/v2/groups"
    assert not {"nextUri", "previousUri"} & set(listing)
    assert {"nextUri", "previousUri"} <= set(example(definition(), "GroupEntityListing"))


def test_an_entity_has_the_id_it_was_asked_for_by():
    desk = example_desk()
    assert desk.call("GET", "/api/v2/groups/a%20b").json["id"] == "a b"
    assert desk.call("GET", "/api/v2/users/u/geolocations/c").json["id"] != "u"


def answering(reply, **more):
    facts = operation(reply=reply, **more)
    return Desk(Simulator(small_document({"/x": {"get": facts}}))).send("GET", "/x")


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        ({"type": "string"}, b'"value"'),
        ({"type": "integer"}, b"1"),
        ({"type": "array", "items": {"type": "boolean"}}, b"[true]"),
        ({"type": "object"}, b'{"key":"value"}'),
    ],
)
def test_replies_that_are_no_models(reply, body):
    answer = answering(reply)
    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["content-type"] == "application/json"


def test_the_first_content_type_that_the_definition_produces_is_sent():
    scim = answering({"type": "object"}, produces=["application/scim+json", "application/json"])
    assert scim.headers["content-type"] == "application/scim+json"
    text = answering({"type": "string"}, produces=["text/plain"])
    assert (text.headers["content-type"], text.body) == ("text/plain", b"value")


def test_no_promise_no_content():
    answer = answering(None)
    assert (answer.status, answer.body, "content-type" in answer.headers) == (204, b"", False)


def test_a_last_page_links_to_no_other():
    text = {"type": "string"}
    facts = operation(reply={"type": "object", "properties": {"cursor": text, "a": text}})
    jobs = {
        "type": "object",
        "properties": {"id": text, "state": {"type": "string", "enum": ["DONE"]}},
    }
    paths = {
        "/jobs": {"post": operation(reply=jobs)},
        "/jobs/{id}": {"get": operation(reply=jobs)},
        "/jobs/{id}/results": {"get": facts},
        "/jobs/{id}/text": {"get": operation(reply=text)},
        "/jobs/{id}/nothing": {"get": operation()},
    }
    desk = Desk(Simulator(small_document(paths)))
    where = f"/jobs/{desk.call('POST', '/jobs').json['id']}"
    assert desk.call("GET", f"{where}/results").json == {"a": "a"}
    assert desk.call("GET", f"{where}/text").json == "value"
    assert desk.call("GET", f"{where}/nothing").status == 204
