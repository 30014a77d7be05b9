"""Any data file is loaded or refused, and any search in Base64 is answered or refused.

Invariants: a data file that is not valid is an InvalidValueError and nothing else, whatever stands in it; what it
loads is neither counted nor logged, and labels stand for ids that are then found. A request with any
``q64`` or page token gets a response below 500, and a bad one changes nothing.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Final
from urllib.parse import quote_from_bytes

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request
from genesys_core.simulator import Simulator, World
from genesys_core.simulator.data_files import load_data, parse_data
from tests.strategies.simulator import definition, unhurried

__all__ = ["TARGETS", "check_documents", "check_searches", "load_bytes"]

_NOW: Final = Now(0, 1_700_000_000)
_WORLD: Final = World.sample(users=2, queues=1)


def _platform() -> Simulator:
    return Simulator(definition(), world=_WORLD)


_SEARCHED: Final = _platform()


def load_bytes(data: bytes) -> None:
    """The input is the text of a data file."""
    simulator = _platform()
    try:
        document = parse_data(data)
        load_data(simulator, document, now=_NOW)
    except InvalidValueError:
        pass
    assert not simulator.state.counts
    assert not simulator.state.log


_paths = st.sampled_from(
    [
        "/api/v2/routing/skills",
        "/api/v2/groups",
        "/api/v2/groups/$g",
        "/api/v2/users",
        "/api/v2/routing/queues/$q/members",
        "/api/v2/routing/settings",
        "/api/v2/flows/datatables",
        "/api/v2/nothing",
        "$g",
        "",
    ]
)
_texts = st.sampled_from(["$g", "$q", "$me", "$nobody", "Tier 1", ""]) | st.text(max_size=5)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | _texts,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(_texts, inside, max_size=3),
    max_leaves=6,
)
_items = st.fixed_dictionaries({}, optional={"id": _texts, "name": _texts, "type": _values})
_contents = st.lists(_items | _values, max_size=3) | _items | _values
documents = st.dictionaries(_paths, _contents, max_size=4)


@unhurried
@given(documents)
def check_documents(document: dict[str, object]) -> None:
    """Load one document into two platforms."""
    outcomes = []
    for simulator in (_platform(), _platform()):
        try:
            labels = load_data(simulator, document, now=_NOW)
        except InvalidValueError as error:
            outcomes.append(str(error))
            continue
        assert all(label.startswith("$") for label in labels)
        assert not simulator.state.counts
        outcomes.append(sorted(labels.items()))
    assert outcomes[0] == outcomes[1]


_searches = st.dictionaries(
    st.sampled_from(["query", "pageSize", "pageNumber", "sortBy", "types", "returnFields"]),
    _values
    | st.lists(
        st.fixed_dictionaries({}, optional={"type": _texts, "value": _texts, "fields": _values}),
        max_size=2,
    ),
)
_tokens = st.binary(max_size=30) | st.builds(
    lambda search: b64encode(msgspec.json.encode(search)), _searches
)
_targets = st.sampled_from(
    [
        "/api/v2/users/search?q64=",
        "/api/v2/groups/search?q64=",
        "/api/v2/locations/search?q64=",
        "/api/v2/knowledge/knowledgebases?after=",
        "/api/v2/externalcontacts/scan/contacts?cursor=",
        "/api/v2/processautomation/triggers?after=",
    ]
)


@unhurried
@given(st.lists(st.tuples(_targets, _tokens), max_size=4))
def check_searches(calls: list[tuple[str, bytes]]) -> None:
    """Ask one platform for pages by any tokens."""
    simulator = _SEARCHED  # its rules are derived once; searches change nothing
    token = simulator.issue_token(_WORLD.clients[0].id, now=_NOW)
    before = list(simulator.state.users)
    for target, text in calls:
        headers = Headers((("Authorization", f"Bearer {token}"),))
        request = Request("GET", f"{target}{quote_from_bytes(text)}", headers)
        response = simulator.respond(request, now=_NOW)
        assert response.status in {200, 400}, (target, text, response)
        msgspec.json.decode(response.body)
    assert list(simulator.state.users) == before


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "simulator_data_file": load_bytes,
    "simulator_data": check_documents.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]
    "simulator_searches": check_searches.hypothesis.fuzz_one_input,  # type: ignore[attr-defined]
}
