"""Get, edit, send back: fields that this version does not know, through all flavours over real sockets."""

from __future__ import annotations

import json

import pytest

from genesys_core.api import routing, users
from genesys_core.errors import InvalidValueError
from genesys_core.models import Queue
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import Reply, Seen, scripted_server

QUEUE = {
    "id": "q",
    "name": "Support",
    "newer": {"x": [1]},
    "mediaSettings": {"voice": {"newest": 1}},
}
USER = {"id": "u", "name": "Ann", "newer": 1}


def answer(seen: Seen) -> Reply:
    if "/users" in seen.target:
        return Reply(json={"entities": [USER], "pageCount": 1, "pageNumber": 1, "total": 1})
    return Reply(json=QUEUE)


def bodies(server) -> list[object]:
    return [json.loads(seen.body) for seen in server.requests if seen.body]


@every_flavour
@pytest.mark.parametrize("off", ["never", "client", "call", "twin"])
def test_what_a_response_had_besides_is_sent_back(run, off):
    async def scenario(api: Api) -> None:
        get = routing.get_routing_queue("q")
        if off == "twin":
            api.client = api.client.with_options(keep_unknown=False)
        queue = await api.send(get.with_options(keep_unknown=False) if off == "call" else get)
        assert isinstance(queue, Queue)
        queue.name = "Sales"
        await api.send(routing.put_routing_queue("q", queue))

    options = {"keep_unknown": False} if off == "client" else {}
    with scripted_server(answer) as server:
        run(scenario, host=server.url, access_token="t", **options)
    (body,) = bodies(server)
    known = {"id": "q", "name": "Sales", "mediaSettings": {}}
    assert body == (QUEUE | {"name": "Sales"} if off == "never" else known)


@every_flavour
@pytest.mark.parametrize("keep", [True, "items"])
def test_items_of_listings_keep_theirs_if_wanted(run, keep):
    async def scenario(api: Api) -> None:
        (user,) = await api.items(users.get_users())
        await api.send(users.patch_user("u", user))

    with scripted_server(answer) as server:
        run(scenario, host=server.url, access_token="t", keep_unknown=keep)
    (body,) = bodies(server)
    assert body == (USER if keep == "items" else {"id": "u", "name": "Ann"})


@every_flavour
def test_another_word_is_refused(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(InvalidValueError, match="keep_unknown='all'"):
            api.client.with_options(keep_unknown="all")

    with scripted_server(answer) as server:
        run(scenario, host=server.url, access_token="t")
