"""TLS against nginx: whom the client trusts, and what it shows of itself."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from genesys_cloud import AsyncClient, Client
from genesys_core import errors
from genesys_core.api import users
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.programs import program
from tests.helpers.tls import Certificates, nginx


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def server(certificates: Certificates):
    with nginx(certificates, clients="optional") as url:
        yield url


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory):
    """A server that ends the handshake of those who have no certificate of its authority."""
    own = Certificates.make(tmp_path_factory.mktemp("strict"))
    with nginx(own, clients="on") as url:
        yield url, own


def own_context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates.ca_file)
    context.load_cert_chain(certificates.certificate, certificates.key)
    return context


TRUSTED = {
    "file": lambda own: own.ca_file,
    "file name": lambda own: str(own.ca_file),
    "text": lambda own: own.ca_text,
    "bytes": lambda own: own.ca_text.encode(),
    "context": lambda own: ssl.create_default_context(cafile=own.ca_file),
}


@every_flavour
@pytest.mark.parametrize("verify", TRUSTED.values(), ids=TRUSTED)
def test_an_authority_of_ones_own(run, server, certificates, verify):
    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).name == "NONE"

    run(scenario, host=server, verify=verify(certificates))


def test_a_directory_of_authorities(server, certificates, tmp_path):
    import subprocess

    (tmp_path / "ca.pem").write_text(certificates.ca_text)
    hashed = subprocess.run(
        [program("openssl", "openssl"), "x509", "-hash", "-noout", "-in", tmp_path / "ca.pem"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (tmp_path / "ca.pem").rename(tmp_path / f"{hashed}.0")
    with Client(host=server, verify=tmp_path, trust_env=False) as client:
        assert client.users.get_users_me().name == "NONE"


@every_flavour
def test_a_stranger_is_not_trusted(run, server):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.TlsError, match="certificate") as caught:
            await api.send(users.post_users({"name": "x"}))
        assert not caught.value.sent
        assert caught.value.is_retry_safe

    run(scenario, host=server)


@every_flavour
def test_the_name_has_to_be_right(run, certificates, tmp_path_factory):
    import trustme

    other = Certificates.make(tmp_path_factory.mktemp("other"))
    wrong = other.authority.issue_cert("elsewhere.example")
    wrong.private_key_pem.write_to_path(other.directory / "server.key")
    wrong.cert_chain_pems[0].write_to_path(other.directory / "server.pem")
    assert isinstance(other.authority, trustme.CA)

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.TlsError):
            await api.send(users.get_users_me())

    with nginx(other, clients="off") as url:
        run(scenario, host=url, verify=other.ca_text)


SHOWN = {
    "two files": lambda own: (own.certificate, own.key),
    "one file": lambda own: own.both,
    "one file name": lambda own: str(own.both),
    "two texts": lambda own: (own.certificate.read_text(), own.key.read_text()),
    "one text": lambda own: own.both.read_text(),
    "bytes and file": lambda own: (own.certificate.read_bytes(), own.key),
}


@every_flavour
@pytest.mark.parametrize("cert", SHOWN.values(), ids=SHOWN)
def test_a_client_shows_its_certificate(run, server, certificates, cert):
    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).name == "SUCCESS"

    run(scenario, host=server, verify=certificates.ca_file, cert=cert(certificates))


@every_flavour
def test_a_context_may_hold_the_certificate(run, strict_server):
    url, own = strict_server

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).name == "SUCCESS"

    run(scenario, host=url, verify=own_context(own))


@every_flavour
def test_a_certificate_of_another_authority_is_refused(run, strict_server, certificates):
    url, own = strict_server

    async def scenario(api: Api) -> None:
        with pytest.raises((errors.TlsError, errors.BadRequestError)):
            await api.send(users.get_users_me())

    run(scenario, host=url, verify=own.ca_file, cert=(certificates.certificate, certificates.key))


@every_flavour
def test_an_alert_while_the_reply_is_read_is_tls(run, certificates):
    """TLS 1.3 tells a client that it lacks a certificate only after the handshake."""
    import socket
    import threading

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates.ca_file)
    context.load_cert_chain(
        certificates.directory / "server.pem", certificates.directory / "server.key"
    )
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3

    def serve() -> None:
        sock, _ = listener.accept()
        tls = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        with tls:
            with pytest.raises(ssl.SSLError):
                tls.do_handshake()
            # To close now, the request unread, would reset the connection and lose the alert.
            while socket.socket.recv(tls, 65536):
                pass

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.TlsError):
            await api.send(users.get_users_me())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        run(scenario, host=url, verify=certificates.ca_file)
        thread.join()


@every_flavour
def test_a_server_without_tls_is_a_tls_error(run):
    import socket
    import threading

    def serve() -> None:
        sock, _ = listener.accept()
        with sock:
            sock.recv(65536)
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.TlsError, match="does not use TLS") as caught:
            await api.send(users.post_users({"name": "x"}))
        assert not caught.value.sent

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        run(scenario, host=f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()


def test_what_the_caller_is_handling_meanwhile_is_not_what_broke():
    from tests.helpers.server import refused_url

    try:
        ssl.create_default_context(cadata="nothing")
    except ssl.SSLError:
        with (
            Client(host=refused_url(), trust_env=False) as client,
            pytest.raises(errors.ConnectError),
        ):
            client.users.get_users_me()


def test_the_environment_names_authorities_where_it_is_trusted(server, certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file))
    with Client(host=server) as client:
        assert client.users.get_users_me().name == "NONE"
    with Client(host=server, cert=certificates.both) as client:
        assert client.users.get_users_me().name == "SUCCESS"
    with Client(host=server, trust_env=False) as client, pytest.raises(errors.TlsError):
        client.users.get_users_me()
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(errors.ConfigurationError, match="SSL_CERT_FILE"):
        Client(host=server)
    with pytest.raises(errors.ConfigurationError, match="SSL_CERT_FILE"):
        AsyncClient(host=server, cert=certificates.both)


# --- what cannot be used, and what must not be seen


def encrypted(certificates: Certificates, password: bytes) -> str:
    key = serialization.load_pem_private_key(certificates.key.read_bytes(), None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    ).decode()


@pytest.mark.parametrize("password", ["hunter2", b"hunter2"])
def test_an_encrypted_key_with_its_password(server, certificates, password):
    key = encrypted(certificates, b"hunter2")
    cert = (certificates.certificate, key, password)
    with Client(host=server, verify=certificates.ca_file, cert=cert, trust_env=False) as client:
        assert client.users.get_users_me().name == "SUCCESS"


@pytest.mark.parametrize("given", [(), ("",), ("wrong-hunter3",)])
def test_without_its_password_a_key_is_an_error_and_nobody_is_asked(certificates, given):
    key = encrypted(certificates, b"hunter2")
    with pytest.raises(errors.ConfigurationError, match=r"^cert ") as caught:
        Client(host="https://x.example", cert=(certificates.certificate, key, *given))
    assert "PRIVATE" not in str(caught.value)
    assert "hunter" not in repr(caught.value)
    assert caught.value.__suppress_context__


KEY_BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
BAD = {
    "no file": ("/nowhere/x.pem", r"^cert '/nowhere/x\.pem': .*No such file"),
    "no key": (lambda own: own.certificate, r"^cert '.*client\.pem': must be a certificate"),
    "another's key": (
        lambda own: (own.certificate, own.directory / "server.key"),
        "KEY_VALUES_MISMATCH",
    ),
    "a key that is no PEM": (KEY_BODY * 10, r"^cert \(a long text\)"),
    "bytes that are no PEM": (KEY_BODY.encode(), "must be PEM text"),
    "garbage in PEM": (f"-----BEGIN PRIVATE KEY-----\n{KEY_BODY}\n", "^cert 'PEM text'"),
    "no text": (lambda own: (own.ca_text + "é", own.key), "must be PEM text"),
    "four": (("a", "b", "c", "d"), "must be a PEM file's path"),
    "none": ((), "must be a PEM file's path"),
    "a number": (7, "must be a PEM file's path"),
}


@pytest.mark.parametrize(("cert", "words"), BAD.values(), ids=BAD)
def test_a_certificate_that_cannot_be_used(certificates, cert, words):
    given = cert(certificates) if callable(cert) else cert
    with pytest.raises(errors.ConfigurationError, match=words) as caught:
        Client(host="https://x.example", cert=given, trust_env=False)
    assert KEY_BODY not in str(caught.value)


BAD_AUTHORITIES = {
    "no file": (Path("/nowhere/ca.pem"), r"verify '/nowhere/ca\.pem'.*No such file"),
    "no certificate": (Path(__file__), "CA certificates"),
    "garbage": ("-----BEGIN CERTIFICATE-----\nnothing", "contains no CA certificate"),
    "off": (False, r"verify=False: must be True.*always verified.*ssl\.CERT_NONE"),
    "none": (None, "verify=None: must be True"),
    "zero": (0, "verify=0: must be True"),
}


@pytest.mark.parametrize(("verify", "words"), BAD_AUTHORITIES.values(), ids=BAD_AUTHORITIES)
def test_authorities_that_cannot_be_used(verify, words):
    for kind in (Client, AsyncClient):
        with pytest.raises(errors.ConfigurationError, match=words):
            kind(host="https://x.example", verify=verify, trust_env=False)


def test_a_context_is_the_callers_to_complete(certificates):
    with pytest.raises(errors.ConfigurationError, match="load_cert_chain"):
        Client(verify=own_context(certificates), cert=certificates.both, trust_env=False)


def test_keys_in_memory_are_on_disk_for_nobody_and_not_for_long(
    certificates, tmp_path, monkeypatch
):
    seen = []
    load = ssl.SSLContext.load_cert_chain

    def watched(self, certfile, keyfile=None, password=None):
        paths = [Path(certfile), Path(keyfile)]
        seen.extend((path, path.parent.stat().st_mode & 0o777) for path in paths)
        return load(self, certfile, keyfile, password)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watched)
    cert = (certificates.certificate.read_text(), certificates.key.read_text())
    Client(cert=cert, trust_env=False).close()
    assert [mode for _, mode in seen] == [0o700, 0o700]
    assert {path.parent.parent for path, _ in seen} == {tmp_path}
    assert list(tmp_path.iterdir()) == []
