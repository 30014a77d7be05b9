"""The core performs no I/O, reads no clock and starts no thread, neither when imported nor in use.

import-linter and ruff read the source; this watches it run. Each test runs this file in a process of
its own, where the interpreter's audit events and patched clocks tell what the core does.
"""

import _thread
import importlib
import os
import pkgutil
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What the core stands on may load what it likes; the core adds none of these to it.
FOUNDATIONS = ("msgspec", "h11", "wsproto")
FORBIDDEN = {
    *("asyncio", "trio", "anyio", "sniffio", "httpx", "httpcore", "starlette", "hypercorn", "typer", "rich"),
    *("socket", "ssl", "select", "selectors", "http.client", "urllib.request", "email", "tempfile", "pathlib"),
    *("threading", "concurrent", "multiprocessing", "subprocess", "queue", "logging", "random", "secrets"),
    "genesys_cloud",
}  # fmt: skip
# Audit events of the interpreter by their beginning; `open` is every file, `import` is watched apart.
IMPURE = ("open", "os.", "socket.", "subprocess.", "shutil.", "tempfile.", "urllib.")  # fmt: skip
CLOCKS = (
    "time",
    "time_ns",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "sleep",
)

Events = list[tuple[str, str]]


def core_modules() -> Iterator[str]:
    """Every module of the core that somebody wrote; generated ones by one example each."""
    import genesys_core

    for module in pkgutil.walk_packages(genesys_core.__path__, "genesys_core."):
        if not module.name.startswith(("genesys_core.models.", "genesys_core.api.")):
            yield module.name
    yield "genesys_core.api.users"


def watch() -> Events:
    """Note each impure event from here on; a hook cannot be taken away again."""
    events: Events = []

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(IMPURE):
            events.append((event, str(args[:1])))

    sys.addaudithook(hook)
    return events


def is_import(event: tuple[str, str]) -> bool:
    """Whether it is the import system, looking for a module or reading or caching one."""
    name, argument = event
    return name in {"os.listdir", "os.scandir", "os.mkdir", "os.rename"} or (
        name == "open" and "py" in Path(argument.rstrip(")',")).suffix
    )


def importing() -> None:
    """Import all of the core: no module of FORBIDDEN is loaded, nothing is touched but source files."""
    for name in FOUNDATIONS:
        importlib.import_module(name)
    # This file's own imports are forgotten, so that they do not hide the core's.
    for name in [
        name for name in sys.modules if name in FORBIDDEN or name.split(".")[0] in FORBIDDEN
    ]:
        del sys.modules[name]
    events = watch()
    for name in core_modules():
        importlib.import_module(name)
    loaded = {name for name in FORBIDDEN if name in sys.modules}
    assert not loaded, f"the core loads {sorted(loaded)}"
    odd = [event for event in events if not is_import(event)]
    assert not odd, f"importing the core did {odd}"
    assert _thread._count() == 0, "importing the core started a thread"


class Impure(BaseException):
    """Not an Exception, so that nothing swallows it."""


def forbid() -> None:
    """From here on, a clock, the environment, chance or a thread ends the process."""

    def impure(*_: object, **__: object) -> Any:
        raise Impure

    for name in CLOCKS:
        setattr(time, name, impure)
    random.random = os.urandom = os.getenv = impure
    _thread.start_new_thread = threading.Thread.start = impure  # type: ignore[method-assign]
    type(os.environ).__getitem__ = type(os.environ).get = impure  # type: ignore[method-assign]


def using() -> None:
    """Make calls through every seam: no file, no socket, no clock, no chance, no thread."""
    for name in core_modules():
        importlib.import_module(name)
    from genesys_core import models

    models.preload("UserMe", "UserEntityListing", "CreateUser")
    events = watch()
    forbid()
    make_calls()
    assert not events, f"the core did {events}"
    guards_hold(events)


