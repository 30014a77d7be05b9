"""A client for the Genesys Cloud Platform API, for threads, asyncio and trio.

Everything that a program needs is exported here: clients, grants, settings, exceptions, API classes
such as ``UsersApi``, and the modules ``models``, ``errors`` and ``api``. Names are
imported on first use (PEP 562), so that importing the package takes almost no time.
"""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from genesys_cloud import api as api
    from genesys_cloud import errors as errors
    from genesys_cloud import models as models
    from genesys_cloud.apis import *  # noqa: F403
    from genesys_cloud.budgets.file_budget import FileBudget as FileBudget
    from genesys_cloud.client.async_client import AsyncClient as AsyncClient
    from genesys_cloud.client.jobs import AsyncJob as AsyncJob
    from genesys_cloud.client.jobs import Job as Job
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
    from genesys_cloud.sign_in.token_stores import FileTokenStore as FileTokenStore
    from genesys_cloud.sign_in.token_stores import MemoryTokenStore as MemoryTokenStore
    from genesys_cloud.transports.hooks import Hooks as Hooks
    from genesys_core.api import DEFINITION_VERSION as DEFINITION_VERSION
    from genesys_core.calls.downloads import safe_file_name as safe_file_name
    from genesys_core.calls.operation import Operation as Operation
    from genesys_core.calls.operation import Options as Options
    from genesys_core.calls.operation import raw_operation as raw_operation
    from genesys_core.calls.responses import ApiResponse as ApiResponse
    from genesys_core.calls.summaries import operation_summaries as operation_summaries
    from genesys_core.calls.summaries import operation_summary as operation_summary
    from genesys_core.codec.decoding import Issue as Issue
    from genesys_core.codec.decoding import decode as decode
    from genesys_core.codec.encoding import to_dict as to_dict
    from genesys_core.codec.encoding import to_json as to_json
    from genesys_core.codec.intervals import Interval as Interval
    from genesys_core.codec.model import Model as Model
    from genesys_core.codec.values import NULL as NULL
    from genesys_core.codec.values import LocalDateTime as LocalDateTime
    from genesys_core.codec.values import YearMonth as YearMonth
    from genesys_core.configuration.sections import LoggingConfiguration as LoggingConfiguration
    from genesys_core.errors import AccessDeniedError as AccessDeniedError
    from genesys_core.errors import ApiError as ApiError
    from genesys_core.errors import Attempt as Attempt
    from genesys_core.errors import AuthenticationError as AuthenticationError
    from genesys_core.errors import BadRequestError as BadRequestError
    from genesys_core.errors import BudgetBusyError as BudgetBusyError
    from genesys_core.errors import BudgetError as BudgetError
    from genesys_core.errors import ConfigurationError as ConfigurationError
    from genesys_core.errors import ConflictError as ConflictError
    from genesys_core.errors import ConnectError as ConnectError
    from genesys_core.errors import ConnectionClosedError as ConnectionClosedError
    from genesys_core.errors import DecodeError as DecodeError
    from genesys_core.errors import ExportError as ExportError
    from genesys_core.errors import GenesysCloudError as GenesysCloudError
    from genesys_core.errors import IncompleteListingError as IncompleteListingError
    from genesys_core.errors import InvalidClientError as InvalidClientError
    from genesys_core.errors import InvalidGrantError as InvalidGrantError
    from genesys_core.errors import InvalidRequestError as InvalidRequestError
    from genesys_core.errors import InvalidScopeError as InvalidScopeError
    from genesys_core.errors import InvalidValueError as InvalidValueError
    from genesys_core.errors import JobError as JobError
    from genesys_core.errors import JobFailedError as JobFailedError
    from genesys_core.errors import JobStoppedError as JobStoppedError
    from genesys_core.errors import NotFoundError as NotFoundError
    from genesys_core.errors import OAuthError as OAuthError
    from genesys_core.errors import PaginationError as PaginationError
    from genesys_core.errors import PagingWindowError as PagingWindowError
    from genesys_core.errors import PermissionDeniedError as PermissionDeniedError
    from genesys_core.errors import ProtocolError as ProtocolError
    from genesys_core.errors import ProxyError as ProxyError
    from genesys_core.errors import RateLimitError as RateLimitError
    from genesys_core.errors import RedirectError as RedirectError
    from genesys_core.errors import ServerError as ServerError
    from genesys_core.errors import TimeoutError as TimeoutError  # noqa: A004 - not in a star import
    from genesys_core.errors import TlsError as TlsError
    from genesys_core.errors import TransportError as TransportError
    from genesys_core.errors import UnauthorizedClientError as UnauthorizedClientError
    from genesys_core.errors import UnsupportedGrantTypeError as UnsupportedGrantTypeError
    from genesys_core.errors import WaitTimeoutError as WaitTimeoutError
    from genesys_core.hosts import Gateway as Gateway
    from genesys_core.hosts import Hosts as Hosts
    from genesys_core.hosts import Region as Region
    from genesys_core.http.headers import Headers as Headers
    from genesys_core.http.limits import ResponseLimits as ResponseLimits
    from genesys_core.http.messages import Request as Request
    from genesys_core.http.messages import Response as Response
    from genesys_core.http.messages import Timeout as Timeout
    from genesys_core.http.messages import TransportFailure as TransportFailure
    from genesys_core.http.multipart import Part as Part
    from genesys_core.http.redaction import Redaction as Redaction
    from genesys_core.jobs.waiting import JobWarning as JobWarning
    from genesys_core.notifications.channel.events import Gap as Gap
    from genesys_core.notifications.dispatch import SubscriptionError as SubscriptionError
    from genesys_core.notifications.messages import Notification as Notification
    from genesys_core.notifications.topics import NOTIFICATION_TOPICS as NOTIFICATION_TOPICS
    from genesys_core.oauth.authorization import Implicit as Implicit
    from genesys_core.oauth.authorization import parse_code_redirect as parse_code_redirect
    from genesys_core.oauth.authorization import parse_token_redirect as parse_token_redirect
    from genesys_core.oauth.authorization import prepare_authorize_url as prepare_authorize_url
    from genesys_core.oauth.authorization import prepare_logout_url as prepare_logout_url
    from genesys_core.oauth.grants import AuthorizationCode as AuthorizationCode
    from genesys_core.oauth.grants import ClientCredentials as ClientCredentials
    from genesys_core.oauth.grants import Pkce as Pkce
    from genesys_core.oauth.grants import RefreshToken as RefreshToken
    from genesys_core.oauth.grants import Saml2Bearer as Saml2Bearer
    from genesys_core.oauth.pkce import compute_pkce_code_challenge as compute_pkce_code_challenge
    from genesys_core.oauth.tokens import Token as Token
    from genesys_core.paging.options import IncompleteListingWarning as IncompleteListingWarning
    from genesys_core.session.pacing import Pacing as Pacing
    from genesys_core.session.retry import RetryConfiguration as RetryConfiguration

    __version__: str

