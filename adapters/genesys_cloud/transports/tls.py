"""TLS: which authorities are trusted, and which certificate the client shows.

Law: certificates are always verified, unless the caller brings a context of their own that does
not. Key material given as text is on disk only while OpenSSL reads it, in a directory that nobody
else may enter; neither it nor its password is ever part of an error.
"""

import ssl
from collections.abc import Callable
from functools import cache
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, TypeAlias, TypeGuard, cast

import httpx

from genesys_core.errors import ConfigurationError

__all__ = ["Certificate", "Pem", "Verify", "socket_context", "tls_context"]

Pem: TypeAlias = str | bytes | PathLike[str]
"""A PEM file's path, or what is in one: text with ``-----BEGIN`` in it."""

Verify: TypeAlias = Literal[True] | Pem | ssl.SSLContext
"""Who is trusted: ``True`` for the usual authorities; the path of a CA file or directory, or PEM
text, for these instead; or a context of the caller's own."""

Certificate: TypeAlias = Pem | tuple[Pem, Pem] | tuple[Pem, Pem, str | bytes]
"""A client certificate: one PEM with certificate and key, or certificate and key, or those and the
key's password."""

_PEM_MARK: Final = "-----BEGIN "
_LONGEST_SHOWN: Final = 200


def tls_context(
    verify: Verify, cert: Certificate | None, *, trust_env: bool
) -> ssl.SSLContext | Literal[True]:
    """The context for connections, or ``True`` where httpx's own is meant.

    Args:
        verify: who is trusted.
        cert: the client's certificate, or ``None``.
        trust_env: whether ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` say who the usual authorities are.

    Raises:
        ConfigurationError: verification switched off, or a file or text that cannot be used.
    """
    if isinstance(verify, ssl.SSLContext):
        if cert is not None:
            raise ConfigurationError(
                "cert: cannot be combined with an ssl.SSLContext as verify; "
                "load it into the context with load_cert_chain()"
            )
        return verify
    if verify is True and cert is None:
        return True
    context = _trusting(verify, trust_env=trust_env)
    if cert is not None:
        _load(context, cert)
    return context


def socket_context(
    verify: Verify, cert: Certificate | None, *, trust_env: bool
) -> Callable[[], ssl.SSLContext]:
    """What makes the same context for sockets of our own, once and when it is first needed."""
    context = tls_context(verify, cert, trust_env=trust_env)

    @cache
    def made() -> ssl.SSLContext:
        return httpx.create_ssl_context(trust_env=trust_env) if context is True else context

    return made


def _trusting(verify: object, *, trust_env: bool) -> ssl.SSLContext:
    if verify is True:
        return _usual(trust_env=trust_env)
    if not _is_pem(verify):
        raise ConfigurationError(
            f"verify={verify!r}: must be True, the path of a CA file or directory, PEM text or an "
            "ssl.SSLContext; certificates are always verified, so to go without, pass a context "
            "of your own with verify_mode = ssl.CERT_NONE"
        )
    source = _read("verify", verify)
    if isinstance(source, Path):
        return _trusting_path(source)
    try:
        return ssl.create_default_context(cadata=source)
    except (ssl.SSLError, ValueError):
        raise ConfigurationError("verify: the PEM text holds no CA certificate") from None


def _usual(*, trust_env: bool) -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context(trust_env=trust_env)
    except OSError:
        raise ConfigurationError(
            "environment: SSL_CERT_FILE or SSL_CERT_DIR names authorities that cannot be used; "
            "correct it, or pass trust_env=False to ignore the environment"
        ) from None


def _trusting_path(path: Path) -> ssl.SSLContext:
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        raise _unusable("verify", path, "a PEM file of CA certificates", error) from None


def _load(context: ssl.SSLContext, cert: object) -> None:
    parts = cast(tuple[object, ...], cert) if isinstance(cert, tuple) else (cert,)
    if not 1 <= len(parts) <= 3 or not all(map(_is_pem, parts)):
        raise ConfigurationError(
            "cert: must be a PEM file's path or PEM text, or a tuple of certificate, key and "
            "the key's password"
        )
    pems = [_read("cert", part) for part in parts[:2] if _is_pem(part)]
    password = parts[2] if len(parts) > 2 else ""
    _load_chain(context, pems, password if isinstance(password, str | bytes) else "")


def _load_chain(context: ssl.SSLContext, pems: list[Path | str], password: str | bytes) -> None:
    with TemporaryDirectory(prefix="genesys-cloud-") as private:
        files = [_as_file(pem, Path(private) / str(number)) for number, pem in enumerate(pems)]
        certificate, key = files[0], files[1] if len(files) > 1 else None
        try:
            # Without a password of ours OpenSSL asks for one at the terminal.
            context.load_cert_chain(certificate, key, lambda: password)
        except (OSError, ValueError) as error:
            given = next((pem for pem in pems if isinstance(pem, Path)), Path("PEM text"))
            raise _unusable("cert", given, "a certificate and its key in PEM", error) from None


def _is_pem(part: object) -> TypeGuard[Pem]:
    return isinstance(part, str | bytes | PathLike)


def _as_file(pem: Path | str, private: Path) -> Path:
    if isinstance(pem, str):
        private.write_text(pem, "ascii")
        return private
    return pem


def _read(name: str, pem: Pem) -> Path | str:
    """PEM text as text, anything else as a path."""
    if isinstance(pem, PathLike) or (isinstance(pem, str) and _PEM_MARK not in pem):
        return Path(pem)
    text = pem if isinstance(pem, str) else pem.decode("ascii", "replace")
    if _PEM_MARK not in text or not text.isascii():
        raise ConfigurationError(f"{name}: is no PEM text; that has -----BEGIN lines, in ASCII")
    return text


def _unusable(name: str, path: Path, what: str, error: Exception) -> ConfigurationError:
    # OpenSSL's reasons are words such as PEM_LIB or KEY_VALUES_MISMATCH, never contents.
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    # What is no path may be a key without its -----BEGIN line.
    shown = repr(str(path)) if len(str(path)) < _LONGEST_SHOWN else "(a long text)"
    return ConfigurationError(f"{name} {shown}: must be {what}: {reason or 'it cannot be read'}")