def make_calls() -> None:
    """A token by client credentials, a repeat, a refused token, pages, bytes, a body both ways."""
    from genesys_core import (
        ClientCredentials,
        Headers,
        Hosts,
        HTTP1Connection,
        Model,
        Pacer,
        Pacing,
        Paging,
        Region,
        Response,
        RetryConfiguration,
        Returned,
        Session,
        Settings,
        Vault,
        to_json,
    )
    from genesys_core.api import users
    from genesys_core.models import CreateUser

    grant = ClientCredentials("id", "secret")
    hosts = Hosts.resolve(region=Region.eu_west_1)
    retry = RetryConfiguration(max_retry_time_sec=60)
    session = Session(
        Settings(hosts=hosts, retry=retry), Vault(grant), lambda: 0.5, Pacer.of(Pacing())
    )

    token = Response(200, Headers(), b'{"access_token":"t","expires_in":86400}')
    busy = Response(503, Headers({"Retry-After": "Fri, 01 Jan 2100 00:00:03 GMT"}), b"<html>")
    me = Response(200, Headers({"ININ-Correlation-Id": "c"}), b'{"name":"Ann","id":{"odd":1}}')
    outcome = drive(users.get_users_me(expand=["presence"]), session, [token, busy, me])
    assert isinstance(outcome, Returned)
    assert outcome.response.data.name == "Ann"
    assert outcome.response.issues

    page = Response(200, Headers(), b'{"entities":[{"name":"Ann"}],"pageCount":2}')
    paging = Paging(users.get_users(page_size=1), hosts)
    listed = drive(paging.asked(), session, [token, page])
    assert paging.received(listed.response).following is not None

    wire = HTTP1Connection()
    request = drive.last
    assert wire.send(request).startswith(b"GET /api/v2/users?")
    assert wire.receive_data(b"HTTP/1.1 204 No Content\r\n\r\n") is not None
    assert to_json(CreateUser(name="Ann")) == b'{"name":"Ann"}'
    assert isinstance(outcome.response.data, Model)


def drive(operation: Any, session: Any, replies: list[Any]) -> Any:
    """A driver whose network is a list of replies and whose clock moves only by waiting."""
    from genesys_core import (
        ClosingGate,
        Exchanging,
        NeedPermit,
        NeedToken,
        Now,
        Raised,
        Returned,
        Sending,
        Waiting,
        close_gate,
        reserve_permit,
        reserve_token,
        settle_token,
        start,
    )

    clock = 4_102_444_800.0  # 2100-01-01
    state = start(operation, session, now=Now(clock, clock))
    while True:
        now = Now(clock, clock)
        match state:
            case Sending(request=request):
                drive.last = request  # type: ignore[attr-defined]
                state = state.received(replies.pop(0), now=now)
            case NeedToken():
                session, step = reserve_token(session, state, now=now)
                if isinstance(step, Exchanging):
                    outcome = step.state.received(replies.pop(0), now=now)
                    session, step = settle_token(session, state, outcome, now=now)
                state = step
            case NeedPermit():
                session, state = reserve_permit(session, state, now=now)
            case ClosingGate():
                session, state = close_gate(session, state, now=now)
            case Waiting(until=until):
                clock = until
                state = state.woke(session, now=Now(clock, clock))
            case Returned() | Raised():
                return state


def guards_hold(events: Events) -> None:
    """The guards themselves: each thing that is forbidden is noticed."""
    thread = threading.Thread()
    for act in (time.time, time.monotonic, random.random, thread.start, lambda: os.environ["PATH"]):
        try:
            act()
        except Impure:
            continue
        raise AssertionError(f"{act} was not noticed")
    with open(os.devnull, "rb"):  # noqa: PTH123 - what is watched for
        pass
    assert [event for event, _ in events] == ["open"]
    assert not is_import(events[0])


def run(name: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    # Without -B, a module that was edited since it was last imported writes its bytecode.
    command = [sys.executable, "-B", "-W", "error", __file__, name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_the_core_loads_no_io_and_touches_nothing():
    run("importing")


def test_using_the_core_touches_nothing_and_reads_no_clock():
    run("using")


if __name__ == "__main__":
    {"importing": importing, "using": using}[sys.argv[1]]()
