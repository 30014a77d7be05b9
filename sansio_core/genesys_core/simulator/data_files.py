"""Loads a data file into a simulator.

Invariants: everything is created with the requests that a client would send, so that the rules of
the platform apply to the data too; the requests are not counted or logged. The requests are in the
order of the document.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request
from genesys_core.simulator.platform import Simulator
from genesys_core.simulator.state.examples import Json

__all__ = ["load_data", "parse_data"]

_LABEL: Final = "$"
_WRITES: Final = ("PUT", "PATCH", "POST")


def parse_data(text: bytes | str) -> dict[str, Json]:
    """Parse a data file's JSON text, and return the document.

    Raises:
        InvalidValueError: the text is not JSON, or not an object.
    """
    # RFC 8259 section 8.1: a parser may ignore a byte order mark; msgspec rejects it.
    if isinstance(text, str):
        text = text.removeprefix("\ufeff")
    else:
        text = text.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidValueError(
            f"data: must be a JSON object whose keys are paths such as /api/v2/groups: {error}"
        ) from None


def load_data(simulator: Simulator, data: Mapping[str, Json], *, now: Now) -> dict[str, str]:
    """Create the entities that a data file's document describes.

    The document's keys are paths. The value of a collection's path is a list of items, each of
    which is created with one request, unless the request takes a list; if the path does not support
    creation, the list replaces the existing one. For the path of an item or a single resource, the
    value is an object that replaces or changes the entity. An ``id`` that begins with ``$`` is a
    label: wherever the label occurs later, in paths and in values, it is replaced with the id that
    the platform assigned. ``$me`` is the first OAuth client's user.

    Args:
        simulator: the simulated platform.
        data: the document, such as ``{"/api/v2/routing/skills": [{"id": "$es", "name":
            "Spanish"}]}``.
        now: the time at which all entities are created.

    Returns:
        The ids that the platform assigned, by label.

    Raises:
        InvalidValueError: an unknown path or label, or an item that the platform rejects.
            Everything before the error in the document has been loaded.
    """
    return _Loading(simulator, now).load(data)


class _Loading:
    def __init__(self, simulator: Simulator, now: Now) -> None:
        self._simulator = simulator
        self._now = now
        client = next(iter(simulator.state.clients.values()), None)
        if client is None:
            raise InvalidValueError(
                "data: cannot be loaded, because the simulator has no OAuth client; "
                "add one to its World"
            )
        self._token = simulator.issue_token(client.id, now=now)
        self._ids = {} if client.user_id is None else {"$me": client.user_id}

    def load(self, data: Mapping[str, Json]) -> dict[str, str]:
        state = self._simulator.state
        counts, log, unsettled = state.counts.copy(), state.log.copy(), state.unsettled.copy()
        try:
            for path, value in data.items():
                self._load_path(path, value)
        finally:
            # Loaded entities are considered old, so their creation is not delayed.
            state.counts, state.log, state.unsettled = counts, log, unsettled
            state.tokens.pop(self._token, None)  # unless an item in the data has revoked it
            state.spent.pop(self._token, None)
        return self._ids

    def _load_path(self, path: str, value: Json) -> None:
        target = "/".join(self._resolved_segments(path))
        found = self._simulator.definition.routes.find(target)
        if found is None:
            raise InvalidValueError(f"data: {path}: the definition has no such path")
        replaces_list = "POST" not in found.routes and {"PUT", "PATCH"} & found.routes.keys()
        is_list = isinstance(value, list) and not replaces_list
        method = "POST" if is_list else _method_of(found.routes)
        route = found.routes.get(method)
        if route is None or route.facts.body is None:
            raise InvalidValueError(f"data: {path}: the path has no {method} operation with a body")
        schema = route.facts.body.schema
        takes_list = (
            schema is not None and self._simulator.definition.resolve(schema).type == "array"
        )
        if isinstance(value, list) and is_list and not takes_list:
            for index, item in enumerate(value):
                self._create(target, f"{path}[{index}]", item)
        else:
            self._send(method, target, path, self._resolved(value, path))

    def _create(self, target: str, where: str, item: Json) -> None:
        label = item.get("id") if isinstance(item, dict) else None
        if isinstance(item, dict) and _is_label(label) and label not in self._ids:
            created = self._send(
                "POST",
                target,
                where,
                self._resolved({k: v for k, v in item.items() if k != "id"}, where),
            )
            identity = created.get("id") if isinstance(created, dict) else None
            if not isinstance(identity, str):
                raise InvalidValueError(
                    f"data: {where}: the response contains no id for the label {label}"
                )
            self._ids[str(label)] = identity
        else:
            self._send("POST", target, where, self._resolved(item, where))

    def _send(self, method: str, target: str, where: str, body: Json) -> Json:
        headers = Headers(
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        )
        request = Request(method, target, headers, msgspec.json.encode(body))
        self._simulator.state.spent.pop(self._token, None)  # no rate limit while loading
        response = self._simulator.respond(request, now=self._now)
        if response.status >= 400:
            problem = msgspec.json.decode(response.body, type=dict[str, Any])
            raise InvalidValueError(
                f"data: {where}: {response.status} {problem.get('code')}: {problem.get('message')}"
            )
        return msgspec.json.decode(response.body) if response.body else None

    def _resolved_segments(self, path: str) -> Iterator[str]:
        for segment in path.split("/"):
            yield quote(self._id_of(segment, path), safe="") if _is_label(segment) else segment

    def _resolved(self, value: Json, where: str) -> Json:
        if isinstance(value, dict):
            return {name: self._resolved(each, where) for name, each in value.items()}
        if isinstance(value, list):
            return [self._resolved(each, where) for each in value]
        return self._id_of(value, where) if isinstance(value, str) and _is_label(value) else value

    def _id_of(self, label: str, where: str) -> str:
        if label not in self._ids:
            known = ", ".join(self._ids) or "none"
            raise InvalidValueError(
                f"data: {where}: unknown label {label!r}; it must be the id of an item above (known: {known})"
            )
        return self._ids[label]


def _method_of(methods: Mapping[str, object]) -> str:
    return next((each for each in _WRITES if each in methods), "PUT")


def _is_label(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_LABEL) and len(value) > len(_LABEL)
