"""Token stores: where tokens are kept between runs."""

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
