"""The public API as type checkers see it; checked by mypy and pyright, never run.

A line that must be an error carries an ignore comment, which is itself an error where it is not
needed.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, Literal, assert_type

from genesys_cloud import NULL, AsyncClient, Client, ClientCredentials, Region
from genesys_cloud.apis import AsyncUsersApi, UsersApi
from genesys_core import models
from genesys_core.api import routing, users
from genesys_core.lifecycle import NeedToken, Sending, Waiting
from genesys_core.message import Request, Response
from genesys_core.operation import Operation
from genesys_core.replies import ApiResponse
from genesys_core.values import Now


def construct() -> None:
    Client(region=Region.eu_west_1, auth=ClientCredentials("id", "secret"))
    AsyncClient(host="https://api.mypurecloud.de", access_token="token")
    Client(regoin="eu_west_1")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Client("eu_west_1")  # type: ignore[call-arg, arg-type] # pyright: ignore[reportCallIssue]


def sync(client: Client) -> None:
    assert_type(client.users, UsersApi)
    assert_type(client.users.get_users_me(expand=["presence"]), models.UserMe)
    assert_type(client.users.get_user("id"), models.User)
    assert_type(UsersApi(client).get_user(user_id="id"), models.User)
    assert_type(client.send(users.get_users_me()), models.UserMe)
    assert_type(client.send_raw(users.get_users()), ApiResponse[models.UserEntityListing])
    assert_type(client.send_raw(users.get_users()).data, models.UserEntityListing)
    assert_type(client.pages(users.get_users()), Iterator[models.UserEntityListing])
    assert_type(client.paginate(users.get_users()), Iterator[models.User])
    assert_type(client.paginate(routing.get_routing_queues()), Iterator[models.Queue])
    assert_type(client.users.delete_user("id"), Any)
    client.users.get_users_me(expand="presence")
    client.users.get_users_me(expand=["not known yet"])
    client.users.get_users_me(expnd=["presence"])  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.users.get_user()  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.users.post_users(models.CreateUser(name="x"))
    client.users.post_users({"name": "x", "title": None})
    client.users.post_users(["x"])  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


async def asynchronous(client: AsyncClient) -> None:
    assert_type(client.users, AsyncUsersApi)
    assert_type(await client.users.get_users_me(expand=["presence"]), models.UserMe)
    assert_type(await client.send(users.get_users_me()), models.UserMe)
    assert_type(client.paginate(users.get_users()), AsyncIterator[models.User])
    await client.users.get_users_me(expnd=["x"])  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def fields(user: models.User, create: models.CreateUser) -> None:
    assert_type(user.name, str | None)
    assert_type(user.date_last_login, datetime | None)
    assert_type(user.state, Literal["active", "inactive", "deleted"] | str | None)
    user.department = NULL
    user.department = None
    user.state = "a newer state"
    user.name = 3  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue]
    user.nmae = "x"  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    models.CreateUser(nmae="x")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def states(sending: Sending[int], need: NeedToken[int], waiting: Waiting[int], now: Now) -> None:
    sending.received(Response(200), now=now)
    waiting.woke(now=now)
    sending.woke(now=now)  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    need.received(Response(200), now=now)  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    sending.received(Response(200))  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def operations(operation: Operation[models.UserMe]) -> None:
    assert_type(operation.with_options(strict=True), Operation[models.UserMe])
    wider: Operation[object] = operation
    narrower: Operation[models.User] = operation  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]
    print(wider, narrower, Request("GET", "https://x.example"))
