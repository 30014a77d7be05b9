"""A client for the Genesys Cloud Platform API, for threads, asyncio and trio.

Names are imported on first use (PEP 562), so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from genesys_cloud._async import AsyncClient as AsyncClient
    from genesys_cloud._telemetry import Telemetry as Telemetry
    from genesys_cloud.config import Configuration as Configuration
    from genesys_cloud.hooks import Hooks as Hooks
    from genesys_cloud.notifications import NOTIFICATION_TOPICS as NOTIFICATION_TOPICS
    from genesys_cloud.notifications import AsyncNotificationHandler as AsyncNotificationHandler
    from genesys_cloud.notifications import Gap as Gap
    from genesys_cloud.notifications import Notification as Notification
    from genesys_cloud.notifications import NotificationHandler as NotificationHandler
    from genesys_cloud.pkce import generate_pkce_code_verifier as generate_pkce_code_verifier
    from genesys_cloud.sync import Client as Client
    from genesys_core.errors import GenesysCloudError as GenesysCloudError
    from genesys_core.hosts import Gateway as Gateway
    from genesys_core.hosts import Region as Region
    from genesys_core.message import Timeout as Timeout
    from genesys_core.oauth import AuthorizationCode as AuthorizationCode
    from genesys_core.oauth import ClientCredentials as ClientCredentials
    from genesys_core.oauth import Implicit as Implicit
    from genesys_core.oauth import Pkce as Pkce
    from genesys_core.oauth import RefreshToken as RefreshToken
    from genesys_core.oauth import Saml2Bearer as Saml2Bearer
    from genesys_core.oauth import Token as Token
    from genesys_core.pacing import Pacing as Pacing
    from genesys_core.pkce import compute_pkce_code_challenge as compute_pkce_code_challenge
    from genesys_core.replies import ApiResponse as ApiResponse
    from genesys_core.retry import RetryConfiguration as RetryConfiguration
    from genesys_core.session import VERSION as __version__  # noqa: N811 - a module's version is spelt so
    from genesys_core.values import NULL as NULL
    from genesys_core.values import YearMonth as YearMonth

_HOME: Final = {
    "NOTIFICATION_TOPICS": "genesys_core.topics",
    "NULL": "genesys_core.values",
    "AsyncNotificationHandler": "genesys_cloud._notifications_async",
    "Gap": "genesys_core.channel_events",
    "Notification": "genesys_core.notifications",
    "NotificationHandler": "genesys_cloud._notifications_sync",
    "ApiResponse": "genesys_core.replies",
    "AsyncClient": "genesys_cloud._async",
    "Client": "genesys_cloud.sync",
    "ClientCredentials": "genesys_core.oauth",
    "Gateway": "genesys_core.hosts",
    "GenesysCloudError": "genesys_core.errors",
    "RefreshToken": "genesys_core.oauth",
    "Region": "genesys_core.hosts",
    "RetryConfiguration": "genesys_core.retry",
    "Timeout": "genesys_core.message",
    "Token": "genesys_core.oauth",
    "YearMonth": "genesys_core.values",
    "Telemetry": "genesys_cloud._telemetry",
    "Configuration": "genesys_cloud.config",
    "Hooks": "genesys_cloud.hooks",
    "generate_pkce_code_verifier": "genesys_cloud.pkce",
    "AuthorizationCode": "genesys_core.oauth",
    "Implicit": "genesys_core.oauth",
    "Pkce": "genesys_core.oauth",
    "Saml2Bearer": "genesys_core.oauth",
    "Pacing": "genesys_core.pacing",
    "compute_pkce_code_challenge": "genesys_core.pkce",
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
        return import_module("genesys_core.session").VERSION
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
