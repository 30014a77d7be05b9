"""Every model has one home, and no home needs a later one."""

from __future__ import annotations

import pytest
from hypothesis import given

from genesys_core.definition import shards
from genesys_core.definition.read.model_graph import model_graph
from genesys_core.definition.read.parse import parse_definition
from genesys_core.definition.shards import SLICE, Shard, _check_order, make_shards
from genesys_core.errors import InvalidValueError
from tests.strategies.definition import TRAP_TOPICS, TRAPS, definitions, model, operation, ref


def homes(found: list[Shard]) -> dict[str, str]:
    return {name: shard.module for shard in found for name in shard.models}


def test_models_live_with_the_api_that_alone_reaches_them() -> None:
    found = homes(make_shards(parse_definition(TRAPS, TRAP_TOPICS), everyday=()))
    assert found["Shadows"] == found["List"] == "_ai_studio_1"
    assert found["Names"] == "_common_1", "OAuth, SCIM and a topic reach it"
    assert found["Event"] == "_topics_1"
    assert found["Unreached"] == found["Bare"] == "_unreached_1"
    assert found["Warning"] == "_common_1"
    assert found["Third"] == "_users_1"


def test_each_shard_says_what_its_models_have_in_common() -> None:
    found = make_shards(parse_definition(TRAPS, TRAP_TOPICS), everyday=())
    about = {shard.module: shard.about for shard in found}
    assert about["_common_1"] == "Models that several APIs share, part 1 of 1."
    assert about["_topics_1"] == "Models of notification events, part 1 of 1."
    assert about["_unreached_1"] == (
        "Models not reachable from any operation or topic, part 1 of 1."
    )


def test_everyday_models_have_shards_of_their_own_in_the_order_declared() -> None:
    found = make_shards(
        parse_definition(TRAPS, TRAP_TOPICS), everyday=("Unreached", "List", "Nowhere", "Any")
    )
    assert [(shard.module, shard.models) for shard in found[:2]] == [
        ("_unreached", ("Warning", "Unreached")),
        ("_list", ("Literal", "Any", "List")),
    ]
    assert "_any" not in homes(found).values(), "all that it needs is placed already"


def test_large_groups_are_sliced_and_cycles_are_not_cut() -> None:
    count = 2 * SLICE + 5
    chain = {f"M{n}": model({"next": ref(f"M{n + 1}")}) for n in range(count)}
    ring = {f"R{n}": model({"next": ref(f"R{(n + 1) % count}")}) for n in range(count)}
    document = {
        "swagger": "2.0",
        "info": {"version": "1"},
        "paths": {
            "/a": {"get": operation("a", "Chain", returns=ref("M0"))},
            "/b": {"get": operation("b", "Ring", returns=ref("R0"))},
        },
        "definitions": chain | {f"M{count}": model({})} | ring,
    }
    found = make_shards(parse_definition(document, {"notifications": []}))
    assert [(shard.module, len(shard.models)) for shard in found] == [
        ("_chain_1", SLICE),
        ("_chain_2", SLICE),
        ("_chain_3", 6),
        ("_ring_1", count),
    ]
    assert len(found[3].components) == 1
    assert found[1].about == "Models used only by the Chain API, part 2 of 3."


def test_a_tag_named_like_a_group_shares_no_module_with_it() -> None:
    shared = {"Shared": model({}), "Own": model({})}
    document = {
        "swagger": "2.0",
        "info": {"version": "1"},
        "paths": {
            "/a": {"get": operation("a", "Common Users", returns=ref("Shared"))},
            "/b": {"get": operation("b", "Common", returns=ref("Own"))},
        },
        "definitions": shared,
    }
    found = homes(make_shards(parse_definition(document, {"notifications": []})))
    assert found == {"Shared": "_common_1", "Own": "_common_1_2"}


@pytest.mark.slow
@given(definitions())
def test_every_model_is_placed_once_and_needs_nothing_later(document: dict[str, object]) -> None:
    definition = parse_definition(document, {"notifications": []})
    found = make_shards(definition, everyday=("A", "List"))
    names = [name for shard in found for name in shard.models]
    assert sorted(names) == sorted(one.name for one in definition.models)
    assert len({shard.module for shard in found}) == len(found)
    place = {name: number for number, shard in enumerate(found) for name in shard.models}
    for name, children in model_graph(definition.models).items():
        assert all(place[child] <= place[name] for child in children)


def test_the_order_of_shards_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = parse_definition(TRAPS, TRAP_TOPICS)
    monkeypatch.setattr(shards, "_everyday", lambda *_: [Shard("_list", "", (("List",),))])
    with pytest.raises(InvalidValueError, match="sharding: List references Any"):
        make_shards(definition)


def test_a_shard_that_needs_a_later_one_is_a_defect() -> None:
    wrong = [Shard("_a", "", (("A",),)), Shard("_b", "", (("B",),))]
    with pytest.raises(InvalidValueError, match="A references B"):
        _check_order(wrong, {"A": ("B",), "B": ()})
