"""The public API as type checkers see it; checked by mypy and pyright, never run.

A line that must be an error carries an ignore comment, which is itself an error where it is not
needed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, Literal, assert_type

from genesys_cloud import (
    NOTIFICATION_TOPICS,
    NULL,
    AsyncClient,
    AsyncNotificationHandler,
    Client,
    ClientCredentials,
    Gap,
    Implicit,
    Notification,
    NotificationHandler,
    Region,
    Token,
)
from genesys_cloud.apis import AsyncUsersApi, UsersApi
from genesys_cloud.client.auth import AsyncAuth, Auth
from genesys_cloud.client.jobs import AsyncJob, Job
from genesys_cloud.client.paginators import AsyncPaginator, Paginator
from genesys_cloud.token_stores import FileTokenStore, MemoryTokenStore
from genesys_core import models
from genesys_core.api import analytics, routing, users
from genesys_core.calls.lifecycle import NeedToken, Sending, Waiting
from genesys_core.calls.operation import Operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.clock import Now
from genesys_core.codec.model import Model
from genesys_core.http.messages import Request, Response
from genesys_core.session.session import Session


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
    assert_type(client.pages(users.get_users()), Paginator[models.UserEntityListing])
    assert_type(client.paginate(users.get_users(), limit=5), Paginator[models.User])
    every: Iterator[models.User] = client.paginate(users.get_users())
    assert_type(next(every), models.User)
    assert_type(client.users.get_users.paginate(page_size=100), Paginator[models.User])
    assert_type(client.users.get_users.pages(), Paginator[models.UserEntityListing])
    assert_type(client.users.get_users.raw(page_size=1), ApiResponse[models.UserEntityListing])
    assert_type(client.users.get_user.raw("id"), ApiResponse[models.User])
    fewer = client.users.get_users.with_paging(limit=5, prefetch=2, resume=None)
    assert_type(fewer.paginate(page_size=100), Paginator[models.User])
    nested = client.response_management.post_responsemanagement_responses_query
    assert_type(nested.paginate({}), Paginator[models.Response])
    details = client.analytics.get_analytics_users_details_job_results
    assert_type(details.paginate("job"), Paginator[models.AnalyticsUserDetail])
    assert_type(client.search.post_search.paginate({}), Paginator[Any])
    array = client.users.get_user_queues
    assert_type(array.paginate("id"), Paginator[models.UserQueue])
    start = client.analytics.post_analytics_conversations_details_jobs
    job = start.run({})
    assert_type(job, Job[models.AsyncQueryStatus, models.AnalyticsConversation])
    assert_type(job.wait(deadline=5), models.AsyncQueryStatus)
    assert_type(job.results(), Iterator[models.AnalyticsConversation])
    assert_type(start({}), models.AsyncQueryResponse)
    again = analytics.post_analytics_users_details_jobs({})
    assert_type(client.run(again), Job[models.AsyncQueryStatus, models.AnalyticsUserDetail])
    assert_type(client.job(again, "id"), Job[models.AsyncQueryStatus, models.AnalyticsUserDetail])
    status = analytics.get_analytics_users_details_job("id")
    assert_type(client.job(status), Job[models.AsyncQueryStatus, Any])
    assert_type(client.wait_until(users.get_user("id"), lambda user: user.name), models.User)
    start.run(bodies={})  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.users.get_user.run("id")  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    client.run(users.get_user("id"))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.users.get_users.paginate(pagesize=100)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.users.get_users.with_paging(limits=5)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.users.get_user.paginate("id")  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    client.paginate(users.get_user("id"))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(client.paginate(routing.get_routing_queues()), Paginator[models.Queue])
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
    me, queues = await asyncio.gather(
        client.users.get_users_me(), client.routing.get_routing_queues.raw()
    )
    assert_type(me, models.UserMe)
    assert_type(queues, ApiResponse[models.QueueEntityListing])
    assert_type(client.paginate(users.get_users(), max_pages=2), AsyncPaginator[models.User])
    every: AsyncIterator[models.User] = client.paginate(users.get_users())
    start = client.analytics.post_analytics_users_details_jobs
    job = await start.run({})
    assert_type(job, AsyncJob[models.AsyncQueryStatus, models.AnalyticsUserDetail])
    assert_type(await job.wait(), models.AsyncQueryStatus)
    assert_type(job.results(limit=5), AsyncIterator[models.AnalyticsUserDetail])
    assert_type(await client.wait_until(users.get_user("id"), lambda user: user.id), models.User)
    assert_type(await anext(every), models.User)
    assert_type(client.users.get_users.paginate(page_size=100), AsyncPaginator[models.User])
    assert_type(client.users.get_users.pages(), AsyncPaginator[models.UserEntityListing])
    assert_type(await client.users.get_users.raw(), ApiResponse[models.UserEntityListing])
    fewer = client.users.get_users.with_paging(limit=5)
    assert_type(fewer.paginate(page_size=100), AsyncPaginator[models.User])
    async with client.users.get_users.paginate() as paginator:
        async for user in paginator:
            assert_type(user, models.User)
    client.users.get_user.paginate("id")  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    await client.users.get_users_me(expnd=["x"])  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def auth(client: Client, grant: ClientCredentials, store: FileTokenStore) -> None:
    assert_type(client.auth, Auth)
    assert_type(client.auth.token, Token | None)
    assert_type(client.auth.signed_in, bool)
    assert_type(client.auth.expires_at, float | None)
    assert_type(client.auth.scope, str | None)
    assert_type(client.auth.exchange(grant), Token)
    assert_type(client.auth.refresh(), Token)
    client.auth.use(Token("a"), grant)
    client.auth.sign_out()
    client.auth.exchange(Implicit("id", "https://app/"))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.auth.token = None  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
    Client(auth=grant, token_store=store)
    Client(auth=grant, token_store=MemoryTokenStore())
    Client(auth=grant, token_store="tokens.json")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


async def auth_of_tasks(client: AsyncClient, grant: ClientCredentials) -> None:
    assert_type(client.auth, AsyncAuth)
    assert_type(client.auth.expires_in, float | None)
    assert_type(await client.auth.exchange(grant), Token)
    assert_type(await client.auth.refresh(), Token)
    await client.auth.use(Token("a"))
    await client.auth.sign_out()
    print(client.auth.refresh().access_token)  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]


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


def states(
    sending: Sending[int], need: NeedToken[int], waiting: Waiting[int], session: Session, now: Now
) -> None:
    sending.received(Response(200), now=now)
    waiting.woke(session, now=now)
    sending.woke(session, now=now)  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    need.received(Response(200), now=now)  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    sending.received(Response(200))  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def operations(operation: Operation[models.UserMe]) -> None:
    assert_type(operation.with_options(strict=True), Operation[models.UserMe])
    wider: Operation[object] = operation
    narrower: Operation[models.User] = operation  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]
    print(wider, narrower, Request("GET", "https://x.example"))


def listening(client: Client) -> None:
    handler = client.notification_handler(buffer=10, overflow="drop_oldest", on_state=print)
    assert_type(handler, NotificationHandler)
    handler.add_subscription("v2.users.u.presence", models.PresenceEventUserPresence, timeout=5)
    for event in handler:
        assert_type(event, Notification[Any] | Gap)
    client.notification_handler(overflow="drop")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.notification_handler(bufer=10)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.notification_handler(on_notification=lambda: None)  # type: ignore[arg-type,misc] # pyright: ignore[reportArgumentType]
    assert_type(NOTIFICATION_TOPICS["v2.users.{id}.presence"], type[Model])


async def listening_asynchronously(client: AsyncClient) -> None:
    async def on_notification(event: Notification[Any] | Gap) -> None: ...

    client.notification_handler(on_notification=on_notification)
    async with client.notification_handler() as handler:
        assert_type(handler, AsyncNotificationHandler)
        await handler.add_subscriptions(["v2.users.u.presence"])
        async for event in handler:
            assert_type(event, Notification[Any] | Gap)
