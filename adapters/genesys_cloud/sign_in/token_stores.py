"""Token stores: in memory, in a file, in the operating system's keyring.

Invariants: a token is written completely or not at all. A token file is created readable only by
its owner. A token that has been written is not lost if the process is killed. Only one client
at a time can hold a key's lock, and the operating system releases the lock of a process that dies.

All methods of a store may block briefly, and ``lock`` up to its timeout. Asynchronous clients call
these methods in worker threads, possibly in a different thread each time.
"""

import contextlib
import errno
import hashlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Generator
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

import msgspec

from genesys_cloud.client.atomic_file import flush_directory
from genesys_cloud.observability.logging import TOKENS_LOGGER
from genesys_cloud.process_id import process_id
from genesys_cloud.sign_in.file_lock import hold_lock
from genesys_cloud.sign_in.private_files import is_open_to_others, read_file, read_own_file
from genesys_core.checks import PATH, TEXT
from genesys_core.oauth.token_store import (
    AsyncTokenStore,
    TokenDocument,
    TokenKey,
    TokenStore,
    TokenStoreError,
    decode_token,
    encode_token,
)
from genesys_core.oauth.tokens import Token

__all__ = [
    "AsyncTokenStore",
    "FileTokenStore",
    "Keyring",
    "KeyringTokenStore",
    "MemoryTokenStore",
    "TokenKey",
    "TokenStore",
    "TokenStoreError",
]

_WRITE_TIMEOUT: Final = 10.0
"""Seconds to wait for another process that is writing the file; a write takes milliseconds."""


class MemoryTokenStore:
    """Keeps tokens in memory, for the clients of one process."""

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, Token] = {}
        self._locks: dict[tuple[int, TokenKey], threading.Lock] = {}

    def load(self, key: TokenKey) -> Token | None:
        """Return the token that is stored under a key, or ``None`` if no token is stored."""
        return self._tokens.get(key)

    def save(self, key: TokenKey, token: Token) -> None:
        """Store a token under a key."""
        self._tokens[key] = token

    def delete(self, key: TokenKey) -> None:
        """Delete the token that is stored under a key."""
        self._tokens.pop(key, None)

    @contextlib.contextmanager
    def lock(self, key: TokenKey, *, timeout: float) -> Generator[None, None, None]:
        """Return a context manager that holds a key's lock; only one client at a time can hold it.

        Raises:
            TokenStoreError: the lock was not acquired within ``timeout`` seconds.
        """
        # setdefault is atomic, so all threads get the same lock. Each process has its own locks,
        # because after a fork the thread that holds a lock exists only in the parent.
        lock = self._locks.setdefault((process_id(), key), threading.Lock())
        # acquire() waits indefinitely for -1, and raises above TIMEOUT_MAX.
        if not lock.acquire(timeout=min(max(timeout, 0), threading.TIMEOUT_MAX)):
            raise TokenStoreError(
                f"another client holds the lock of this token; waited {timeout:g} s"
            )
        try:
            yield
        finally:
            lock.release()

    def __repr__(self) -> str:
        return f"MemoryTokenStore({len(self._tokens)} tokens)"


