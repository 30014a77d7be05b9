"""Builders made from a definition full of traps: what they build, and what they tell."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from genesys_core.calls.operation import Endpoint, Operation
from genesys_core.definition import generate
from genesys_core.definition.write.layout import package_layout
from genesys_core.definition.write.operations import api_source
from genesys_core.http.forms import FormBody
from tests.helpers.generated import DEFINITION, FILES
from tests.strategies.definition import (
    CORE,
    STRING,
    TRAPS,
    generated_package,
    model,
    operation,
    path,
    query,
    ref,
)


def test_a_builder_collects_what_it_is_given(api: ModuleType) -> None:
    built = api.oauth.get_names("the id", "start", id_2="other", list=["a"], if_match="7")
    assert built == Operation(
        Endpoint("get_names", "GET", "/api/v2/names/{id}", returns="Names"),
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


def test_a_builder_that_starts_a_job_says_what_comes_of_it() -> None:
    long = "AVeryLongNameOfAModelThatLeavesNoRoomOnTheLine"
    one = path("jobId")
    paths = {
        "/api/v2/things/jobs": {"post": operation("run", "Users", returns=ref("Job"))},
        "/api/v2/things/jobs/{jobId}": {"get": operation("poll", "Users", one, returns=ref("Job"))},
        "/api/v2/others/jobs": {"post": operation("run_" + "o" * 70, "Users", returns=ref(long))},
        "/api/v2/others/jobs/{jobId}": {"get": operation("see", "Users", one, returns=ref(long))},
    }
    models = {name: model({"id": STRING}) for name in ("Job", long)}
    files = generate({**TRAPS, "paths": paths, "definitions": models}, {"notifications": []})
    text = files[f"{CORE}api/users.py"]
    assert "def run() -> _Jobs[_m.Job, _m.Job, _Any]:" in text
    assert f") -> _Jobs[\n    _m.{long},\n    _m.{long}, _Any,\n]:" in text
    assert max(map(len, text.splitlines())) <= 100
    assert text.count("return _Jobs(") == 2


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
    with pytest.raises(AttributeError, match="no API nonsense; known APIs: agent_ui"):
        api.nonsense  # noqa: B018 - reading is the test


def test_an_operation_of_two_tags_is_in_both_modules(api: ModuleType) -> None:
    first, second = api.oauth.get_names("x", "y"), api.scim.get_names("x", "y")
    assert first == second


def test_known_values_that_stand_twice_are_named_once() -> None:
    values = [f"value number {number}" for number in range(3)]
    paths = {
        "/x": {
            "get": operation(
                "getX", "Users", query("first", enum=values), query("second", enum=values)
            )
        }
    }
    text = generate({**TRAPS, "paths": paths}, {"notifications": []})[f"{CORE}api/users.py"]
    assert text.count("value number 1") == 1 + 2, "once in the list, and in each docstring"
    assert "first: _FirstValues | None = None" in text
    assert "second: _FirstValues | None = None" in text


def test_the_version_of_the_definition_can_be_read(api: ModuleType) -> None:
    assert api.DEFINITION_VERSION == "1.2.3"
    assert "DEFINITION_VERSION" not in api.__all__


def test_the_builders_of_an_own_package_use_its_endpoints_and_models() -> None:
    models = {model.name: model for model in DEFINITION.models}
    text = "".join(
        api_source(DEFINITION, api, models, {}, package_layout("acme")) for api in DEFINITION.apis
    )
    assert "from acme.api._endpoint import Endpoint as _Endpoint\n" in text
    assert "    from acme import models as _m\n" in text
    assert "from acme.api import _listings as _l\n" in text
    assert "Endpoint as _Endpoint, " not in text


def test_a_form_is_the_body_and_each_status_has_its_type(api: ModuleType) -> None:
    built = api.users.patch_moments(b"1", list=["a"])
    assert built.body == FormBody("multipart", (("file", b"1"), ("list", ["a"])))
    assert built.endpoint.returns == "Zoo"
    assert built.endpoint.replies == ((201, "AnyBeast"), (202, "bytes"), (204, None))
    annotations = api.users.patch_moments.__annotations__
    assert annotations["file"] == "_File"
    assert annotations["return"] == "_Operation[_m.Zoo | _m.AnyBeast | bytes | None]"
    first = "PATCH /api/v2/moments -> ``Zoo`` or ``AnyBeast`` or"
    assert first in " ".join(api.users.patch_moments.__doc__.split())
