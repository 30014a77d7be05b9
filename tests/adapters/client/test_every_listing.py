"""Every operation that lists, read to its end against a server that pages as the table by hand says.

Each has six items on three pages of two. Full replies have every field of paging that their model has;
bare ones have tokens and numbers alone, neither links nor counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from types import FunctionType
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import pytest

from genesys_cloud import Client
from genesys_cloud.testing import MockTransport, json_response
from genesys_core import api, models
from genesys_core.calls.operation import Operation
from genesys_core.codec.decoding import resolve_type
from genesys_core.http.messages import Request, Response
from genesys_core.paging.places import read_path

EXPECTED = Path(__file__).parents[2] / "core/definition/read/listings_269.tsv"
PAGES, SIZE = 3, 2
COUNT = PAGES * SIZE
NUMBERED = {
    "page-query": "query pageNumber",
    "page-query (body filter)": "query pageNumber",
    "several:query pageNumber+nextPage": "query pageNumber",
    "several:query pageNumber+cursor": "query pageNumber",
    "several:query pageNumber+after": "query pageNumber",
    "page-body": "body pageNumber",
    "search-body": "body pageNumber",
    "analytics-body-paging": "body paging",
}
TOKENS = {
    # where the request has it, and where the reply
    "cursor-query/cursor": ("query cursor", "cursor"),
    "cursor-query/cursors.after": ("query cursor", "cursors.after"),
    "cursor-query/nextUri": ("query cursor", "cursor"),
    "cursor-body": ("body cursor", "cursor"),
    "after-query/nextUri": ("query after", "after"),
    "after-query/after": ("query after", "after"),
    "after-query/cursors.after": ("query after", "cursors.after"),
    "after-body": ("body after", "after"),
    "search-q64": ("query q64", "nextPage"),
    "reply has cursor, request has none": ("query after", "cursors.after"),
    "nextPage-query/nextUri": ("query nextPage", "nextPage"),
}


@cache
def expected() -> dict[str, tuple[str, str]]:
    lines = [line.split("\t") for line in EXPECTED.read_text().splitlines() if "\t" in line]
    return {key: (style, items) for key, style, items in lines}


def operations() -> Iterator[tuple[Operation[Any], str, str]]:
    """Every operation that lists, once, with its style and the path of its items."""
    seen: set[str] = set()
    for name in api.__all__:
        module = import_module(f"genesys_core.api.{name}")
        for builder in vars(module).values():
            if not isinstance(builder, FunctionType) or builder.__module__ != module.__name__:
                continue
            operation = build(builder)
            key = f"{operation.endpoint.method} {operation.endpoint.path}"
            if operation.endpoint.listing is not None and key in expected() and key not in seen:
                seen.add(key)
                style, items = expected()[key]
                yield operation, style, {"(array)": "", "-": "entities"}.get(items, items)


def build(builder: FunctionType) -> Operation[Any]:
    required = [
        one for one in signature(builder).parameters.values() if one.default is Parameter.empty
    ]
    given: dict[str, Any] = {one.name: 1 if one.annotation == "int" else "x" for one in required}
    operation: Operation[Any] = builder(**given)
    kind = operation.endpoint.body
    if "body" in signature(builder).parameters and kind is not None:
        given["body"] = {"array": [], "string": "x"}.get(kind, {})
    query = dict(operation.query)
    given |= {name: "start" for name in ("q64",) if name in query and name in given}
    return builder(**given)  # type: ignore[no-any-return]


class Server:
    """Pages by one style."""

    def __init__(self, operation: Operation[Any], style: str, items: str, *, bare: bool) -> None:
        self.operation, self.style, self.items, self.bare = operation, style, items, bare
        self.reply_type = resolve_type(operation.endpoint.returns or "object")
        self.requests = 0

    def __call__(self, request: Request) -> Response:
        self.requests += 1
        assert self.requests <= PAGES + 1, "it does not end"
        return json_response(self.page(self.number(request)))

    def number(self, request: Request) -> int:
        """The page that is asked for, counted from 0."""
        query = {name: values[-1] for name, values in parse_qs(urlsplit(request.url).query).items()}
        if "linked" in query:
            return int(query["linked"])
        body = json.loads(request.body) if request.body else {}
        paging = body.get("paging", {}) if isinstance(body, dict) else {}
        body = body if isinstance(body, dict) else {}
        said: dict[str, Any] = {
            "query": query,
            "body": {**body, "paging": paging.get("pageNumber")},
        }
        if self.style in NUMBERED:
            where, _, name = NUMBERED[self.style].partition(" ")
            return int(said[where].get(name) or 1) - 1
        if self.style in TOKENS:
            where, _, name = TOKENS[self.style][0].partition(" ")
            token = str(said[where].get(name))
            return int(token.removeprefix("token")) if token.startswith("token") else 0
        if self.style == "scim":
            return (int(query.get("startIndex", 1)) - 1) // SIZE
        is_later = self.style.startswith("time-window") and "before" in query
        return int(query["before"][11:13]) if is_later else 0

    def page(self, number: int) -> Any:
        if not self.is_paged():
            found = [self.item(at) for at in range(COUNT)]
        else:
            found = [self.item(at) for at in range(number * SIZE, min(COUNT, (number + 1) * SIZE))]
        if not self.items:
            return found
        *outer, name = self.items.split(".")
        envelope: dict[str, Any] = {name: found, **self.said(number, outer)}
        return {outer[0]: envelope} if outer else envelope

    def is_paged(self) -> bool:
        if self.style in NUMBERED or self.style in TOKENS or self.style == "scim":
            return True
        if self.style.startswith("time-window"):
            return True
        return (
            "nextUri" in self.fields([])
            and not self.bare
            and self.operation.endpoint.method == "GET"
        )

    def fields(self, outer: list[str]) -> set[str]:
        kind = self.reply_type
        for name in outer:
            fields = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
            hint = kind.__annotations__[fields[name]]
            kind = next((one for one in get_args(hint) or (hint,) if isinstance(one, type)), hint)
        return set(getattr(kind, "__struct_encode_fields__", ()))

    def said(self, number: int, outer: list[str]) -> dict[str, Any]:
        fields = set() if outer else self.fields([])
        is_last = number >= PAGES - 1
        said: dict[str, Any] = {}
        if self.style in TOKENS:
            place = TOKENS[self.style][1]
            name, _, inner = place.partition(".")
            if not is_last:
                token = f"token{number + 1}"
                said[name] = {inner: token} if inner else token
        if self.bare:
            return said
        pages = PAGES if self.is_paged() else 1
        counts = {"pageCount": pages, "pageNumber": number + 1, "pageSize": SIZE, "total": COUNT,
                  "totalResults": COUNT, "totalHits": COUNT}  # fmt: skip
        said |= {name: value for name, value in counts.items() if name in fields}
        if "nextUri" in fields and not is_last and self.is_paged():
            said["nextUri"] = f"{urlsplit(self.operation.endpoint.path).path}?linked={number + 1}"
        return said

    def item(self, at: int) -> Any:
        item_type = self.item_type()
        if item_type is str:
            return f"i{at}"
        said: dict[str, Any] = {"id": f"i{at}"}
        known = getattr(item_type, "__struct_encode_fields__", ())
        said |= {name: f"i{at}" for name in ("conversationId", "userId", "name") if name in known}
        if self.style.startswith("time-window"):
            said["dateCreated"] = f"2026-01-01T{at // SIZE + 1:02}:00:00Z"
        return said

    def item_type(self) -> Any:
        if not self.items and get_args(self.reply_type):
            return get_args(self.reply_type)[0]
        return None


def read(operation: Operation[Any], style: str, items: str, *, bare: bool) -> tuple[list[Any], int]:
    server = Server(operation, style, items, bare=bare)
    with Client(
        host="https://api.example",
        access_token="t",
        trust_env=False,
        transport=MockTransport(server),
    ) as client:
        return list(client.paginate(operation)), server.requests


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::genesys_cloud.IncompleteListingWarning")
@pytest.mark.parametrize("bare", [False, True], ids=["full", "bare"])
def test_every_listing_is_read_to_its_end(bare: bool) -> None:
    models.preload()
    wrong: list[str] = []
    count = paged = 0
    for operation, style, items in operations():
        count += 1
        key = f"{operation.endpoint.method} {operation.endpoint.path} ({style})"
        try:
            found, requests = read(operation, style, items, bare=bare)
        except Exception as error:  # noqa: BLE001 - all of them are looked at
            wrong.append(f"{key}: {type(error).__name__}: {error}")
            continue
        paged += requests > 1
        names = [name_of(one) for one in found]
        known = [name for name in names if name is not None]
        if len(found) != COUNT or known != [f"i{at}" for at in range(COUNT)][: len(known)]:
            wrong.append(f"{key}: {len(found)} items in {requests} requests: {names}")
    assert wrong == [], "\n".join(wrong[:20])
    assert count == 965
    assert paged == (495 if bare else 539)  # the other 44 have nothing but links


def name_of(item: Any) -> Any:
    if isinstance(item, str):
        return item
    for name in ("id", "conversationId", "userId"):
        found = read_path(item, name)
        if isinstance(found, str):
            return found
    return None
