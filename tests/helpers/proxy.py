"""A real HTTP proxy that wants credentials: Debian's tinyproxy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.programs import free_port, program, running

USER = "proxy-user"
PASSWORD = "hunter2-proxy"


@dataclass(frozen=True)
class Proxy:
    """A running proxy."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        """With the credentials that it wants."""
        return self.url_of(USER, PASSWORD)

    @property
    def bare_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url_of(self, user: str, password: str) -> str:
        return f"http://{user}:{password}@127.0.0.1:{self.port}"

    def asked(self, method: str) -> int:
        """Requests of one method so far, granted or not."""
        return self.log.read_text("utf-8", "replace").count(f": {method} ")


@contextmanager
def tinyproxy(directory: Path, *, password: str = PASSWORD) -> Iterator[Proxy]:
    """Serve until the block ends."""
    command, port = program("tinyproxy", "tinyproxy"), free_port()
    log, settings = directory / "tinyproxy.log", directory / "tinyproxy.conf"
    settings.write_text(
        f"Port {port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 50\nAllow 127.0.0.1\n"
        f'BasicAuth {USER} {password}\nLogLevel Connect\nViaProxyName "tinyproxy"\n'
        f'PidFile "{directory / "tinyproxy.pid"}"\n'
    )
    with running([command, "-d", "-c", settings], port, log):
        yield Proxy(port, log)
