"""Which transport a client takes that is given none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from genesys_cloud import Client
from genesys_cloud.transports import (
    AsyncHttpxTransport,
    AsyncSocketTransport,
    HttpxTransport,
    SocketTransport,
)
from genesys_cloud.transports.default_transport import new_async_transport, new_transport
from genesys_core.errors import ConfigurationError

VARIABLE = "GENESYSCLOUD_TRANSPORT"


@pytest.mark.parametrize(
    ("value", "sync", "asynchronous"),
    [
        (None, SocketTransport, AsyncSocketTransport),
        ("", SocketTransport, AsyncSocketTransport),
        ("sockets", SocketTransport, AsyncSocketTransport),
        (" HTTPX ", HttpxTransport, AsyncHttpxTransport),
    ],
)
def test_sockets_are_the_default_and_the_environment_has_a_way_back(
    value, sync, asynchronous, monkeypatch
):
    if sync is HttpxTransport:
        pytest.importorskip("httpx")
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    made = new_transport({})
    assert isinstance(made, sync)
    made.close()
    assert isinstance(new_async_transport({}), asynchronous)


def test_the_environment_counts_only_where_it_is_trusted(monkeypatch):
    monkeypatch.setenv(VARIABLE, "httpx")
    made = new_transport({"trust_env": False})
    assert isinstance(made, SocketTransport)
    made.close()


def test_a_name_that_is_none_is_an_error_that_says_which_are(monkeypatch):
    monkeypatch.setenv(VARIABLE, "carrier-pigeon")
    with pytest.raises(ConfigurationError, match=r"GENESYSCLOUD_TRANSPORT.*sockets or httpx"):
        Client(host="http://127.0.0.1:1")


@pytest.mark.slow
def test_a_client_over_sockets_loads_no_httpx():
    code = (
        "import sys; from genesys_cloud import Client; Client(host='http://127.0.0.1:1').close();"
        "print('httpx' in sys.modules, 'asyncio' in sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert loaded.stdout.split() == ["False", "False"]
