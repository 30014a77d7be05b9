"""Every operation that lists, read to its end on the simulator, in both forms of its pages.

The simulator finds the style of a listing by code of its own, so neither side proves the other.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any
from urllib.parse import quote

import pytest

from genesys_cloud import Client
from genesys_cloud.packed_data import bundled_definition
from genesys_cloud.simulator import InProcessSimulator, Settings
from genesys_core import api
from genesys_core.calls.operation import Operation
from genesys_core.errors import InvalidValueError
from genesys_core.paging.places import read_path
from genesys_core.simulator import Simulator
from tests.helpers.listing_operations import SIZE, build_operation, new_walk

COUNT = 5
HOST = "http://simulator.example"

WITHOUT_MODEL = {
    # The simulator fills no listing of objects without a model; test_every_listing.py reads these.
    "GET /api/v2/organizations/limits/namespaces",
    "GET /api/v2/search",
    "GET /api/v2/search/suggest",
    "POST /api/v2/conversations/customattributes/search",
    "POST /api/v2/conversations/participants/attributes/search",
    "POST /api/v2/documentation/all/search",
    "POST /api/v2/orgauthorization/trustees/audits",
    "POST /api/v2/orgauthorization/trustor/audits",
    "POST /api/v2/search",
    "POST /api/v2/speechandtextanalytics/transcripts/search",
}

LIST_NOTHING = 80
"""At most so many more return a list without pages that the simulator takes for part of a reply:
bulk operations and settings."""

FILTERED = {
    # The recordings of a conversation that the simulator would have to have had.
    "GET /api/v2/conversations/{conversationId}/recordingmetadata",
    "GET /api/v2/conversations/{conversationId}/recordings",
    # Required parameters and bodies that select none, or one, of the items, or a window of pages.
    "GET /api/v2/routing/queues/divisionviews",
    "GET /api/v2/quality/publishedforms/evaluations/divisionviews",
    "GET /api/v2/quality/publishedforms/surveys/divisionviews",
    "GET /api/v2/socialmedia/escalationrules",
    "POST /api/v2/documentation/search",
    # One entity with a list in it, which is created or read by its id.
    "GET /api/v2/infrastructureascode/accelerators/{acceleratorId}",
    "POST /api/v2/coaching/appointments",
    "POST /api/v2/languageunderstanding/domains/{domainId}/versions",
    "POST /api/v2/flows/instances/jobs",
    "POST /api/v2/workforcemanagement/historicaldata/bulk/remove/jobs",
    # Items without an identity, which are equal in the simulator: a page that repeats is the end.
    "POST /api/v2/analytics/conversations/activity/query",
    "POST /api/v2/analytics/flows/activity/query",
    "POST /api/v2/analytics/routing/activity/query",
    "POST /api/v2/analytics/teams/activity/query",
    "POST /api/v2/analytics/users/activity/query",
}

EQUAL_ITEMS = {
    # Likewise; with links, a count of pages tells that there are more.
    "GET /api/v2/architect/prompts/{promptId}/history/{historyId}",
    "GET /api/v2/architect/systemprompts/{promptId}/history/{historyId}",
    "GET /api/v2/flows/{flowId}/history/{historyId}",
}


@cache
def operations() -> tuple[Any, ...]:
    """Every operation that lists, once."""
    found: dict[str, Any] = {}
    walk = new_walk()
    for name in api.__all__:
        module = import_module(f"genesys_core.api.{name}")
        for builder in vars(module).values():
            if isinstance(builder, FunctionType) and builder.__module__ == module.__name__:
                operation = build_operation(walk, builder)
                if operation.endpoint.listing is not None:
                    found.setdefault(key_of(operation), operation)
    return tuple(found.values())


def key_of(operation: Operation[Any]) -> str:
    return f"{operation.endpoint.method} {operation.endpoint.path}"


def seed(simulator: Simulator, operation: Operation[Any]) -> list[Any] | None:
    """Put items into the listing; None if the simulator does not take it for one."""
    values = dict(operation.path)
    path = re.sub(
        r"\{(\w+)\}", lambda name: quote(str(values[name[1]]), safe=""), operation.endpoint.path
    )
    try:
        return list(simulator.seed_items(operation.endpoint.method, path, COUNT))
    except InvalidValueError:
        return None


def identities(items: list[Any], identity: str) -> list[Any]:
    return [read_path(item, identity) if identity else item for item in items]


def compare(operation: Operation[Any], made: list[Any], found: list[Any]) -> str | None:
    """What is wrong with the items that were found; there may be others in an organization."""
    identity = operation.endpoint.listing.identity  # type: ignore[union-attr]
    known = {each.get(identity) for each in made if isinstance(each, dict)}
    if len(known - {None}) < COUNT:  # no id, or a number, which is the same in all examples
        return None if len(found) == COUNT else f"{len(found)} items"
    ids = identities(found, identity)
    missing = known - set(ids)
    twice = len(ids) - len(set(ids))
    return f"{missing} missing, {twice} twice" if missing or twice else None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::genesys_cloud.IncompleteListingWarning")
@pytest.mark.parametrize("links", [True, False])
def test_every_listing_is_read_to_its_end(links: bool) -> None:
    simulator = InProcessSimulator(
        Simulator(bundled_definition(), settings=Settings(listing_links=links, page_size=SIZE))
    )
    empty = simulator.snapshot()
    skipped = FILTERED if links else FILTERED | EQUAL_ITEMS
    wrong, read, unlisted = [], 0, []
    for operation in operations():
        simulator.restore(empty)
        made = seed(simulator.simulator, operation)
        if made is None:
            unlisted.append(operation)
            continue
        if key_of(operation) in skipped:
            continue
        with Client(
            host=HOST, access_token=simulator.access_token(), transport=simulator.transport()
        ) as client:
            try:
                problem = compare(operation, made, list(client.paginate(operation)))
            except Exception as error:  # noqa: BLE001 - all of them are looked at
                problem = f"{type(error).__name__}: {error}"
        read += 1
        if problem:
            wrong.append(f"{key_of(operation)}: {problem}")
    assert wrong == [], "\n".join(wrong)
    without_pages = [each for each in unlisted if each.endpoint.listing.style == "single"]
    assert {key_of(each) for each in unlisted if each not in without_pages} == WITHOUT_MODEL
    assert len(without_pages) <= LIST_NOTHING
    assert read + len(unlisted) + len(skipped) == len(operations()) == 967
