"""TLS settings: trusted certificate authorities and the client certificate.

Invariants: certificates are always verified, unless the caller passes an SSL context that disables
verification. Key material that is passed as text is on disk only while OpenSSL reads it, in a
directory that only the owner can access. Neither a key nor its password appears in an error.
"""

import os
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeGuard, cast

from genesys_core.errors import ConfigurationError
from genesys_core.transport.dialer import ALPN

__all__ = ["Certificate", "Pem", "Verify", "shared_context", "tls_context"]

Pem: TypeAlias = str | bytes | PathLike[str]
"""The path of a PEM file, or PEM text, recognized by ``-----BEGIN``."""

Verify: TypeAlias = Literal[True] | Pem | ssl.SSLContext
"""The trusted CAs: ``True`` for the default CAs, or a replacement for these CAs.

The replacement is the path of a CA file or directory, PEM text, or an SSL context.
"""

Certificate: TypeAlias = Pem | tuple[Pem, Pem] | tuple[Pem, Pem, str | bytes]
"""A client certificate and its key: PEM that contains both, or a tuple of certificate and key.

The tuple may have the key's password as a third item.
"""

_PEM_MARK: Final = "-----BEGIN "
_LONGEST_SHOWN: Final = 200


def tls_context(
    verify: Verify, cert: Certificate | None, *, trust_env: bool
) -> ssl.SSLContext | Literal[True]:
    """Return the SSL context for connections, or ``True`` to use a context with the default CAs.

    Args:
        verify: the trusted certificate authorities.
        cert: the client certificate, or ``None``.
        trust_env: whether ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` replace the default CAs.

    Raises:
        ConfigurationError: a file or text is unusable, or ``verify`` has an unsupported value,
            such as ``False``.
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


def shared_context(
    verify: Verify, cert: Certificate | None, *, trust_env: bool
) -> Callable[[], ssl.SSLContext]:
    """Return a function that creates the SSL context; equal settings share one context.

    The default CAs are loaded on first use; everything else is checked immediately.

    Args:
        verify: the trusted certificate authorities.
        cert: the client certificate, or ``None``.
        trust_env: whether ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` replace the default CAs.

    Raises:
        ConfigurationError: a file or text is unusable, or ``verify`` has an unsupported value,
            such as ``False``.
    """
    if isinstance(verify, ssl.SSLContext) and cert is None:
        return lambda: verify
    named = trust_env and any(os.environ.get(name) for name in _STORES)
    key = _settings_key(verify, cert, trust_env=trust_env)
    # Keep the context that this transport uses: OpenSSL rejects TLS sessions of another context.
    own: dict[object, ssl.SSLContext] = {}

    def find() -> ssl.SSLContext:
        return own.get(key) or own.setdefault(key, share())

    def share() -> ssl.SSLContext:
        context = _shared.get(key)
        if context is None:
            if len(_shared) >= _MOST_SHARED:
                _shared.clear()
            made = tls_context(verify, cert, trust_env=trust_env)
            context = _usual(trust_env=trust_env) if made is True else made
            context.set_alpn_protocols([ALPN])
            context = _shared.setdefault(key, context)
        return context

    if verify is not True or cert is not None or named:
        find()  # so that unusable settings raise an error here and not in the first call
    return find


_MOST_SHARED: Final = 32
_shared: Final[dict[object, ssl.SSLContext]] = {}
_STORES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def _settings_key(verify: object, cert: object, *, trust_env: bool) -> object:
    """Return a cache key without secrets, equal for equal texts and for a file that is unchanged."""
    parts = cast(tuple[object, ...], cert) if isinstance(cert, tuple) else (cert,)
    stores = [os.environ.get(name) for name in _STORES] if trust_env else [None]
    return tuple(map(_part_key, (verify, *parts, trust_env, *stores)))


def _part_key(part: object) -> object:
    if not _is_pem(part):
        return part if part is None or isinstance(part, bool) else id(part)
    text = part if isinstance(part, bytes) else os.fspath(part).encode("utf-8", "surrogateescape")
    import hashlib  # noqa: PLC0415 - few clients set CAs or a certificate

    # A digest, because the text may be a private key or its password.
    digest = hashlib.sha256(text).digest()
    try:
        found = os.stat(text)  # noqa: PTH116 - the text may not be a valid path
    except (OSError, ValueError):
        return digest
    return digest, found.st_mtime_ns, found.st_size, found.st_ino


def _trusting(verify: object, *, trust_env: bool) -> ssl.SSLContext:
    if verify is True:
        return _usual(trust_env=trust_env)
    if not _is_pem(verify):
        raise ConfigurationError(
            f"verify={verify!r}: must be True, the path of a CA file or directory, PEM text or an "
            "ssl.SSLContext; certificates are always verified, except with your own context whose "
            "verify_mode is ssl.CERT_NONE"
        )
    source = _read("verify", verify)
    if isinstance(source, Path):
        return _trusting_path(source)
    try:
        return ssl.create_default_context(cadata=source)
    except (ssl.SSLError, ValueError):
        raise ConfigurationError("verify: the PEM text contains no CA certificate") from None


def _usual(*, trust_env: bool) -> ssl.SSLContext:
    """Return a context with the default CAs: those of the environment variables or of the system."""
    file, directories = (os.environ.get(name) or None if trust_env else None for name in _STORES)
    if file or directories:
        # OpenSSL does not report an empty directory: every certificate would be rejected later.
        usable = not directories or any(map(_holds_files, directories.split(os.pathsep)))
        with suppress(OSError, ValueError):
            context = ssl.create_default_context(cafile=file, capath=directories)
            if usable:
                return context
        raise ConfigurationError(
            "environment: SSL_CERT_FILE or SSL_CERT_DIR has no usable CA certificates; "
            "correct it, or pass trust_env=False to ignore the environment"
        )
    if sys.platform in {"darwin", "win32"}:
        # Windows and macOS have no CA files: the system verifies each certificate.
        truststore = import_module("truststore")
        return cast(ssl.SSLContext, truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    paths = ssl.get_default_verify_paths()
    file = paths.openssl_cafile if Path(paths.openssl_cafile).is_file() else None
    directory = paths.openssl_capath if _holds_files(paths.openssl_capath) else None
    if file is None and directory is None:
        raise ConfigurationError(
            "verify: this system has no CA certificates; install its package "
            "(ca-certificates), or specify a CA file with verify= or SSL_CERT_FILE"
        )
    return ssl.create_default_context(cafile=file, capath=directory)


def _holds_files(directory: str) -> bool:
    return Path(directory).is_dir() and any(Path(directory).iterdir())


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
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - few clients have a certificate

    with TemporaryDirectory(prefix="genesys-cloud-") as private:
        files = [_as_file(pem, Path(private) / str(number)) for number, pem in enumerate(pems)]
        certificate, key = files[0], files[1] if len(files) > 1 else None
        try:
            # Without a password, OpenSSL would prompt for one on the terminal.
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
    """Return PEM text as a ``str``, or the path of a PEM file or directory as a ``Path``."""
    if isinstance(pem, PathLike) or (isinstance(pem, str) and _PEM_MARK not in pem):
        return Path(pem)
    text = pem if isinstance(pem, str) else pem.decode("ascii", "replace")
    if _PEM_MARK not in text or not text.isascii():
        raise ConfigurationError(
            f"{name}: must be PEM text: ASCII, with a line that begins with -----BEGIN"
        )
    return text


def _unusable(name: str, path: Path, what: str, error: Exception) -> ConfigurationError:
    # OpenSSL's reasons are codes such as PEM_LIB or KEY_VALUES_MISMATCH, without contents.
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    # A long text is not shown: it is probably not a path but a key without its -----BEGIN line.
    shown = repr(str(path)) if len(str(path)) < _LONGEST_SHOWN else "(a long text)"
    return ConfigurationError(f"{name} {shown}: must be {what}: {reason or 'it cannot be read'}")
