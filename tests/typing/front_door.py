"""What type checkers see of the one import; checked by mypy and pyright, never run."""

from collections.abc import Coroutine
from typing import Any, assert_type

import genesys_cloud
from genesys_cloud import (
    AsyncClient,
    AsyncUsersApi,
    Client,
    LoggingConfiguration,
    NotFoundError,
    Region,
    Telemetry,
    TimeoutError,  # noqa: A004 - ours
    UsersApi,
    api,
    errors,
    models,
    to_json,
)
from genesys_cloud.api import routing, users
from genesys_cloud.client.paginators import Paginator
from genesys_cloud.errors import RateLimitError
from genesys_cloud.models import CreateUser, UserMe


async def names(client: Client, async_client: AsyncClient) -> None:
    assert_type(UsersApi(client).get_users_me(), models.UserMe)
    one: Coroutine[Any, Any, UserMe] = AsyncUsersApi(async_client).get_users_me()
    assert_type(await one, UserMe)
    assert_type(client.users, UsersApi)
    assert_type(client.send(api.users.get_users_me()), UserMe)
    assert_type(client.send(users.get_users_me()), genesys_cloud.models.UserMe)
    assert_type(client.paginate(routing.get_routing_queues()), Paginator[models.Queue])
    assert_type(to_json(CreateUser(name="Ann")), bytes)
    assert_type(list(Region), list[Region])
    assert_type(LoggingConfiguration().to_console, bool | None)
    assert_type(Region.eu_west_1.domain, str)
    Telemetry()
    str(genesys_cloud.Clinet)  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    str(models.Usre)  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]


def failures(client: Client) -> None:
    try:
        client.users.get_user("id")
    except NotFoundError as failure:
        assert_type(failure.correlation_id, str | None)
        known: errors.ApiError = failure
        assert_type(known.status, int)
    except RateLimitError as failure:
        assert_type(failure.retry_after, float | None)
    except TimeoutError as failure:
        assert_type(failure.is_retry_safe, bool | None)


async def through_the_class(client: Client, async_client: AsyncClient) -> None:
    assert_type(UsersApi.get_users_me(client.users), UserMe)
    assert_type(
        await AsyncUsersApi.get_users_me(async_client.users, expand=["team"]),
        UserMe,
    )