class FileTokenStore:
    """Keeps one or more tokens in a JSON file, which is created readable only by its owner.

    Empty lock files next to the token file are never removed. A token file that other users can
    access causes one warning. Devices and FIFOs are rejected, as are lock files and temporary files
    that are symbolic links, and temporary files that another user may have planted.

    Args:
        path: the path of the file; ``~`` is the home directory. The file and its directory are
            created on the first write, accessible only to the owner.
        account: a name that distinguishes users who sign in with the same client id; required if
            several users do.
    """

    def __init__(self, path: str | os.PathLike[str], *, account: str = "") -> None:
        PATH.check("path", path)
        TEXT.check("account", account)
        self._path = Path(os.path.expanduser(path))  # noqa: PTH111 - Path's own may raise
        self._account = account
        self._warned = False

    def load(self, key: TokenKey) -> Token | None:
        """Return the token that is stored under a key, or ``None`` if no token is stored.

        Raises:
            TokenStoreError: the file cannot be read, or is not a token file.
        """
        with self._store_errors("read"):
            # Files are replaced atomically, so reading needs no lock. But a killed writer may have
            # left a newer file, and Windows cannot replace an open file.
            careful = sys.platform == "win32" or os.path.lexists(self._unfinished)
            with self._writing() if careful else contextlib.nullcontext():
                return self._read().get(key, self._account)

    def save(self, key: TokenKey, token: Token) -> None:
        """Store a token under a key.

        Raises:
            TokenStoreError: the file cannot be written, or is not a token file.
        """
        self._change(lambda document: document.put(key, token, self._account))

    def delete(self, key: TokenKey) -> None:
        """Delete the token that is stored under a key.

        Raises:
            TokenStoreError: the file cannot be written, or is not a token file.
        """
        self._change(lambda document: document.without(key, self._account))

    @contextlib.contextmanager
    def lock(self, key: TokenKey, *, timeout: float) -> Generator[None, None, None]:
        """Return a context manager that holds a key's lock; only one client at a time can hold it.

        Raises:
            TokenStoreError: the lock was not acquired within ``timeout`` seconds, or file locks are
                not supported.
        """
        name = _digest(key, self._account)
        with hold_lock(self._beside(f".{name}.lock"), timeout=timeout):
            yield

    def __repr__(self) -> str:
        account = f", account={self._account!r}" if self._account else ""
        return f"FileTokenStore({str(self._path)!r}{account})"

    @property
    def _target(self) -> Path:
        # If the path is a symbolic link, the link is kept, and the file that it refers to is written.
        return Path(os.path.realpath(self._path))

    @property
    def _unfinished(self) -> Path:
        return self._beside(".new")

    def _beside(self, suffix: str) -> Path:
        target = self._target
        return target.with_name(target.name + suffix)

    def _change(self, change: Callable[[TokenDocument], TokenDocument]) -> None:
        with self._store_errors("written"), self._writing():
            before = self._read()
            after = change(before)
            if after != before:
                # Two steps, each atomic: `_recover` completes a write whose process was killed in
                # between, because the old refresh token may already be invalid.
                _write(self._unfinished, after.to_bytes())
                self._finish()

    @contextlib.contextmanager
    def _writing(self) -> Generator[None, None, None]:
        with hold_lock(self._beside(".lock"), timeout=_WRITE_TIMEOUT):
            self._recover()
            yield

    def _recover(self) -> None:
        """Complete a write that a killed process began, or remove its temporary file if incomplete."""
        try:
            content = read_own_file(self._unfinished)
        except FileNotFoundError:
            return
        try:
            whole = bool(TokenDocument.from_bytes(content).entries)
        except TokenStoreError:
            whole = False
        if whole:
            self._finish()
        else:
            self._unfinished.unlink()

    def _finish(self) -> None:
        self._unfinished.replace(self._target)
        flush_directory(self._target.parent)

    def _read(self) -> TokenDocument:
        try:
            content, facts = read_file(self._target)
        except FileNotFoundError:
            return TokenDocument()
        if is_open_to_others(facts) and not self._warned:
            self._warned = True
            logging.getLogger(TOKENS_LOGGER).warning(
                "token file %s: other users can read or write it; run chmod 600 on it, and sign in "
                "again if another user may have read or written it",
                self._path,
            )
        return TokenDocument.from_bytes(content)

    @contextlib.contextmanager
    def _store_errors(self, what: str) -> Generator[None, None, None]:
        try:
            yield
        except OSError as error:
            problem = f"cannot be {what}: {error.strerror or type(error).__name__}"
            raise TokenStoreError(f"token file {self._path}: {problem}") from None
        except TokenStoreError as error:
            raise TokenStoreError(f"token file {self._path}: {error.message}") from None


class Keyring(Protocol):
    """The interface of the package ``keyring`` and of its backends."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return the secret stored for a service and user name; ``None`` if no secret is stored."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a secret for a service and user name."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Delete the secret of a service and user name."""
        ...


