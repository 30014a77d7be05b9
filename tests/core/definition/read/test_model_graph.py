"""Closures and components against the plainest way of finding them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.definition.read.definition import Array, Field, Map, ModelDef, Plain, Ref, Type
from genesys_core.definition.read.model_graph import (
    find_closure,
    find_components,
    model_graph,
    referenced_models,
)

_graphs = st.integers(1, 8).flatmap(
    lambda size: st.fixed_dictionaries(
        {
            str(node): st.lists(st.integers(0, size - 1).map(str), unique=True, max_size=4).map(
                tuple
            )
            for node in range(size)
        }
    )
)


def _reaches(graph: dict[str, tuple[str, ...]], start: str) -> set[str]:
    found = {start}
    while more := {child for name in found for child in graph[name]} - found:
        found |= more
    return found


@given(_graphs, st.data())
def test_a_closure_is_all_that_can_be_reached(
    graph: dict[str, tuple[str, ...]], data: st.DataObject
) -> None:
    roots = data.draw(st.lists(st.sampled_from(sorted(graph))))
    found = find_closure(graph, roots)
    assert len(found) == len(set(found))
    assert set(found) == set().union(*(_reaches(graph, root) for root in roots))


@given(_graphs)
def test_components_are_the_mutually_reachable_dependencies_first(
    graph: dict[str, tuple[str, ...]],
) -> None:
    found = find_components(graph, graph)
    assert sorted(name for part in found for name in part) == sorted(graph)
    place = {name: number for number, part in enumerate(found) for name in part}
    for one, children in graph.items():
        for other in graph:
            mutual = other in _reaches(graph, one) and one in _reaches(graph, other)
            assert (place[one] == place[other]) == mutual
        assert all(place[child] <= place[one] for child in children)
    assert all(part == sorted(part, key=list(graph).index) for part in found)


def test_edges_out_of_the_chosen_names_are_ignored() -> None:
    assert find_components({"a": ("b",), "b": ("a",)}, ["a"]) == [["a"]]


def test_a_long_chain_needs_no_recursion() -> None:
    chain = {str(number): (str(number + 1),) for number in range(5000)} | {"5000": ()}
    assert len(find_components(chain, chain)) == 5001
    assert len(find_closure(chain, ["0"])) == 5001


def test_the_graph_of_models_names_each_child_once() -> None:
    fields: tuple[Type, ...] = (Ref("B"), Array(Map(Ref("B"))), Plain("string"), Ref("C"))
    model = ModelDef(
        "A", "A", tuple(Field(f"f{n}", f"f{n}", type_) for n, type_ in enumerate(fields))
    )
    assert model_graph([model]) == {"A": ("B", "C")}
    assert referenced_models(None) == ()


def test_a_union_refers_to_its_cases() -> None:
    models = [
        ModelDef("A", "A", (Field("b", "b", Ref("AnyB")),)),
        ModelDef("AnyB", "AnyB", tag="kind", cases=(("B", "B"), ("A", "A"), ("a", "A"))),
        ModelDef("B", "B"),
    ]
    assert model_graph(models) == {"A": ("AnyB",), "AnyB": ("B", "A"), "B": ()}
