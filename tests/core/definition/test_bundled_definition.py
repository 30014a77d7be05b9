"""The platform's own definition: its counts, its names, and the reviewed lists that refer to it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from genesys_core import api, models
from genesys_core.codec.model import SecretModel
from genesys_core.definition.read.definition import Plain
from genesys_core.definition.read.model_graph import find_closure, model_graph
from genesys_core.definition.read.read_only_posts import REVIEWED, only_reads
from genesys_core.definition.read.secret_fields import SECRET_FIELDS
from genesys_core.definition.shards import EVERYDAY, SLICE, make_shards
from genesys_core.definition.write.moving_guide import official_name
from tests.helpers.bundled import bundled_api
from tests.strategies.definition import check_stub

# SHA-256 over the sorted lines `Model.wireName=python_name` and `Class.method(sorted,names)` of the
# official Python SDK, version 269.0.0.
OFFICIAL_FIELDS = "0419ce2e4327823e67a523c35d046cb4a8b7d18f8d35332938db6ff817f872d3"
OFFICIAL_METHODS = "a709eaa2538f51db9b4a55acaad2abf8473c5a88b58f7ef309d170f1206793f2"


def digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


@pytest.mark.slow
def test_nothing_is_missing() -> None:
    found = bundled_api()
    assert len(found.models) == 6651
    assert len(found.apis) == 87
    assert len(found.operations()) == 3355
    assert sum(len(one.operations) for one in found.apis) == 3508
    assert len(found.topics) == 242
    assert sum(len(one.fields) for one in found.models) == 36208


@pytest.mark.slow
def test_field_names_are_the_official_ones() -> None:
    lines = (
        f"{model.name}.{field.wire}={official_name(field.wire)}"
        for model in bundled_api().models
        for field in model.fields
    )
    assert digest(lines) == OFFICIAL_FIELDS


def test_class_method_and_parameter_names_are_the_official_ones() -> None:
    lines = (
        f"{one.class_name}.{operation.name}({','.join(sorted(map(official_name, wires)))})"
        for one in bundled_api().apis
        for operation in one.operations
        for wires in [[parameter.wire for parameter in operation.parameters]]
    )
    assert digest(lines) == OFFICIAL_METHODS


def test_ours_differ_from_the_official_names_in_pythons_own_words_alone() -> None:
    named = [(field.name, field.wire) for model in bundled_api().models for field in model.fields]
    named += [
        (parameter.name, parameter.wire)
        for operation in bundled_api().operations()
        for parameter in operation.parameters
    ]
    different = {(official_name(wire), name) for name, wire in named if official_name(wire) != name}
    assert different == {
        ("pcAnd", "and_"),
        ("pcFrom", "from_"),
        ("pcGlobal", "global_"),
        ("pcIn", "in_"),
        ("pcNot", "not_"),
        ("pcOr", "or_"),
        ("pcPass", "pass_"),
        ("pcProperty", "property"),
        ("pcSelf", "self_"),
    }


def test_the_attributes_of_acronyms() -> None:
    names = {one.tag: one.name for one in bundled_api().apis}
    assert names["OAuth"] == "oauth"
    assert names["SCIM"] == "scim"
    assert names["AIStudio"] == "ai_studio"
    assert names["AgentUI"] == "agent_ui"
    assert names["GeneralDataProtectionRegulation"] == "general_data_protection_regulation"
    assert set(names.values()) == set(api.__all__)


@pytest.mark.slow
def test_every_generated_model_has_the_definitions_names_on_the_wire() -> None:
    for model in bundled_api().models:
        made = getattr(models, model.name)
        assert made.__struct_encode_fields__ == tuple(field.wire for field in model.fields)
        assert made.__struct_fields__ == tuple(field.name for field in model.fields)


def test_every_generated_model_can_be_decoded() -> None:
    for model in bundled_api().models:
        made = getattr(models, model.name)
        assert msgspec.json.decode(b"{}", type=made) == made()


@pytest.mark.slow
def test_every_generated_model_is_what_its_stub_declares() -> None:
    folder = Path(models.__file__).parent
    stubs = sorted(path for path in folder.glob("_*.pyi") if path.stem != "__init__")
    found = [name for path in stubs for name in check_stub(path.read_text("ascii"), models)]
    assert len(found) == len(set(found)) == 6651


def test_every_operation_has_one_builder_in_each_of_its_apis() -> None:
    for one in bundled_api().apis:
        module = getattr(api, one.name)
        builders = {name for name in vars(module) if name[0] != "_"} - {"annotations"}
        assert builders == {operation.name for operation in one.operations}


def test_everyday_models_are_there_and_load_no_more_than_they_need() -> None:
    graph = model_graph(bundled_api().models)
    assert set(EVERYDAY) <= set(graph)
    first = make_shards(bundled_api())[0]
    assert first.module == "_user_me"
    assert sorted(first.models) == sorted(find_closure(graph, ["UserMe"]))


def test_shards_are_small() -> None:
    largest_cycle = 5
    everyday = {f"_{name}" for name in ("user_me", "conversation")}
    for shard in make_shards(bundled_api()):
        limit = 164 if shard.module in everyday else 2 * SLICE
        assert len(shard.models) <= limit, shard.module
        assert max(map(len, shard.components)) <= largest_cycle


def test_reviewed_secrets_are_fields_of_the_definition_and_masked() -> None:
    fields = {
        f"{model.wire}.{field.wire}": field.secret
        for model in bundled_api().models
        for field in model.fields
    }
    assert all(fields[full] for full in SECRET_FIELDS)


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("CreateUser", "password"),
        ("OAuthClient", "secret"),
        ("ChangeMyPasswordRequest", "old_password"),
        ("Credential", "credential_fields"),
        ("VoicemailUserPolicy", "pin"),
        ("OpenIntegration", "webhook_headers"),
    ],
)
def test_a_secret_does_not_show(model: str, field: str) -> None:
    made = getattr(models, model)
    assert issubclass(made, SecretModel)
    shown = repr(made(**{field: "hunter2"}))
    assert "hunter2" not in shown
    assert f"{field}=[REDACTED]" in shown


def test_how_many_fields_are_secret() -> None:
    """A new definition that changes this number wants its secrets reviewed."""
    assert sum(field.secret for model in bundled_api().models for field in model.fields) == 69


def test_reviewed_operations_exist_and_are_posts() -> None:
    by_name = {operation.name: operation for operation in bundled_api().operations()}
    for name in REVIEWED:
        assert by_name[name].method == "POST"


def test_operations_that_only_read_need_no_permission_to_change() -> None:
    """Where all permissions are known, none of them is of the kind that changes things."""
    changing = ("add", "edit", "delete", "create", "update", "manage", "upload")
    found = [operation for operation in bundled_api().operations() if only_reads(operation)]
    for operation in found:
        permissions = operation.permissions
        if permissions is not None and permissions.all:
            actions = [name.rpartition(":")[2] for name in permissions.names]
            assert not set(actions) & set(changing), operation.name
    assert len(found) == 141


def test_paths_bind_every_parameter() -> None:
    for operation in bundled_api().operations():
        inside = Counter(part.split("}")[0] for part in operation.path.split("{")[1:])
        given = [one.wire for one in operation.parameters if one.location == "path"]
        assert inside == Counter(given), operation.path


def test_parameters_are_scalars_or_lists_of_them() -> None:
    for operation in bundled_api().operations():
        for parameter in operation.parameters:
            if parameter.location in {"path", "header"}:
                assert isinstance(parameter.type, Plain)
