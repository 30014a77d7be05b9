"""A client for the Genesys Cloud Platform API, for threads, asyncio and trio.

Names are imported on first use (PEP 562), so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from genesys_cloud.client.async_client import AsyncClient as AsyncClient
    from genesys_cloud.client.sync_client import Client as Client
    from genesys_cloud.config.file import Configuration as Configuration
    from genesys_cloud.notifications.async_handler import (
        AsyncNotificationHandler as AsyncNotificationHandler,
    )
    from genesys_cloud.notifications.sync_handler import NotificationHandler as NotificationHandler
    from genesys_cloud.observability.opentelemetry import Telemetry as Telemetry
    from genesys_cloud.sign_in.pkce import (
        generate_pkce_code_verifier as generate_pkce_code_verifier,
    )
    from genesys_cloud.transports.hooks import Hooks as Hooks
    from genesys_core.calls.responses import ApiResponse as ApiResponse
    from genesys_core.codec.values import NULL as NULL
    from genesys_core.codec.values import YearMonth as YearMonth
    from genesys_core.errors import GenesysCloudError as GenesysCloudError
    from genesys_core.hosts import Gateway as Gateway
    from genesys_core.hosts import Region as Region
    from genesys_core.http.messages import Timeout as Timeout
    from genesys_core.notifications.channel.events import Gap as Gap
    from genesys_core.notifications.messages import Notification as Notification
    from genesys_core.notifications.topics import NOTIFICATION_TOPICS as NOTIFICATION_TOPICS
    from genesys_core.oauth.authorization import Implicit as Implicit
    from genesys_core.oauth.grants import AuthorizationCode as AuthorizationCode
    from genesys_core.oauth.grants import ClientCredentials as ClientCredentials
    from genesys_core.oauth.grants import Pkce as Pkce
    from genesys_core.oauth.grants import RefreshToken as RefreshToken
    from genesys_core.oauth.grants import Saml2Bearer as Saml2Bearer
    from genesys_core.oauth.pkce import compute_pkce_code_challenge as compute_pkce_code_challenge
    from genesys_core.oauth.tokens import Token as Token
    from genesys_core.session.pacing import Pacing as Pacing
    from genesys_core.session.retry import RetryConfiguration as RetryConfiguration
    from genesys_core.version import VERSION as __version__  # noqa: N811 - a module's version is spelt so

_HOME: Final = {
    "NOTIFICATION_TOPICS": "genesys_core.notifications.topics",
    "NULL": "genesys_core.codec.values",
    "AsyncNotificationHandler": "genesys_cloud.notifications.async_handler",
    "Gap": "genesys_core.notifications.channel.events",
    "Notification": "genesys_core.notifications.messages",
    "NotificationHandler": "genesys_cloud.notifications.sync_handler",
    "ApiResponse": "genesys_core.calls.responses",
    "AsyncClient": "genesys_cloud.client.async_client",
    "Client": "genesys_cloud.client.sync_client",
    "ClientCredentials": "genesys_core.oauth",
    "Gateway": "genesys_core.hosts",
    "GenesysCloudError": "genesys_core.errors",
    "RefreshToken": "genesys_core.oauth",
    "Region": "genesys_core.hosts",
    "RetryConfiguration": "genesys_core.session.retry",
    "Timeout": "genesys_core.http.messages",
    "Token": "genesys_core.oauth",
    "YearMonth": "genesys_core.codec.values",
    "Telemetry": "genesys_cloud.observability.opentelemetry",
    "Configuration": "genesys_cloud.config.file",
    "Hooks": "genesys_cloud.transports.hooks",
    "generate_pkce_code_verifier": "genesys_cloud.sign_in.pkce",
    "AuthorizationCode": "genesys_core.oauth",
    "Implicit": "genesys_core.oauth",
    "Pkce": "genesys_core.oauth",
    "Saml2Bearer": "genesys_core.oauth",
    "Pacing": "genesys_core.session.pacing",
    "compute_pkce_code_challenge": "genesys_core.oauth.pkce",
}

__all__ = [
    "NOTIFICATION_TOPICS",
    "NULL",
    "ApiResponse",
    "AsyncClient",
    "AsyncNotificationHandler",
    "AuthorizationCode",
    "Client",
    "ClientCredentials",
    "Configuration",
    "Gap",
    "Gateway",
    "GenesysCloudError",
    "Hooks",
    "Implicit",
    "Notification",
    "NotificationHandler",
    "Pacing",
    "Pkce",
    "RefreshToken",
    "Region",
    "RetryConfiguration",
    "Saml2Bearer",
    "Telemetry",
    "Timeout",
    "Token",
    "YearMonth",
    "__version__",
    "compute_pkce_code_challenge",
    "generate_pkce_code_verifier",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("genesys_core.version").VERSION
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
