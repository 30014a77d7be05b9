"""What another process does with a token file; run as a program, told what to do on its standard input.

It says what it has come to on its standard output, one line each, and waits for a line before it
goes on: nothing depends on timing.

    python token_store_process.py renew <path> <url> <times>
    python token_store_process.py renew-and-stop-before-rename <path> <url> 1
    python token_store_process.py renew-and-stop-in-content <path> <url> 1
    python token_store_process.py hold <path> <url>
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

from genesys_cloud.token_stores import FileTokenStore
from genesys_cloud.transports import SocketTransport
from genesys_core.clock import Now
from genesys_core.hosts import Hosts
from genesys_core.oauth.grants import RefreshToken
from genesys_core.oauth.token_store import TokenKey
from genesys_core.oauth.tokens import parse_token_response, prepare_token_request
from genesys_core.session.vault import ExchangeNeeded, TokenReady, Vault

NOW = Now(0, 0)
GRANT = RefreshToken("id", None, "r0")


def say(what: str) -> None:
    print(what, flush=True)


def wait() -> None:
    sys.stdin.readline()


def exchange(grant, hosts: Hosts):
    request = prepare_token_request(grant, hosts)
    with closing(SocketTransport({"trust_env": False})) as transport:
        return parse_token_response(transport.send(request), now=NOW)


def renewed(vault: Vault, store: FileTokenStore, hosts: Hosts) -> Vault:
    """What a driver does when the platform refuses the current token."""
    key, rejected = TokenKey.of(GRANT, hosts), vault.token
    vault, answer = vault.reserve(rejected=rejected, arrived=vault.exchanges, now=NOW)
    if isinstance(answer, TokenReady):
        return vault
    with store.lock(key, timeout=60):
        vault = vault.adopted(store.load(key), now=NOW)
        vault, answer = vault.reserve(rejected=rejected, arrived=vault.exchanges, now=NOW)
        if isinstance(answer, ExchangeNeeded):
            vault, _ = vault.settle(exchange(answer.grant, hosts), rejected=rejected, now=NOW)
        if vault.unsaved is not None:
            store.save(key, vault.unsaved)
            vault = vault.saved()
    return vault


def stop() -> None:
    say("stopped")
    wait()


def stop_before_rename(monkeypatched=Path.replace) -> None:
    def replace(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            stop()
        return monkeypatched(self, target)

    Path.replace = replace


def stop_in_content(monkeypatched=os.write) -> None:
    def write(descriptor: int, content: bytes) -> int:
        if content.startswith(b"{"):
            monkeypatched(descriptor, content[: len(content) // 2])
            stop()
        return monkeypatched(descriptor, content)

    os.write = write


def main(what: str, path: str, url: str, times: str = "1") -> None:
    store, hosts = FileTokenStore(path), Hosts.resolve(host=url)
    key = TokenKey.of(GRANT, hosts)
    if what == "hold":
        with store.lock(key, timeout=60):
            stop()
        return
    vault = Vault(GRANT).adopted(store.load(key), now=NOW)
    if what == "renew-and-stop-before-rename":
        stop_before_rename()
    if what == "renew-and-stop-in-content":
        stop_in_content()
    say("ready")
    wait()
    for _ in range(int(times)):
        vault = renewed(vault, store, hosts)
    say(vault.token.access_token if vault.token else "none")


if __name__ == "__main__":
    main(*sys.argv[1:])
