"""Builders made from a definition full of traps: what they build, and what they tell."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.definition import generate
from genesys_core.definition.read.parse import parse_definition
from genesys_core.definition.read.read_only_posts import REVIEWED, only_reads
from genesys_core.definition.write.docstrings import operation_docstring
from genesys_core.errors import InvalidValueError
from tests.strategies.definition import (
    CORE,
    STRING,
    TRAP_TOPICS,
    TRAPS,
    body,
    generated_package,
    model,
    operation,
    query,
    ref,
)

FILES = generate(TRAPS, TRAP_TOPICS)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("generated")
    with generated_package(FILES, folder, "trap_api") as (_, package):
        yield package


def test_a_builder_collects_what_it_is_given(api: ModuleType) -> None:
    built = api.oauth.get_names("the id", "start", id_2="other", list=["a"], if_match="7")
    assert built == Operation(
        Endpoint("get_names", "GET", "/api/v2/names/{id}", returns="Names", paged=True),
        (("id", "the id"),),
        (
            ("site.id", None),
            ("id", "other"),
            ("self", None),
            ("from", "start"),
            ("list", ["a"]),
            ("since", None),
            ("times", None),
            ("pageNumber", None),
        ),
        (("If-Match", "7"),),
    )


def test_bodies_are_passed_as_they_are(api: ModuleType) -> None:
    given = {"a": 1}
    built = api.oauth.put_names("x", given)
    assert built.body is given
    assert built.endpoint == Endpoint(
        "put_names",
        "PUT",
        "/api/v2/names/{id}",
        returns="list[Names]",
        body="object",
        body_required=True,
    )


@pytest.mark.parametrize(
    ("build", "kind", "required", "returns"),
    [
        (lambda api: api.agent_ui.import_([{}]), "array", True, "object"),
        (lambda api: api.agent_ui.patch_lists("x"), "string", True, "str"),
        (lambda api: api.agent_ui.list_(), None, False, "dict[str, object]"),
        (lambda api: api.ipv6_tools.post_odd("x"), "object", False, "list[object]"),
        (lambda api: api.users.put_moments(3), "any", True, "knot"),
        (lambda api: api.oauth.delete_names("x"), None, False, None),
    ],
)
def test_endpoints_say_what_the_definition_says(
    api: ModuleType, build: Any, kind: str | None, required: bool, returns: str | None
) -> None:
    endpoint = build(api).endpoint
    assert (endpoint.body, endpoint.body_required, endpoint.returns) == (kind, required, returns)


def test_a_reply_that_is_not_json_is_asked_for(api: ModuleType) -> None:
    assert api.ipv6_tools.get_odd("x").endpoint.accept == "text/plain"


def test_required_parameters_first_and_optional_ones_by_name_alone(api: ModuleType) -> None:
    parameters = inspect.signature(api.oauth.get_names).parameters
    assert list(parameters)[:3] == ["id", "from_", "site_id"]
    kinds = [one.kind for one in parameters.values()]
    assert kinds[:2] == [inspect.Parameter.POSITIONAL_OR_KEYWORD] * 2
    assert set(kinds[2:]) == {inspect.Parameter.KEYWORD_ONLY}
    assert all(one.default is None for one in list(parameters.values())[2:])
    with pytest.raises(TypeError):
        api.oauth.get_names("x")
    with pytest.raises(TypeError):
        api.oauth.get_names("x", "y", nonsense=1)


def test_annotations_say_what_may_be_given(api: ModuleType) -> None:
    hints = inspect.get_annotations(api.oauth.get_names)
    assert hints["since"] == "_date | str | None"
    assert hints["times"] == "_Sequence[_datetime | str] | None"
    assert hints["list"] == "_Sequence[_Open[_Literal['b', 'a']]] | None"
    assert hints["return"] == "_Operation[_m.Names]"
    assert inspect.get_annotations(api.oauth.put_names)["body"] == "_m.Names | _JsonObject"
    things = inspect.get_annotations(api.agent_ui.import_)["things"]
    assert things == "_Sequence[_m.Enums | _JsonObject]"


def test_docstrings_hold_the_facts(api: ModuleType) -> None:
    assert inspect.getdoc(api.oauth.get_names) == (
        "GET /api/v2/names/{id} -> ``Names``.\n\n"
        "Needs ``a:b:c`` or ``d:e:f``. Pages by ``page_number``.\n\n"
        "Args:\n"
        "    id: path, string.\n"
        "    site_id: query, string.\n"
        "    id_2: query, string.\n"
        "    self_: query, string.\n"
        "    from_: query, string.\n"
        "    list: query, list of string: b, a.\n"
        "    since: query, date.\n"
        "    times: query, list of date-time.\n"
        "    page_number: query, integer.\n"
        "    if_match: header ``If-Match``, string."
    )
    assert "Deprecated." in api.oauth.delete_names.__doc__
    assert "A preview: it may change without notice." in api.agent_ui.import_.__doc__
    assert "things: body, list of ``Enums``." in api.agent_ui.import_.__doc__
    assert "    body: ``Names``." in api.oauth.put_names.__doc__
    assert api.oauth.delete_names.__doc__.startswith("DELETE /api/v2/names/{id} -> nothing.")
    assert 'GET /api/v2/odd"""' in api.ipv6_tools.get_odd.__doc__