class KeyringTokenStore:
    """Keeps tokens in the operating system's keyring (``pip install 'genesys-cloud[keyring]'``).

    Args:
        service: the name under which the keyring shows the secrets.
        account: a name that distinguishes users who sign in with the same client id.
        backend: the keyring to use; by default, the operating system's keyring.
        lock_directory: the directory for lock files, which are needed because keyrings have no
            locks; created if missing, accessible only to the owner.

    Raises:
        ImportError: the extra ``keyring`` is not installed, and no backend is given.
    """

    def __init__(
        self,
        service: str = "genesys-cloud",
        *,
        account: str = "",
        backend: Keyring | None = None,
        lock_directory: str | os.PathLike[str] = "~/.genesyscloudpython",
    ) -> None:
        self._service = service
        self._account = account
        self._keyring = _system_keyring() if backend is None else backend
        self._locks = Path(os.path.expanduser(lock_directory))  # noqa: PTH111 - Path's may raise

    def load(self, key: TokenKey) -> Token | None:
        """Return the token that is stored under a key, or ``None`` if no token is stored.

        Raises:
            TokenStoreError: the keyring is locked or broken.
        """
        with _keyring_errors("read"):
            text = self._keyring.get_password(self._service, self._name(key))
        return None if text is None else decode_token(text.encode("utf-8", "replace"))

    def save(self, key: TokenKey, token: Token) -> None:
        """Store a token under a key.

        Raises:
            TokenStoreError: the keyring is locked or broken, or the token is too long for it.
        """
        # Without spaces and line feeds, because keyrings limit the length: Windows to 2,560 bytes.
        text = msgspec.json.format(encode_token(token), indent=-1).decode()
        with _keyring_errors("write"):
            self._keyring.set_password(self._service, self._name(key), text)

    def delete(self, key: TokenKey) -> None:
        """Delete the token that is stored under a key.

        Raises:
            TokenStoreError: the keyring is locked or broken.
        """
        with _keyring_errors("write"):
            # Backends raise different exceptions for a password that does not exist.
            if self._keyring.get_password(self._service, self._name(key)) is not None:
                self._keyring.delete_password(self._service, self._name(key))

    @contextlib.contextmanager
    def lock(self, key: TokenKey, *, timeout: float) -> Generator[None, None, None]:
        """Return a context manager that holds a key's lock; only one client at a time can hold it.

        Raises:
            TokenStoreError: the lock was not acquired within ``timeout`` seconds, or file locks are
                not supported.
        """
        name = _digest(key, f"{self._service}\0{self._account}")
        with hold_lock(self._locks / f"keyring.{name}.lock", timeout=timeout):
            yield

    def __repr__(self) -> str:
        account = f", account={self._account!r}" if self._account else ""
        return f"KeyringTokenStore({self._service!r}{account})"

    def _name(self, key: TokenKey) -> str:
        account = f"{self._account} " if self._account else ""
        return f"{account}{key.client_id} {key.login}"


def _system_keyring() -> Keyring:
    try:
        return cast(Keyring, import_module("keyring"))
    except ImportError:
        raise ImportError(
            "KeyringTokenStore needs an extra: pip install 'genesys-cloud[keyring]'"
        ) from None


@contextlib.contextmanager
def _keyring_errors(what: str) -> Generator[None, None, None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - backends raise any exception
        # The exception's message is omitted because it may contain the secret.
        problem = f"cannot {what} the keyring: {type(error).__name__}; check that it is unlocked"
        raise TokenStoreError(problem) from None


def _digest(key: TokenKey, account: str) -> str:
    text = f"{key.client_id}\0{key.login}\0{account}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# With O_EXCL, a file that another user has planted is not written to.
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def _write(path: Path, content: bytes) -> None:
    # The mode is set before the content is written, so that only the owner can ever read it.
    descriptor = os.open(path, _NEW_FILE, 0o600)
    try:
        _fill(descriptor, content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _fill(descriptor: int, content: bytes) -> None:
    try:
        # A single write: a killed process leaves everything or nothing.
        if os.write(descriptor, content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
