"""Proxies against a real one that wants credentials: tinyproxy, before plain and TLS servers."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from genesys_cloud import AsyncClient, Client, RetryConfiguration
from genesys_cloud.transports import AsyncSocketTransport, SocketTransport
from genesys_core import errors
from genesys_core.api import users
from tests.helpers.flavours import RUNNERS, Api, every_flavour
from tests.helpers.proxy import PASSWORD, USER, Proxy, tinyproxy
from tests.helpers.server import Reply, refused_url, scripted_server
from tests.helpers.tls import Certificates, nginx

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory):
    with tinyproxy(tmp_path_factory.mktemp("proxy")) as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def tls_server(certificates: Certificates):
    with nginx(certificates, clients="optional") as url:
        yield url


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch):
    """Sets proxies in an environment that has none."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch.setenv


def shown(error: BaseException) -> str:
    """All that a program or a log may show of an error."""
    return "".join([repr(error), str(error), *traceback.format_exception(error)])


def run_trusting(name: str, scenario, **options) -> None:
    """As the runner of a flavour, but with the environment."""
    import asyncio

    import trio

    from tests.helpers.flavours import AsyncioApi, SyncApi, TrioApi, run_now

    async def main(api) -> None:
        async with AsyncClient(**options) as client:
            await scenario(api(client))

    if name == "sync":
        with Client(**options) as client:
            run_now(scenario(SyncApi(client)))
    elif name == "asyncio":
        asyncio.run(main(AsyncioApi))
    else:
        trio.run(main, TrioApi)


every_name = pytest.mark.parametrize("name", RUNNERS)


@every_flavour
def test_a_plain_server_behind_a_proxy(run, proxy: Proxy):
    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).id == "1"
        assert PASSWORD not in repr(api.client)
        assert PASSWORD not in repr(api.client._transport)

    with scripted_server(lambda _: Reply(json={"id": "1"})) as server:
        run(scenario, host=server.url, proxy=proxy.url, access_token="t")
    (seen,) = server.requests
    assert "tinyproxy" in (seen.header("via") or "")
    assert seen.header("authorization") == "Bearer t"
    assert seen.header("proxy-authorization") is None


@every_flavour
def test_a_tls_server_behind_a_proxy(run, proxy: Proxy, tls_server, certificates):
    before = proxy.asked("CONNECT")

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).name == "SUCCESS"

    options = {"verify": certificates.ca_file, "cert": certificates.both}
    run(scenario, host=tls_server, proxy=proxy.url, **options)
    assert proxy.asked("CONNECT") == before + 1


@every_flavour
def test_a_stranger_behind_a_proxy_is_not_trusted(run, proxy: Proxy, tls_server):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.TlsError):
            await api.send(users.get_users_me())

    run(scenario, host=tls_server, proxy=proxy.url)


@every_flavour
@pytest.mark.parametrize("credentials", ["wrong", "none"])
def test_a_proxy_that_lets_nobody_through_to_tls(run, proxy: Proxy, tls_server, credentials):
    async def scenario(api: Api) -> None:
        # tinyproxy answers 401 to wrong credentials, where RFC 9110 wants 407 as well.
        with pytest.raises(errors.ProxyError, match=r"40[17]") as caught:
            await api.send(users.post_users({"name": "x"}))
        assert not caught.value.sent
        assert caught.value.is_retry_safe
        assert "hunter3" not in shown(caught.value)

    url = proxy.url_of(USER, "hunter3") if credentials == "wrong" else proxy.bare_url
    run(scenario, host=tls_server, proxy=url)


@every_flavour
def test_a_proxy_that_lets_nobody_through_to_a_plain_server(run, proxy: Proxy):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ProxyError, match=r"407") as caught:
            await api.send(users.get_users_me())
        assert not caught.value.sent

    with scripted_server(lambda _: Reply(json={})) as server:
        run(scenario, host=server.url, proxy=proxy.bare_url)
    assert server.requests == []


@every_flavour
def test_a_proxy_that_is_not_there_is_a_proxy_error(run):
    url = refused_url().replace("http://", "http://user:hunter2@")

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ProxyError) as caught:
            await api.send(users.get_users_me())
        assert not caught.value.sent
        assert "hunter2" not in shown(caught.value)

    run(scenario, host="https://api.example", proxy=url)


@every_flavour
def test_a_server_that_the_proxy_cannot_reach(run, proxy: Proxy):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ProxyError) as caught:
            await api.send(users.post_users({"name": "x"}))
        assert not caught.value.sent

    run(scenario, host=refused_url().replace("http:", "https:"), proxy=proxy.url)


