"""Which TLS context a transport gets, and when settings share one."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor

import pytest

from genesys_cloud.transports import tls
from genesys_cloud.transports.tls import shared_context
from genesys_core.errors import ConfigurationError
from tests.helpers.tls import Certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tls, "_shared", {})


def context(verify=True, cert=None, *, trust_env=True) -> ssl.SSLContext:
    return shared_context(verify, cert, trust_env=trust_env)()


def test_equal_settings_share_a_context_and_others_do_not(certificates):
    usual = context()
    assert usual is context()
    assert usual is not context(trust_env=False)
    by_path = context(certificates.ca_file)
    assert by_path is context(str(certificates.ca_file))
    assert by_path is not context(certificates.ca_text)
    assert context(certificates.ca_text) is context(certificates.ca_text.encode())
    pair = (certificates.certificate, certificates.key)
    assert context(certificates.ca_file, pair) is context(certificates.ca_file, pair)
    assert context(certificates.ca_file, certificates.both) is not by_path


def test_a_file_that_changed_makes_another_context(certificates, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text(certificates.ca_text)
    before = context(file)
    assert before is context(file)
    file.write_text(certificates.ca_text * 2)
    os.utime(file, (1, 1))
    assert before is not context(file)


def test_a_context_of_the_callers_own_is_used_as_it_is():
    own = ssl.create_default_context()
    assert context(own) is own
    with pytest.raises(ConfigurationError, match="load_cert_chain"):
        shared_context(own, "/client.pem", trust_env=True)


def test_verification_is_always_on_and_never_below_tls_1_2(certificates):
    for made in (context(), context(certificates.ca_file)):
        assert made.verify_mode is ssl.CERT_REQUIRED
        assert made.check_hostname
        assert made.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_the_usual_authorities_are_the_systems():
    assert context().cert_store_stats()["x509_ca"] > 10
    assert context(trust_env=False).cert_store_stats()["x509_ca"] > 10


def test_the_environment_names_others_where_it_is_trusted(certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file))
    assert context().cert_store_stats()["x509_ca"] == 1
    assert context(trust_env=False).cert_store_stats()["x509_ca"] > 10


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_an_environment_that_names_nothing_usable_is_an_error_at_once(name, monkeypatch, tmp_path):
    for path in (tmp_path / "missing", tmp_path / "empty"):
        if path.name == "empty":
            path.mkdir()
        monkeypatch.setenv(name, str(path))
        with pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE or SSL_CERT_DIR"):
            shared_context(True, None, trust_env=True)
        shared_context(True, None, trust_env=False)


def test_a_system_without_authorities_is_told_what_to_install(monkeypatch, tmp_path):
    paths = types.SimpleNamespace(
        openssl_cafile=str(tmp_path / "none.pem"), openssl_capath=str(tmp_path)
    )
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    with pytest.raises(ConfigurationError, match="ca-certificates"):
        context()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_authorities_are_no_files_the_system_is_asked(platform, monkeypatch):
    made = []

    class Context(ssl.SSLContext):
        def __init__(self, protocol):
            made.append(protocol)

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setitem(sys.modules, "truststore", types.SimpleNamespace(SSLContext=Context))
    assert isinstance(context(), Context)
    assert made == [ssl.PROTOCOL_TLS_CLIENT]


def test_the_shared_contexts_are_bounded(monkeypatch, tmp_path, certificates):
    monkeypatch.setattr(tls, "_MOST_SHARED", 2)
    for number in range(4):
        file = tmp_path / f"{number}.pem"
        file.write_text(certificates.ca_text)
        context(file)
    assert len(tls._shared) <= 2


HANGING = """
import socket, sys, threading, time
from genesys_cloud.transports import SocketTransport
from genesys_core.http.messages import Request, Timeout, TransportFailure

socket.getaddrinfo = lambda *_, **__: time.sleep(60)
wire = SocketTransport({"trust_env": False})
try:
    wire.send(Request("GET", "http://name.example", timeout=Timeout(connect=0.1)))
except TransportFailure as failure:
    print(failure.kind, flush=True)
thread = threading.Thread(
    target=wire.send, args=(Request("GET", "http://name.example"),), daemon=True
)
thread.start()
"""


def test_a_hanging_resolver_does_not_hold_up_the_end_of_the_program():
    ended = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.stdout.strip(), ended.returncode) == ("timeout", 0), ended.stderr


def test_a_transport_keeps_its_context_when_others_displace_it(certificates, monkeypatch):
    # A TLS session can only be resumed with the context of its connection.
    monkeypatch.setattr(tls, "_MOST_SHARED", 1)
    find = shared_context(certificates.ca_file, None, trust_env=True)
    first = find()
    context(certificates.ca_text)
    context(certificates.ca_file, certificates.both)
    assert find() is first


def test_threads_that_connect_first_at_the_same_time_share_a_context(monkeypatch):
    both = threading.Barrier(2)
    usual = tls._usual

    def usual_at_once(*, trust_env: bool) -> ssl.SSLContext:
        both.wait(10)
        return usual(trust_env=trust_env)

    monkeypatch.setattr(tls, "_usual", usual_at_once)
    find = shared_context(True, None, trust_env=True)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: find(), range(2))
    assert first is second is find()