export_lazily(
    globals(),
    {
        "genesys_cloud.api": "api=.",
        "genesys_cloud.client.async_client": "AsyncClient",
        "genesys_cloud.client.jobs": "AsyncJob Job",
        "genesys_cloud.client.sync_client": "Client",
        "genesys_cloud.config.file": "Configuration",
        "genesys_cloud.errors": "errors=.",
        "genesys_cloud.models": "models=.",
        "genesys_cloud.notifications.async_handler": "AsyncNotificationHandler",
        "genesys_cloud.notifications.sync_handler": "NotificationHandler",
        "genesys_cloud.sign_in.pkce": "generate_pkce_code_verifier",
        "genesys_cloud.sign_in.token_stores": "FileTokenStore MemoryTokenStore",
        "genesys_cloud.budgets.file_budget": "FileBudget",
        "genesys_cloud.transports.hooks": "Hooks",
        "genesys_core.api": "DEFINITION_VERSION",
        "genesys_core.calls.downloads": "safe_file_name",
        "genesys_core.calls.operation": "Operation Options raw_operation",
        "genesys_core.calls.responses": "ApiResponse",
        "genesys_core.calls.summaries": "operation_summaries operation_summary",
        "genesys_core.codec.decoding": "Issue decode",
        "genesys_core.codec.encoding": "to_dict to_json",
        "genesys_core.codec.intervals": "Interval",
        "genesys_core.codec.model": "Model",
        "genesys_core.codec.values": "NULL LocalDateTime YearMonth",
        "genesys_core.configuration.sections": "LoggingConfiguration",
        "genesys_core.errors": (
            "AccessDeniedError ApiError Attempt AuthenticationError BadRequestError "
            "BudgetBusyError BudgetError "
            "ConfigurationError ConflictError ConnectError ConnectionClosedError DecodeError "
            "ExportError GenesysCloudError IncompleteListingError InvalidClientError InvalidGrantError "
            "InvalidRequestError InvalidScopeError InvalidValueError JobError JobFailedError "
            "JobStoppedError NotFoundError OAuthError PaginationError PagingWindowError "
            "PermissionDeniedError ProtocolError ProxyError RateLimitError RedirectError "
            "ServerError TlsError TransportError UnauthorizedClientError "
            "UnsupportedGrantTypeError WaitTimeoutError"
        ),
        "genesys_core.hosts": "Gateway Hosts Region",
        "genesys_core.http.headers": "Headers",
        "genesys_core.http.limits": "ResponseLimits",
        "genesys_core.http.messages": "Request Response Timeout TransportFailure",
        "genesys_core.http.multipart": "Part",
        "genesys_core.http.redaction": "Redaction",
        "genesys_core.jobs.waiting": "JobWarning",
        "genesys_core.notifications.channel.events": "Gap",
        "genesys_core.notifications.dispatch": "SubscriptionError",
        "genesys_core.notifications.messages": "Notification",
        "genesys_core.notifications.topics": "NOTIFICATION_TOPICS",
        "genesys_core.oauth.authorization": (
            "Implicit parse_code_redirect parse_token_redirect prepare_authorize_url "
            "prepare_logout_url"
        ),
        "genesys_core.oauth.grants": (
            "AuthorizationCode ClientCredentials Pkce RefreshToken Saml2Bearer"
        ),
        "genesys_core.oauth.pkce": "compute_pkce_code_challenge",
        "genesys_core.oauth.tokens": "Token",
        "genesys_core.paging.options": "IncompleteListingWarning",
        "genesys_core.session.pacing": "Pacing",
        "genesys_core.session.retry": "RetryConfiguration",
        "genesys_core.version": "__version__=VERSION",
    },
    # Not in a star import: OpenTelemetry may not be installed, and TimeoutError hides a builtin.
    unlisted={
        "genesys_cloud.observability.opentelemetry": "Telemetry",
        "genesys_core.errors": "TimeoutError",
    },
    endings={"Api": "genesys_cloud.apis"},
)
