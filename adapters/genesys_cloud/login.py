"""Signing in through a browser."""

from genesys_cloud.sign_in.browser import (
    BrowserSignIn,
    exchange_grant,
    sign_in,
)

__all__ = [
    "BrowserSignIn",
    "exchange_grant",
    "sign_in",
]
