"""Routing: literals first, one segment for a placeholder, nothing found by chance."""

import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator.state.routes import RouteTable, ServedRoute, find_placeholders
from tests.strategies.simulator import definition, paths, unhurried


def table(*templates):
    return RouteTable(ServedRoute("GET", template, template) for template in templates)


def found(routes, path):
    match = routes.find(path)
    return None if match is None else match.routes["GET"].template


def test_a_literal_wins_over_a_placeholder_wherever_it_stands():
    for templates in (["/u/{id}", "/u/me"], ["/u/me", "/u/{id}"]):
        routes = table(*templates)
        assert found(routes, "/u/me") == "/u/me"
        assert found(routes, "/u/you") == "/u/{id}"


def test_a_literal_that_leads_nowhere_gives_way_to_the_placeholder():
    routes = table("/u/me", "/u/{id}/queues", "/{kind}/me/queues/{n}")
    assert found(routes, "/u/me/queues") == "/u/{id}/queues"
    assert found(routes, "/u/me/queues/1") == "/{kind}/me/queues/{n}"


def test_an_encoded_slash_stays_in_its_segment():
    match = table("/u/{id}/x").find("/u/a%2Fb%20c/x")
    assert match is not None
    assert match.arguments(match.routes["GET"]) == {"id": "a/b c"}


@pytest.mark.parametrize(
    "path", ["/u/", "/u/.", "/u/..", "/u/%2e%2E", "/u", "/u/a/", "u/a", "", "*"]
)
def test_no_placeholder_for_an_empty_or_dotted_segment_and_no_wrong_length(path):
    assert table("/u/{id}").find(path) is None


def test_methods_of_one_path_are_together_whatever_their_placeholders_are_called():
    routes = RouteTable([ServedRoute("GET", "/u/{id}", 1), ServedRoute("PUT", "/u/{user}", 2)])
    match = routes.find("/u/7")
    assert {method: match.arguments(route) for method, route in match.routes.items()} == {
        "GET": {"id": "7"},
        "PUT": {"user": "7"},
    }


def test_every_route_of_the_definition_is_found_by_its_own_path():
    for route in definition().routes:
        names = find_placeholders(route.template)
        path = re.sub(r"\{(\w+)\}", r"is-\1", route.template)
        match = definition().routes.find(path)
        assert match is not None, path
        assert match.routes[route.method] is route
        assert match.arguments(route) == {name: f"is-{name}" for name in names}


def slow_find(routes, path):
    """The same, by trying each template: the most literal from the left is the answer."""
    given = [unquote(each, errors="replace") for each in path.split("/")]
    fitting = []
    for route in routes:
        wanted = route.template.split("/")
        if len(wanted) == len(given) and all(
            (each not in {"", ".", ".."}) if want.startswith("{") else want == each
            for want, each in zip(wanted, given, strict=True)
        ):
            fitting.append([want.startswith("{") for want in wanted])
    return min(fitting, default=None)


@unhurried
@given(paths())
def test_the_tree_finds_what_trying_each_template_finds(path):
    match = definition().routes.find(path)
    expected = slow_find(definition().routes, path)
    if match is None:
        assert expected is None
    else:
        for route in match.routes.values():
            assert [each.startswith("{") for each in route.template.split("/")] == expected
            assert len(match.values) == len(find_placeholders(route.template))


@unhurried
@given(st.text())
def test_a_value_comes_back_as_it_was(value):
    match = table("/u/{id}").find(f"/u/{quote(value, safe='')}")
    if value in {"", ".", ".."}:
        assert match is None
    else:
        assert match is not None
        assert match.values == (value,)


def test_a_table_knows_its_size():
    assert len(table("/a", "/b")) == 2
    assert [route.template for route in table("/a", "/b")] == ["/a", "/b"]
