"""The transports that the suite runs through."""

from __future__ import annotations

import ast
import re
import ssl
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

EVERYTHING = frozenset(
    {"bound", "stream", "upload", "deadline", "proxy", "https-proxy", "environment", "tls"}
)
if sys.platform == "linux":  # what looks into /proc, or rests on how Linux treats a full backlog
    EVERYTHING |= {"linux"}
SETTINGS = frozenset({"settings"})  # its settings are checked by this library when it is made
OWN = EVERYTHING | SETTINGS | {"limit", "idle", "age", "expect", "socks", "resume"}
OWN |= {"exchange", "channel"}  # driven by the core's exchange; its dialer serves the notifications


@dataclass(frozen=True)
class Subject:
    """One transport in one flavour.

    Attributes:
        name: as it stands in a test's id.
        flavour: "sync", "asyncio" or "trio".
        make: makes it from the options of :class:`~genesys_cloud.transports.NetworkOptions`, and
            ``limit``, ``per_origin``, ``idle`` and ``age`` of its pool.
        can: what it offers beyond requests over plain connections.
        slow: whether its cases are left out of the quick suite.
        foreign: whether it is somebody else's.
        interruptible: ends of the names of the files in which an interrupt is to be tried.
        loop: the module whose event loop it runs in, if it is of the flavour "asyncio".
    """

    name: str
    flavour: str
    make: Callable[..., Any]
    can: frozenset[str] = EVERYTHING
    slow: bool = False
    foreign: bool = False
    interruptible: tuple[str, ...] = ()
    loop: str = "asyncio"

    @property
    def family(self) -> str:
        """The transport, whatever its flavour."""
        return self.name.partition("-")[0]


def _sockets(kind: str) -> Callable[..., Any]:
    def make(
        *,
        limit: int | None = None,
        per_origin: int | None = None,
        idle: float | None = None,
        age: float | None = None,
        **options: Any,
    ) -> Any:
        from genesys_cloud import transports
        from genesys_core.transport import PoolLimits

        pool = {
            "connections": limit,
            "connections_per_key": per_origin,
            "keep_alive": idle,
            "max_age": age,
        }
        chosen = PoolLimits(**{name: value for name, value in pool.items() if value is not None})
        return getattr(transports, kind)({"trust_env": False, **options}, limits=chosen)

    return make


def _httpx(**options: Any) -> Any:
    from genesys_cloud.transports import HttpxTransport

    return HttpxTransport(network={"trust_env": False, **options})


def _async_httpx(**options: Any) -> Any:
    from genesys_cloud.transports import AsyncHttpxTransport

    return AsyncHttpxTransport(network={"trust_env": False, **options})


@cache
def _examples() -> dict[str, Any]:
    """What docs/transports.md defines."""
    page = Path(__file__).parents[4] / "docs" / "transports.md"
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    defined: dict[str, Any] = {"__name__": "examples"}
    for block in blocks:
        tree = ast.parse(block)
        tree.body = [
            each
            for each in tree.body
            if isinstance(each, ast.Import | ast.ImportFrom | ast.ClassDef)
        ]
        exec(compile(tree, str(page), "exec"), defined)
    return defined


def _context(verify: str | None, cert: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=verify)
    if cert is not None:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(cert)
            file.flush()
            context.load_cert_chain(file.name)
    return context


def _urllib3(
    *, proxy: str | None = None, verify: str | None = None, cert: str | None = None, **_: Any
) -> Any:
    import urllib3

    context = _context(verify, cert)
    if proxy is None:
        pool = urllib3.PoolManager(maxsize=100, ssl_context=context)
    else:
        parts = urlsplit(proxy)
        headers = {}
        if parts.username is not None:
            credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers = urllib3.make_headers(proxy_basic_auth=credentials)
        pool = urllib3.ProxyManager(
            proxy, proxy_headers=headers, ssl_context=context, proxy_ssl_context=context
        )
    transport = _examples()["Urllib3Transport"](pool)
    transport.close = pool.clear
    return transport


class _Aiohttp:
    """The example, whose session can be made in a loop only."""

    def __init__(self, verify: str | None = None, cert: str | None = None, **_: Any) -> None:
        self._context = _context(verify, cert)
        self._transport: Any = None

    async def send(self, request: Any) -> Any:
        import aiohttp

        if self._transport is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
            example = _examples()["AiohttpTransport"]
            self._transport = example(self._session, ssl=self._context)
        return await self._transport.send(request)

    async def close(self) -> None:
        if self._transport is not None:
            await self._session.close()
            self._transport = None


def _httpx2(**options: Any) -> Any:
    import httpx2

    from genesys_cloud.transports import HttpxTransport

    transport = HttpxTransport(client := httpx2.Client(**_options(httpx2, **options)))
    transport.close = client.close
    return transport


def _async_httpx2(**options: Any) -> Any:
    import httpx2

    from genesys_cloud.transports import AsyncHttpxTransport

    transport = AsyncHttpxTransport(client := httpx2.AsyncClient(**_options(httpx2, **options)))
    transport.close = client.aclose
    return transport


def _options(
    library: Any,
    *,
    proxy: str | None = None,
    verify: str | None = None,
    cert: str | None = None,
    trust_env: bool = False,
) -> dict[str, Any]:
    context = _context(verify, cert)
    own = {} if proxy is None else {"ssl_context": context if proxy.startswith("https") else None}
    return {
        "verify": context,
        "trust_env": trust_env,
        "proxy": None if proxy is None else library.Proxy(proxy, **own),
        "limits": library.Limits(max_connections=100, max_keepalive_connections=100),
    }


HTTPX = EVERYTHING | SETTINGS  # of a client that this library makes

INTERRUPTIBLE = (
    "transports/socket_transport.py",
    "core/transport/pool.py",
    "core/transport/owners.py",
)

SUBJECTS = [
    Subject(
        "sockets-sync",
        "sync",
        _sockets("SocketTransport"),
        OWN | {"interrupts"},
        interruptible=INTERRUPTIBLE,
    ),
    Subject("sockets-asyncio", "asyncio", _sockets("AsyncSocketTransport"), OWN),
    Subject("sockets-trio", "trio", _sockets("AsyncSocketTransport"), OWN),
    Subject(
        "sockets-uvloop",
        "asyncio",
        _sockets("AsyncSocketTransport"),
        OWN,
        slow=True,
        loop="uvloop",
    ),
    Subject("httpx-sync", "sync", _httpx, HTTPX, slow=True, foreign=True),
    Subject("httpx-asyncio", "asyncio", _async_httpx, HTTPX, slow=True, foreign=True),
    Subject("httpx-trio", "trio", _async_httpx, HTTPX, slow=True, foreign=True),
    Subject("httpx2-sync", "sync", _httpx2, foreign=True, slow=True),
    Subject("httpx2-asyncio", "asyncio", _async_httpx2, foreign=True, slow=True),
    Subject("httpx2-trio", "trio", _async_httpx2, foreign=True, slow=True),
    # The examples of docs/transports.md: they do not stream, keep no deadline and have no bound for
    # a body, so that a bomb would take the memory of the machine.
    Subject(
        "urllib3-sync",
        "sync",
        _urllib3,
        EVERYTHING & {"tls", "proxy", "https-proxy", "linux"},
        foreign=True,
        slow=True,
    ),
    Subject(
        "aiohttp-asyncio",
        "asyncio",
        _Aiohttp,
        EVERYTHING & {"tls", "linux"},
        foreign=True,
        slow=True,
    ),
]


def subject(name: str) -> Subject:
    """The entry of one name."""
    return next(each for each in SUBJECTS if each.name == name)
