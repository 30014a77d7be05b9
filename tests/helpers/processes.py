"""Other processes that work on a token file at the same time."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from genesys_cloud.token_stores import FileTokenStore
from genesys_core.hosts import Hosts
from genesys_core.oauth.grants import RefreshToken
from genesys_core.oauth.token_store import TokenKey
from genesys_core.oauth.tokens import Token
from tests.helpers.server import ScriptedServer

PROGRAM = Path(__file__).parent / "token_store_process.py"


class Process:
    """A run of ``token_store_process.py``, or of another program that talks like it."""

    def __init__(self, *arguments: str, program: Path = PROGRAM) -> None:
        paths = [str(Path(entry).resolve()) for entry in sys.path if entry]
        self._process = subprocess.Popen(
            [sys.executable, str(program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )

    def said(self) -> str:
        return self._process.stdout.readline().strip()

    def go_on(self) -> None:
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        self._process.kill()
        self.end()

    def end(self) -> int:
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait()


@contextlib.contextmanager
def processes(*commands: tuple[str, ...], program: Path = PROGRAM) -> Iterator[list[Process]]:
    running = [Process(*command, program=program) for command in commands]
    try:
        yield running
    finally:
        for process in running:
            process.kill()


def kept(path: Path, server: ScriptedServer) -> tuple[FileTokenStore, TokenKey]:
    """A store with the first token in it, which the platform refuses from now on."""
    key = TokenKey.of(RefreshToken("id", None, "r0"), Hosts.resolve(host=server.url))
    store = FileTokenStore(path)
    store.save(key, Token("a0", refresh_token="r0"))
    return store, key
