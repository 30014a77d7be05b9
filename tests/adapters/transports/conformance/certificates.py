"""Certificates for scripted TLS servers, and contexts with them; made once for all cases."""

from __future__ import annotations

import datetime
import ssl
from functools import cache

import trustme


@cache
def authority(name: str) -> trustme.CA:
    """An authority; each name is another one."""
    return trustme.CA(organization_name=name)


def trusted() -> str:
    """The PEM text that makes a client trust the usual authority."""
    return authority("trusted").cert_pem.bytes().decode()


@cache
def _issue(by: str, names: tuple[str, ...], common_name: str | None, days: tuple[int, int] | None):
    window = {}
    if days is not None:
        now = datetime.datetime.now(datetime.UTC)
        window["not_before"] = now + datetime.timedelta(days=days[0])
        window["not_after"] = now + datetime.timedelta(days=days[1])
    return authority(by).issue_cert(*names, common_name=common_name, **window)


def server_context(
    *names: str,
    by: str = "trusted",
    common_name: str | None = None,
    days: tuple[int, int] | None = None,
) -> ssl.SSLContext:
    """A server's context.

    Args:
        names: what its certificate is for; nothing given means loopback.
        by: the authority that signed it.
        common_name: a name that is no subject alternative name.
        days: from when until when it is valid, in days from now.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = _issue(by, names or ("localhost", "127.0.0.1", "::1"), common_name, days)
    issued.configure_cert(context)
    return context


@cache
def client_certificate() -> str:
    """The PEM text of a client's key and certificate."""
    return authority("trusted").issue_cert("client@example.org").private_key_and_cert_chain_pem.bytes().decode()  # fmt: skip
