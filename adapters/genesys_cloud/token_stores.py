"""Token stores, which keep tokens in memory, in a file or in the operating system's keyring."""

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
