"""Sign-in of a user through a browser."""

from genesys_cloud.sign_in.browser import (
    BrowserSignIn,
    LoginPage,
    sign_in,
)

__all__ = [
    "BrowserSignIn",
    "LoginPage",
    "sign_in",
]
