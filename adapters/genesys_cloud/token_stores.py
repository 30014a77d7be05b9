"""Token stores, which keep tokens between runs of a program."""

from genesys_cloud.sign_in.token_stores import (
    AsyncTokenStore,
    FileTokenStore,
    Keyring,
    KeyringTokenStore,
    MemoryTokenStore,
    TokenKey,
    TokenStore,
    TokenStoreError,
)

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
