"""The pure core of the Genesys Cloud client: no sockets, no clock, no threads, no logging.

Everything that decides about a call is here; adapters (:mod:`genesys_cloud`, or your own) send,
receive, sleep and lock. ``docs/embedding.md`` shows a driver in full.
"""

from genesys_core.decoding import Decoded, Issue, decode
from genesys_core.encoding import to_dict, to_json
from genesys_core.errors import GenesysCloudError
from genesys_core.headers import Headers
from genesys_core.hosts import Gateway, Hosts, Region
from genesys_core.http1 import HTTP1Connection
from genesys_core.lifecycle import (
    Exchanging,
    NeedToken,
    Raised,
    Returned,
    Sending,
    State,
    Waiting,
    reserve_token,
    settle_token,
    start,
)
from genesys_core.message import Request, Response, Timeout, TransportFailure
from genesys_core.model import Model
from genesys_core.oauth import ClientCredentials, RefreshToken, Token
from genesys_core.operation import Endpoint, Operation, Options, raw_operation
from genesys_core.paging import Paging
from genesys_core.replies import ApiResponse
from genesys_core.retry import RetryConfiguration
from genesys_core.session import Session, Settings
from genesys_core.values import NULL, LocalDateTime, Now, YearMonth
from genesys_core.vault import Vault

__all__ = [
    "NULL",
    "ApiResponse",
    "ClientCredentials",
    "Decoded",
    "Endpoint",
    "Exchanging",
    "Gateway",
    "GenesysCloudError",
    "HTTP1Connection",
    "Headers",
    "Hosts",
    "Issue",
    "LocalDateTime",
    "Model",
    "NeedToken",
    "Now",
    "Operation",
    "Options",
    "Paging",
    "Raised",
    "RefreshToken",
    "Region",
    "Request",
    "Response",
    "RetryConfiguration",
    "Returned",
    "Sending",
    "Session",
    "Settings",
    "State",
    "Timeout",
    "Token",
    "TransportFailure",
    "Vault",
    "Waiting",
    "YearMonth",
    "decode",
    "raw_operation",
    "reserve_token",
    "settle_token",
    "start",
    "to_dict",
    "to_json",
]
