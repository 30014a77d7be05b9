"""All that a program needs comes from ``genesys_cloud``, and what it shows of itself is true."""

from __future__ import annotations

import asyncio
import inspect
import pydoc
import re
import subprocess
import sys
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import pytest

import genesys_cloud
import genesys_core.api
from genesys_cloud import AsyncClient, Client, Region, api, errors, models
from genesys_cloud.apis import AsyncUsersApi, UsersApi
from genesys_cloud.testing import AsyncMockTransport, MockTransport, json_response
from tests.helpers.pages import USER_PAGES, imports_of

EMBEDDERS = {"embedding.md", "simulator.md"}
"""The pages for those who drive the core themselves; the others need no second package."""


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def client():
    transport = MockTransport(lambda request: json_response({"name": "Ann"}))
    with Client(
        host="http://x.example", access_token="t", transport=transport, trust_env=False
    ) as it:
        yield it


@pytest.fixture
def async_client() -> AsyncClient:
    transport = AsyncMockTransport(lambda request: json_response({"name": "Ann"}))
    return AsyncClient(
        host="http://x.example", access_token="t", transport=transport, trust_env=False
    )


def test_errors_settings_and_apis_are_imported_by_name() -> None:
    assert run(
        "from genesys_cloud import AsyncUsersApi, LoggingConfiguration, NotFoundError, UsersApi\n"
        "from genesys_cloud.models import UserMe\n"
        "from genesys_cloud.errors import TimeoutError\n"
        "from genesys_cloud.api import users\n"
        "import genesys_cloud\n"
        "print(genesys_cloud.models.UserMe is UserMe, genesys_cloud.api.users is users)\n"
    ).split() == ["True", "True"]


def test_modules_are_there_without_an_import_of_their_own() -> None:
    script = "import genesys_cloud as g; print(g.models.UserMe, g.errors.ApiError, g.api.users)"
    assert "UserMe" in run(script)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_at_the_front_door(name: str) -> None:
    assert getattr(genesys_cloud, name) is getattr(errors, name)


@pytest.mark.slow
def test_a_star_import_needs_no_extra_and_hides_no_builtin() -> None:
    assert run(
        "import builtins, sys\n"
        "sys.modules['opentelemetry'] = None\n"
        "before = set(dir(builtins))\n"
        "from genesys_cloud import *\n"
        "print(*sorted(before & set(globals()) - {'__doc__', '__loader__', '__name__',\n"
        "    '__package__', '__spec__', '__build_class__', '__debug__', '__import__'}))\n"
        "print(Client.__name__, NotFoundError.__name__)\n"
    ).splitlines() == ["", "Client NotFoundError"]


def test_modules_of_the_core_are_passed_on_whole() -> None:
    from genesys_core import api as core_api
    from genesys_core import models as core_models

    assert dir(models) == dir(core_models)
    assert dir(api) == dir(core_api)
    with pytest.raises(AttributeError, match="did you mean UserMe"):
        models.Userme  # noqa: B018
    with pytest.raises(AttributeError, match="no API usres"):
        api.usres  # noqa: B018


def test_regions_can_be_listed() -> None:
    assert len(list(Region)) == 18
    assert Region.eu_west_1 in list(Region)
    assert {region.name for region in Region} >= {"us_east_1", "eusc_de_east_1"}


@pytest.mark.parametrize(
    "page", [page for page in USER_PAGES if page.name not in EMBEDDERS], ids=lambda page: page.name
)
def test_the_pages_for_users_import_from_one_package(page) -> None:
    front = {*genesys_cloud.__all__, "TimeoutError"}
    for module, name in imports_of(page):
        if module.partition(".")[0] == "genesys_core":
            assert name not in front, f"{page.name}: from {module} import {name}"


# --- what methods say of themselves


def test_a_sync_method_says_that_it_returns_the_model(client: Client) -> None:
    shown = inspect.signature(client.users.get_users_me)
    assert shown.return_annotation is models.UserMe
    assert shown.parameters["expand"].annotation == Sequence[str] | None
    assert isinstance(client.users.get_users_me(), shown.return_annotation)
    assert not inspect.iscoroutinefunction(client.users.get_users_me)


def test_an_async_method_says_that_it_returns_a_coroutine(async_client: AsyncClient) -> None:
    shown = inspect.signature(async_client.users.get_users_me)
    assert shown.return_annotation == Coroutine[Any, Any, models.UserMe]
    assert isinstance(asyncio.run(async_client.users.get_users_me()), models.UserMe)
    marked = inspect.iscoroutinefunction(async_client.users.get_users_me)
    assert marked == (sys.version_info >= (3, 12))  # earlier versions have no mark to set


def test_a_body_may_be_a_model_or_a_mapping(client: Client) -> None:
    (body,) = inspect.signature(client.users.post_users).parameters.values()
    assert body.annotation == models.CreateUser | Mapping[str, object]


@pytest.mark.parametrize("kind", [UsersApi, AsyncUsersApi])
def test_help_names_the_class_and_the_reply(kind, client, async_client) -> None:
    users = client.users if kind is UsersApi else async_client.users
    for method in (users.get_user, kind.get_user):
        text = pydoc.plain(pydoc.render_doc(method))
        assert "module genesys_cloud.apis.users" in text
        assert "get_user(" in text
        assert re.search(r"-> [^\n]*User", text)
        assert ("Coroutine" in text) == (kind is AsyncUsersApi)
        assert "Operation[" not in text
        assert "GET /api/v2/users/{userId}" in text
    assert f"{kind.__name__}.get_user" in repr(users.get_user)


def test_help_of_a_class_lists_its_methods() -> None:
    text = pydoc.plain(pydoc.render_doc(UsersApi))
    # From Python 3.13, each parameter of a long signature has its own line.
    assert re.search(
        r"get_users_me\(\s*(\| *)?self,\s*(\| *)?/,\s*(\| *)?\*,\s*(\| *)?expand:", text
    )
    assert "(...)" not in text
    assert "Operation[" not in text


def test_a_method_is_called_through_its_class_as_well(client: Client) -> None:
    assert UsersApi.get_users_me(client.users).name == "Ann"
    shown = inspect.signature(UsersApi.get_users_me)
    assert next(iter(shown.parameters)) == "self"


def test_a_method_is_bound_once(client: Client) -> None:
    assert client.users.get_user is client.users.get_user
    twin = client.with_options(timeout=3)
    assert twin.users.get_user is not client.users.get_user


def test_a_wrong_argument_of_an_async_method_is_an_error_before_it_is_awaited(async_client) -> None:
    with pytest.raises(TypeError, match="user_id"):
        async_client.users.get_user()


@pytest.mark.slow
@pytest.mark.parametrize("name", genesys_core.api.__all__)
def test_every_method_has_a_true_signature(name: str, client: Client) -> None:
    builders = [key for key, one in vars(getattr(api, name)).items() if inspect.isfunction(one)]
    assert builders
    for owner in (getattr(client, name), type(getattr(client, name))):
        for key in builders:
            text = str(inspect.signature(getattr(owner, key)))
            assert "Operation[" not in text, (name, key)
            assert "_m." not in text, (name, key)
            assert "ForwardRef" not in text, (name, key)