def facts(**properties: Any) -> str:
    """The docstring of an operation whose reply has these properties."""
    document = {
        **TRAPS,
        "paths": {
            "/x": {
                "get": operation(
                    "getX",
                    "Users",
                    query("cursor"),
                    query("after"),
                    returns=ref("Page"),
                    **{"x-inin-requires-permissions": {"permissions": ["a:b:c", "d:e:f"]}},
                )
            }
        },
        "definitions": {"Page": model(properties)},
    }
    found = parse_definition(document, {"notifications": []})
    by_name = {one.name: one for one in found.models}
    return " ".join(" ".join(operation_docstring(found.operations()[0], by_name)).split())


def test_the_ways_of_paging_and_joint_permissions_are_told() -> None:
    assert "Pages by the cursor ``after`` or ``cursor``." in facts()
    assert "``cursor`` or ``next_uri`` of the reply." in facts(nextUri=STRING)
    assert "Needs ``a:b:c`` and ``d:e:f``." in facts()


def test_importing_an_api_imports_no_model(tmp_path: Path) -> None:
    with generated_package(FILES, tmp_path, "trap_api_lazy") as (_, package):
        assert not any(name.startswith("trap_api_lazy.api.") for name in sys.modules)
        assert package.users.get_moments().endpoint.returns == "Moments"
        loaded = {name for name in sys.modules if name.startswith("trap_api_lazy")}
        assert loaded == {
            "trap_api_lazy",
            "trap_api_lazy.models",
            "trap_api_lazy.api",
            "trap_api_lazy.api.users",
        }


def test_the_package_lists_its_modules(api: ModuleType) -> None:
    assert api.__all__ == [
        "agent_ui",
        "ai_studio",
        "default",
        "ipv6_tools",
        "oauth",
        "scim",
        "users",
    ]
    assert set(api.__all__) <= set(dir(api))
    with pytest.raises(AttributeError, match="no API nonsense; known are agent_ui"):
        api.nonsense  # noqa: B018 - reading is the test


def test_an_operation_of_two_tags_is_in_both_modules(api: ModuleType) -> None:
    first, second = api.oauth.get_names("x", "y"), api.scim.get_names("x", "y")
    assert first == second


def only(method: str, path: str, returns: Any = None, name: str = "anything") -> bool:
    item = {method: operation(name, "Users", body(STRING), returns=returns)}
    definitions = {"UsageExecutionResult": model({}), "BuAsyncResponse": model({}), "U": model({})}
    document = {**TRAPS, "paths": {path: item}, "definitions": definitions}
    return only_reads(parse_definition(document, {"notifications": []}).operations()[0])


@pytest.mark.parametrize(
    ("method", "path", "reply", "expected"),
    [
        ("post", "/api/v2/users/search", "U", True),
        ("post", "/api/v2/analytics/users/aggregates/query", "U", True),
        ("post", "/api/v2/users", "U", False),
        ("post", "/api/v2/users/search/jobs", "U", False),
        ("post", "/api/v2/usage/query", "UsageExecutionResult", False),
        ("post", "/api/v2/schedules/search", "BuAsyncResponse", False),
        ("put", "/api/v2/users/search", "U", False),
        ("get", "/api/v2/users/search", "U", False),
    ],
)
def test_which_posts_only_read(method: str, path: str, reply: str, expected: bool) -> None:
    assert only(method, path, ref(reply)) is expected


def test_reviewed_operations_only_read() -> None:
    name = "post_search_suggest"
    assert name in REVIEWED
    assert only("post", "/api/v2/search/suggest", name=name)
    assert not only("delete", "/api/v2/search/suggest", name=name)


def test_facades_name_every_method_once() -> None:
    text = FILES["adapters/genesys_cloud/apis/oauth.pyi"]
    for name in ("delete_names", "get_names", "put_names"):
        assert text.count(f"    {name} = _Method(_api.{name})\n") == 1
    assert "class OAuthApi(_Methods, _SyncApi):" in text
    assert "class AsyncOAuthApi(_Methods, _AsyncApi):" in text
    made = FILES["adapters/genesys_cloud/apis/oauth.py"]
    assert 'OAuthApi, AsyncOAuthApi = _api_classes("OAuthApi", _api, "The 3 methods' in made
    clients = FILES["adapters/genesys_cloud/apis/_clients.py"]
    for name, title in (("oauth", "OAuth"), ("ai_studio", "AIStudio"), ("agent_ui", "AgentUI")):
        assert clients.count(f"        {name}: {title}Api\n") == 1
        assert clients.count(f"        {name}: Async{title}Api\n") == 1
    assert "The 1 method of the SCIM API." in clients


def test_a_definition_without_operations_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="no operation"):
        generate({**TRAPS, "paths": {}}, TRAP_TOPICS)


def test_every_file_compiles_and_is_ascii() -> None:
    for path, text in FILES.items():
        compile(text, path, "exec")
        assert text.isascii()
        assert text.endswith("\n")


def test_the_topic_map_is_sorted_and_quoted() -> None:
    namespace: dict[str, Any] = {}
    exec(FILES[f"{CORE}notifications/_topic_models.py"], namespace)
    assert namespace["TOPIC_MODELS"] == {'v2."odd"\\': "Event", "v2.names.{id}": "Event"}