@every_flavour
def test_a_proxy_error_is_repeated_where_retry_is_on(run, tmp_path: Path):
    """What the proxy refuses was not sent, so that even a POST may be repeated."""

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ProxyError) as caught:
            await api.send(users.post_users({"name": "x"}))
        assert len(caught.value.attempts) == 3

    retry = RetryConfiguration(max_retry_time_sec=60, retry_max=2, retry_after_default=0)
    with tinyproxy(tmp_path, password="another") as other:
        run(scenario, host="https://api.example", proxy=other.url, retry=retry)


@every_name
def test_the_environment_names_a_proxy(name, environment, proxy: Proxy):
    environment("HTTP_PROXY", proxy.url)

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())

    with scripted_server(lambda _: Reply(json={})) as server:
        run_trusting(name, scenario, host=server.url)
        RUNNERS[name](scenario, host=server.url)
        environment("NO_PROXY", "127.0.0.1")
        run_trusting(name, scenario, host=server.url)
    assert ["via" in {n.lower() for n, _ in seen.headers} for seen in server.requests] == [
        True,
        False,
        False,
    ]


@every_name
def test_the_environment_names_a_proxy_for_tls(name, environment, proxy, tls_server, certificates):
    environment("https_proxy", proxy.url)
    before = proxy.asked("CONNECT")

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).name == "NONE"

    run_trusting(name, scenario, host=tls_server, verify=certificates.ca_file)
    assert proxy.asked("CONNECT") == before + 1
    RUNNERS[name](scenario, host=tls_server, verify=certificates.ca_file)
    assert proxy.asked("CONNECT") == before + 1


@every_name
def test_an_argument_wins_over_the_environment(name, environment, proxy: Proxy):
    environment("HTTP_PROXY", refused_url())
    environment("NO_PROXY", "*")

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())

    with scripted_server(lambda _: Reply(json={})) as server:
        run_trusting(name, scenario, host=server.url, proxy=proxy.url)
    assert "tinyproxy" in (server.requests[0].header("via") or "")


def test_credentials_may_be_percent_encoded(proxy: Proxy):
    encoded = proxy.url_of(USER.replace("-", "%2D"), PASSWORD.replace("h", "%68"))
    with (
        scripted_server(lambda _: Reply(json={})) as server,
        Client(host=server.url, proxy=encoded, trust_env=False) as client,
    ):
        client.users.get_users_me()
    assert len(server.requests) == 1


def test_a_proxy_may_be_a_bare_host_and_port(tmp_path: Path, proxy: Proxy):
    bare = proxy.url.removeprefix("http://")
    with (
        scripted_server(lambda _: Reply(json={})) as server,
        Client(host=server.url, proxy=bare, trust_env=False) as client,
    ):
        client.users.get_users_me()
    assert "via" in {name.lower() for name, _ in server.requests[0].headers}


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    "url",
    [
        *("", "ftp://user:hunter2@proxy.example", "http://user:hunter2@", "http://[::1:3128"),
        "http://user:hunter2@proxy.example:port",
    ],
)
def test_a_proxy_that_cannot_be_used(kind, url):
    with pytest.raises(errors.ConfigurationError, match=r"^proxy '") as caught:
        kind(host="https://api.example", proxy=url, trust_env=False)
    assert "hunter2" not in shown(caught.value)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_proxy_that_is_no_text_is_refused(kind):
    with pytest.raises(TypeError, match="proxy must be the URL of a proxy or None, not an int"):
        kind(host="https://api.example", proxy=7, trust_env=False)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_environment_that_cannot_be_used(kind, environment, monkeypatch):
    for library in ("socksio", "python_socks"):
        monkeypatch.setitem(sys.modules, library, None)
    environment("HTTPS_PROXY", "ftp://user:hunter2@proxy.example")
    with pytest.raises(
        errors.ConfigurationError, match=r"^environment: .*trust_env=False"
    ) as caught:
        kind(host="https://api.example")
    assert "hunter2" not in shown(caught.value)
    environment("HTTPS_PROXY", "socks5://user:hunter2@proxy.example")
    with pytest.raises(errors.ConfigurationError, match=r"socks.*install") as caught:
        kind(host="https://api.example")
    assert "hunter2" not in shown(caught.value)


@pytest.mark.parametrize("kind", [SocketTransport, AsyncSocketTransport])
def test_a_transport_shows_nothing_of_its_proxy(kind, proxy: Proxy):
    assert PASSWORD not in repr(kind({"proxy": proxy.url, "trust_env": False}))


@pytest.mark.slow
def test_an_environment_without_proxies_costs_no_import(environment) -> None:
    code = (
        "import sys; from genesys_cloud.transports import SocketTransport; SocketTransport(); "
        "print('urllib.request' in sys.modules)"
    )

    def loads() -> str:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()

    system_has_settings = sys.platform in {"darwin", "win32"}
    assert loads() == str(system_has_settings)
    environment("No_Proxy", "localhost")
    assert loads() == "True"
