"""Keys of dictionaries as bodies: Python's names are refused, all others are sent."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core import models
from genesys_core.api import routing, users
from genesys_core.calls import body_keys
from genesys_core.calls.body_keys import check_keys
from genesys_core.calls.operation import Endpoint, Operation, raw_operation
from genesys_core.calls.prepare import prepare_request
from genesys_core.codec.decoding import decode
from genesys_core.codec.encoding import to_dict
from genesys_core.codec.model_tables import define_models
from genesys_core.codec.values import NULL
from genesys_core.errors import InvalidValueError
from genesys_core.hosts import Hosts
from genesys_core.session.session import Settings

SETTINGS = Settings(hosts=Hosts.resolve(region="eu_west_1"))


def sent(operation: Operation[Any]) -> object:
    body = prepare_request(operation, SETTINGS).body
    assert body is not None
    return json.loads(body)


def test_the_python_name_of_a_field_is_refused_before_anything_is_sent() -> None:
    operation = users.post_users({"name": "Ada", "division_id": "d-1"})
    with pytest.raises(InvalidValueError) as caught:
        prepare_request(operation, SETTINGS)
    assert str(caught.value) == (
        "body: $.division_id: 'division_id' is the Python name of 'divisionId', and a dict is sent "
        "with its keys unchanged: write 'divisionId', or pass CreateUser(division_id=...); "
        "client.request() sends any key"
    )


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        (
            users.post_users({"addresses": [{}, {"media_type": "PHONE"}]}),
            "$.addresses[1].media_type",
        ),
        (
            routing.post_routing_queues(
                {"mediaSettings": {"call": {"alerting_timeout_seconds": 5}}}
            ),
            "$.mediaSettings.call.alerting_timeout_seconds",
        ),
        (users.patch_users_bulk([{"id": "1"}, {"acd_auto_answer": True}]), "$[1].acd_auto_answer"),
        (
            users.patch_user("u-1", {"certifications": ["a_b"], "employer_info": None}),
            "$.employer_info",
        ),
    ],
)
def test_nested_keys_are_named_with_their_place(operation: Operation[Any], path: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        prepare_request(operation, SETTINGS)
    assert f"body: {path}: " in str(caught.value)


@pytest.mark.parametrize(
    "operation",
    [
        # a newer platform may know it, whatever it is called
        users.post_users({"name": "Ada", "newer_field": 1}),
        # a wire name that has an underscore, beside fields that differ in Python
        users.post_users({"name": "snake_case", "title": "division_id"}),
        # keys that the caller chooses
        users.patch_user("u-1", {"attributes": {"division_id": 5}}),
        routing.post_routing_queues({"mediaSettings": {"division_id": {"manualAnswer": True}}}),
        # what has another shape than declared
        users.post_users({"addresses": "division_id"}),
        users.post_users({"addresses": {"media_type": "PHONE"}}),
        users.patch_users_bulk([[{"division_id": 1}]]),  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
        raw_operation("POST", "/api/v2/users", body={"division_id": "d-1"}),
        raw_operation("POST", "/api/v2/users", body=["division_id"]),
    ],
)
def test_every_other_key_is_sent_as_it_is(operation: Operation[Any]) -> None:
    assert sent(operation) == operation.body


def test_a_model_is_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genesys_core.calls.body_keys", None)
    assert sent(users.post_users(models.CreateUser(name="a_b"))) == {"name": "a_b"}
    assert sent(users.post_users({"name": "Ada"})) == {"name": "Ada"}


def test_an_operation_without_a_declared_model_sends_any_key() -> None:
    body = {"division_id": "d-1"}
    for endpoint in (
        Endpoint("post_users", "POST", "/", package="no_such_package"),
        Endpoint("get_users_me", "GET", "/"),  # has no body
        Endpoint("no_such_builder", "POST", "/"),
    ):
        check_keys(body, endpoint)


TABLE = """\
Pet pet_type
Dog pet_type is_good:bool friend:AnyPet
AnyPet|petType Dog
Box pet:AnyPet by_name:{Dog} odd_name=odd-name snake_name=snake_name grid:[[Dog]]
"""


@pytest.fixture(scope="module")
def boxes() -> Any:
    package, api, module = ModuleType("zoo"), ModuleType("zoo.api"), ModuleType("zoo.api.boxes")
    kinds = ModuleType("zoo.models")
    kinds.__package__ = "zoo.models"
    define_models(vars(kinds), TABLE)
    sys.modules |= {"zoo": package, "zoo.api": api, "zoo.models": kinds}

    def post_boxes(body: object) -> None:
        pass

    post_boxes.__annotations__ = {
        "body": "_m.Box | _JsonObject | None",
        "return": "_Operation[None]",
    }
    module.post_boxes = post_boxes  # type: ignore[attr-defined]
    api.boxes = module  # type: ignore[attr-defined]
    yield Endpoint("post_boxes", "POST", "/boxes", package="zoo")
    for name in ("zoo", "zoo.api", "zoo.models"):
        del sys.modules[name]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"pet": {"petType": "Dog", "is_good": True}}, "$.pet.is_good"),
        (
            {"pet": {"petType": "Dog", "friend": {"petType": "Dog", "is_good": 1}}},
            "$.pet.friend.is_good",
        ),
        ({"byName": {"is_good": {"is_good": True}}}, "$.byName.is_good.is_good"),
        ({"odd_name": 1}, "$.odd_name"),
        ({"grid": [[], [{}, {"is_good": 1}]]}, "$.grid[1][1].is_good"),
        ({"pet": {"petType": "Cat", "is_good": True}}, None),
        ({"pet": {"is_good": True}}, None),
        ({"byName": {"is_good": {}}}, None),
        ({"snake_name": "a", "odd-name": "b", "oddName": "c"}, None),
    ],
)
def test_a_generated_package_has_its_own_models(
    boxes: Endpoint, body: Mapping[str, object], path: str | None
) -> None:
    if path is None:
        check_keys(body, boxes)
        return
    with pytest.raises(InvalidValueError) as caught:
        check_keys(body, boxes)
    assert f"body: {path}: " in str(caught.value)


def test_a_module_may_be_loaded_while_those_of_a_package_are_looked_through(
    boxes: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = sys.modules["zoo.api"]

    class Loading(type):
        def __instancecheck__(cls, value: object) -> bool:
            setattr(api, f"module_{len(vars(api))}", None)  # as another thread does
            return isinstance(value, ModuleType)

    monkeypatch.setattr(body_keys, "ModuleType", Loading("Loading", (), {}))
    with pytest.raises(InvalidValueError):
        check_keys({"odd_name": 1}, boxes)


def test_nesting_without_end_is_left_to_the_platform(boxes: Endpoint) -> None:
    friend: dict[str, object] = {"petType": "Dog", "is_good": True}
    for _ in range(100_000):
        friend = {"petType": "Dog", "friend": friend}
    check_keys({"pet": friend}, boxes)


@given(st.data())
def test_of_any_model_exactly_the_names_that_differ_are_refused(data: st.DataObject) -> None:
    user = models.CreateUser(
        name="a", division_id="d", title=NULL, addresses=[models.Contact(media_type="PHONE")]
    )
    wire = to_dict(user)
    endpoint = users.post_users(wire).endpoint
    check_keys(wire, endpoint)
    assert decode(models.CreateUser, json.dumps(wire).encode()).issues == ()
    pairs = zip(
        models.CreateUser.__struct_fields__, models.CreateUser.__struct_encode_fields__, strict=True
    )
    name, key = data.draw(st.sampled_from(list(pairs)))
    wire[name] = data.draw(st.one_of(st.none(), st.integers(), st.text(), st.just({"a_b": []})))
    if name == key:
        check_keys(wire, endpoint)
    else:
        with pytest.raises(InvalidValueError, match=f"'{name}' is the Python name of '{key}'"):
            check_keys(wire, endpoint)
