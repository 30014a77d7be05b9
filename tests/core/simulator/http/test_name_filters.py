"""Listings filter by name as their family does."""

import pytest

from genesys_core.simulator.http.name_filters import NAME_FILTERS, has_name
from tests.strategies.simulator import Desk, definition

QUEUES, SKILLS, TEAMS = "/api/v2/routing/queues", "/api/v2/routing/skills", "/api/v2/teams"


@pytest.mark.parametrize(
    ("template", "name", "wanted", "passes"),
    [
        (QUEUES, "Support", "support", True),
        (QUEUES, "Support", "supp", False),
        (QUEUES, "Support", "SUPP*", True),
        (QUEUES, "Support", "*port", True),
        (QUEUES, "Support", "*pp*", True),
        (QUEUES, "a.c", "abc", False),
        (QUEUES, "line\nbreak", "line*", True),
        (SKILLS, "Spanish", "span", True),
        (SKILLS, "Spanish", "nish", False),
        (TEAMS, "Blue team", "TEAM", True),
        (TEAMS, "Blue team", "*team*", True),
        (TEAMS, "Blue team", "red", False),
    ],
)
def test_a_name_passes_by_the_rule_of_its_family(template, name, wanted, passes):
    assert has_name(template, name, wanted) is passes


@pytest.mark.parametrize("template", sorted(NAME_FILTERS))
def test_the_table_is_of_listings_with_such_a_filter(template):
    route = definition().routes.find(template).routes["GET"]
    assert "name" in {each.name for each in route.facts.parameters}


def test_listings_of_queues_skills_and_codes():
    desk = Desk()
    codes = "/api/v2/routing/wrapupcodes"
    for path in (SKILLS, codes):
        for name in ("Alpha", "Beta alpha", "Alphabet"):
            assert desk.call("POST", path, {"name": name}).status == 200
    for target, total in (
        (f"{QUEUES}?name=queue", 0),
        (f"{QUEUES}?name=queue%20001", 1),
        (f"{QUEUES}?name=queue*", 5),
        (f"{QUEUES}?name=", 5),
        (f"{SKILLS}?name=alpha", 2),
        (f"{codes}?name=alpha", 1),
        (f"{codes}?name=alpha*", 2),
    ):
        assert desk.call("GET", target).json["total"] == total, target
