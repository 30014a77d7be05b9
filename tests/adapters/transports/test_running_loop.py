"""Which event loop runs, with any version of trio, and with none."""

import asyncio
import sys

import pytest
import trio

from genesys_cloud import AsyncClient
from genesys_cloud.testing import AsyncMockTransport, json_response
from genesys_cloud.transports.running_loop import has_ended, in_trio, running_loop


@pytest.fixture(params=["with in_trio_run", "without it, before 0.29"])
def any_trio(request, monkeypatch):
    if request.param != "with in_trio_run":
        monkeypatch.delattr(trio.lowlevel, "in_trio_run", raising=False)


async def _found() -> tuple[bool, object]:
    return in_trio(), running_loop()


def test_each_loop_is_known(any_trio) -> None:
    on_asyncio, loop = asyncio.run(_found())
    on_trio, token = trio.run(_found)
    assert (on_asyncio, on_trio, in_trio()) == (False, True, False)
    assert isinstance(loop, asyncio.AbstractEventLoop)
    assert isinstance(token, trio.lowlevel.TrioToken)
    assert has_ended(loop)
    assert has_ended(token)


def test_a_run_of_trio_is_known_to_have_ended_while_the_interpreter_shuts_down(monkeypatch) -> None:
    token = trio.run(_found)[1]
    monkeypatch.setitem(sys.modules, "trio", None)  # as then, nothing can be imported
    assert has_ended(token)


def test_without_trio_only_asyncio_runs(monkeypatch) -> None:
    monkeypatch.delitem(sys.modules, "trio")
    assert asyncio.run(_found())[0] is False


def test_an_older_trio_does_not_disturb_a_client_on_asyncio(any_trio) -> None:
    client = AsyncClient(
        access_token="t", transport=AsyncMockTransport(lambda request: json_response({"id": "u1"}))
    )

    async def call() -> str | None:
        return (await client.users.get_users_me()).id

    assert asyncio.run(call()) == "u1"


def test_an_attribute_error_inside_a_property_keeps_its_cause(monkeypatch) -> None:
    class Broken(AsyncClient):
        @property
        def facts(self) -> object:
            return self.nothing_of_this_name

    client = Broken(
        access_token="t", transport=AsyncMockTransport(lambda request: json_response({}))
    )
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        client.facts  # noqa: B018
    with pytest.raises(AttributeError, match="'Broken' object has no attribute 'usres'"):
        client.usres  # noqa: B018
