"""A real TLS server that asks for client certificates: Debian's nginx, certificates by trustme."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.helpers.programs import free_port, program, running


@dataclass(frozen=True)
class Certificates:
    """An authority, and what it signed, as files."""

    authority: trustme.CA
    directory: Path

    @property
    def ca_file(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def ca_text(self) -> str:
        return self.authority.cert_pem.bytes().decode()

    @property
    def certificate(self) -> Path:
        return self.directory / "client.pem"

    @property
    def key(self) -> Path:
        return self.directory / "client.key"

    @property
    def both(self) -> Path:
        return self.directory / "client-both.pem"

    @classmethod
    def make(cls, directory: Path) -> Certificates:
        authority = trustme.CA()
        server = authority.issue_cert("127.0.0.1", "localhost")
        client = authority.issue_cert("client@example.org")
        made = cls(authority, directory)
        authority.cert_pem.write_to_path(made.ca_file)
        server.private_key_pem.write_to_path(directory / "server.key")
        chain = b"".join(pem.bytes() for pem in server.cert_chain_pems)
        (directory / "server.pem").write_bytes(chain)
        client.private_key_pem.write_to_path(made.key)
        client.cert_chain_pems[0].write_to_path(made.certificate)
        client.private_key_and_cert_chain_pem.write_to_path(made.both)
        return made


@contextmanager
def nginx(certificates: Certificates, *, clients: str = "on", locations: str = "") -> Iterator[str]:
    """Serve one user at a URL until the block ends.

    Args:
        certificates: for the server; its clients have to show one of the same authority.
        clients: nginx's ``ssl_verify_client``.
        locations: more of its ``location`` blocks.
    """
    command, port, directory = program("nginx", "nginx-light"), free_port(), certificates.directory
    settings = directory / "nginx.conf"
    settings.write_text(
        f"""
        daemon off; master_process off; pid {directory}/nginx.pid;
        error_log stderr warn;
        events {{ worker_connections 64; }}
        http {{
            access_log off;
            client_body_temp_path {directory}; proxy_temp_path {directory};
            fastcgi_temp_path {directory}; uwsgi_temp_path {directory}; scgi_temp_path {directory};
            server {{
                listen 127.0.0.1:{port} ssl;
                ssl_certificate {directory}/server.pem;
                ssl_certificate_key {directory}/server.key;
                ssl_client_certificate {directory}/ca.pem;
                ssl_verify_client {clients};
                default_type application/json;
                {locations}
                location / {{ return 200 '{{"id": "1", "name": "$ssl_client_verify"}}'; }}
            }}
        }}
        """
    )
    log = directory / "nginx.log"
    with running([command, "-p", directory, "-c", settings, "-e", "stderr"], port, log):
        yield f"https://127.0.0.1:{port}"
