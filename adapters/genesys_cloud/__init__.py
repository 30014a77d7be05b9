"""A client for the Genesys Cloud Platform API, for threads, asyncio and trio.

Names are imported on first use (PEP 562), so that importing the package costs next to nothing.
"""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

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

    __version__: str

export_lazily(
    globals(),
    {
        "genesys_cloud.client.async_client": "AsyncClient",
        "genesys_cloud.client.sync_client": "Client",
        "genesys_cloud.config.file": "Configuration",
        "genesys_cloud.notifications.async_handler": "AsyncNotificationHandler",
        "genesys_cloud.notifications.sync_handler": "NotificationHandler",
        "genesys_cloud.observability.opentelemetry": "Telemetry",
        "genesys_cloud.sign_in.pkce": "generate_pkce_code_verifier",
        "genesys_cloud.transports.hooks": "Hooks",
        "genesys_core.calls.responses": "ApiResponse",
        "genesys_core.codec.values": "NULL YearMonth",
        "genesys_core.errors": "GenesysCloudError",
        "genesys_core.hosts": "Gateway Region",
        "genesys_core.http.messages": "Timeout",
        "genesys_core.notifications.channel.events": "Gap",
        "genesys_core.notifications.messages": "Notification",
        "genesys_core.notifications.topics": "NOTIFICATION_TOPICS",
        "genesys_core.oauth.authorization": "Implicit",
        "genesys_core.oauth.grants": (
            "AuthorizationCode ClientCredentials Pkce RefreshToken Saml2Bearer"
        ),
        "genesys_core.oauth.pkce": "compute_pkce_code_challenge",
        "genesys_core.oauth.tokens": "Token",
        "genesys_core.session.pacing": "Pacing",
        "genesys_core.session.retry": "RetryConfiguration",
        "genesys_core.version": "__version__=VERSION",
    },
)
