"""Whatever is written: a reply of the platform, in the form that the definition declares."""

import random

import msgspec
import pytest

from genesys_core.simulator.state.examples import example_of
from tests.helpers.resource_walk import RULES, Walk
from tests.strategies.simulator import definition, misfits

ODD = (None, True, 0, -1, 1.5, 2**40, "", "x", "é", [], [1], [None], {}, {"id": "a"}, {"id": None})
QUERIES = (
    {},
    {"pageSize": 0, "pageNumber": "y"},
    {"pageSize": 1, "pageNumber": 99, "sortBy": "name", "sortOrder": "desc", "after": "p1"},
    {"cursor": "zz", "name": "*a*"},
)


def check(number, times):
    """Call the operations with a rule, from one number on, with bodies that are odd in places."""
    rng = random.Random(number)
    walk = Walk()
    statuses = set()
    for route in list(definition().routes)[number :: 1 if times > 1 else 25]:
        if RULES.find(route) is None:
            continue
        path = target(walk, route)
        for _ in range(times):
            url = walk.url(route, path, **rng.choice(QUERIES))
            answer = walk.desk.call(route.method, url, body(route, rng))
            statuses.add(answer.status)
            schema = route.facts.reply_schema
            if answer.status == 200 and answer.headers["content-type"].endswith("json"):
                found = misfits(definition(), schema, answer.json)
                assert [each for each in found if "enum" not in each] == [], (route, answer)
    return statuses


def target(walk, route):
    """The path of an item that exists, if there is one."""
    base, _, last = route.template.rpartition("/")
    if not last.startswith("{"):
        return walk.place(route.template)
    path = walk.place(base)
    items = walk.desk.simulator.state.collections.get(tuple(path.split("/")), ())
    others = (each for each in items if each != walk.desk.client.id)  # it stays signed in
    return f"{path}/{next(others, 'x')}"


def body(route, rng):
    if route.facts.body is None:
        return msgspec.UNSET
    depth, seed = rng.randint(1, 3), rng.randrange(50)
    made = example_of(definition(), route.facts.body.schema, seed=seed, depth=depth)
    if not isinstance(made, dict):
        return made
    return {name: rng.choice(ODD) if rng.random() < 0.15 else made[name] for name in made}


def test_odd_bodies_of_a_sample():
    assert check(3, 1) <= {200, 201, 202, 204, 400, 404, 409}


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
def test_odd_bodies_of_all_operations_with_a_rule(number):
    assert check(number, 4) - {201, 202} == {200, 204, 400, 404, 409}
