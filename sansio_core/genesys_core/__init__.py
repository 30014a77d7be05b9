"""The pure core of the Genesys Cloud client: no sockets, no clock, no threads, no logging.

Everything that decides about a call is here; adapters (:mod:`genesys_cloud`, or your own) send,
receive, sleep and lock. ``docs/embedding.md`` shows a driver in full.

Law: a name is imported on first use (PEP 562), so that importing the package, or one module of it,
costs nothing else. ``decode`` and its like are functions; modules have other names.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from genesys_core.calls.lifecycle import ClosingGate as ClosingGate
    from genesys_core.calls.lifecycle import NeedPermit as NeedPermit
    from genesys_core.calls.lifecycle import NeedToken as NeedToken
    from genesys_core.calls.lifecycle import Raised as Raised
    from genesys_core.calls.lifecycle import Returned as Returned
    from genesys_core.calls.lifecycle import Sending as Sending
    from genesys_core.calls.lifecycle import State as State
    from genesys_core.calls.lifecycle import Waiting as Waiting
    from genesys_core.calls.lifecycle import start as start
    from genesys_core.calls.operation import Endpoint as Endpoint
    from genesys_core.calls.operation import Operation as Operation
    from genesys_core.calls.operation import Options as Options
    from genesys_core.calls.operation import raw_operation as raw_operation
    from genesys_core.calls.paging import Paging as Paging
    from genesys_core.calls.rate_limit import close_gate as close_gate
    from genesys_core.calls.rate_limit import release_permit as release_permit
    from genesys_core.calls.rate_limit import reserve_permit as reserve_permit
    from genesys_core.calls.responses import ApiResponse as ApiResponse
    from genesys_core.calls.token_actions import Exchanging as Exchanging
    from genesys_core.calls.token_actions import reserve_token as reserve_token
    from genesys_core.calls.token_actions import settle_token as settle_token
    from genesys_core.clock import Now as Now
    from genesys_core.codec.decoding import Decoded as Decoded
    from genesys_core.codec.decoding import Issue as Issue
    from genesys_core.codec.decoding import decode as decode
    from genesys_core.codec.encoding import to_dict as to_dict
    from genesys_core.codec.encoding import to_json as to_json
    from genesys_core.codec.model import Model as Model
    from genesys_core.codec.values import NULL as NULL
    from genesys_core.codec.values import LocalDateTime as LocalDateTime
    from genesys_core.codec.values import YearMonth as YearMonth
    from genesys_core.errors import GenesysCloudError as GenesysCloudError
    from genesys_core.hosts import Gateway as Gateway
    from genesys_core.hosts import Hosts as Hosts
    from genesys_core.hosts import Region as Region
    from genesys_core.http.headers import Headers as Headers
    from genesys_core.http.http1 import HTTP1Connection as HTTP1Connection
    from genesys_core.http.limits import ResponseLimits as ResponseLimits
    from genesys_core.http.messages import Request as Request
    from genesys_core.http.messages import Response as Response
    from genesys_core.http.messages import Timeout as Timeout
    from genesys_core.http.messages import TransportFailure as TransportFailure
    from genesys_core.notifications.channel_set import ChannelSet as ChannelSet
    from genesys_core.oauth.grants import ClientCredentials as ClientCredentials
    from genesys_core.oauth.grants import RefreshToken as RefreshToken
    from genesys_core.oauth.tokens import Token as Token
    from genesys_core.session.pacing import Pacer as Pacer
    from genesys_core.session.pacing import Pacing as Pacing
    from genesys_core.session.retry import RetryConfiguration as RetryConfiguration
    from genesys_core.session.session import Session as Session
    from genesys_core.session.session import Settings as Settings
    from genesys_core.session.vault import Vault as Vault
    from genesys_core.websocket.connection import WebSocket as WebSocket

_HOMES: Final = {
    "calls.lifecycle": "ClosingGate NeedPermit NeedToken Raised Returned Sending State Waiting start",
    "calls.operation": "Endpoint Operation Options raw_operation",
    "calls.paging": "Paging",
    "calls.rate_limit": "close_gate release_permit reserve_permit",
    "calls.responses": "ApiResponse",
    "calls.token_actions": "Exchanging reserve_token settle_token",
    "clock": "Now",
    "codec.decoding": "Decoded Issue decode",
    "codec.encoding": "to_dict to_json",
    "codec.model": "Model",
    "codec.values": "LocalDateTime NULL YearMonth",
    "errors": "GenesysCloudError",
    "hosts": "Gateway Hosts Region",
    "http.headers": "Headers",
    "http.http1": "HTTP1Connection",
    "http.limits": "ResponseLimits",
    "http.messages": "Request Response Timeout TransportFailure",
    "notifications.channel_set": "ChannelSet",
    "oauth": "ClientCredentials RefreshToken Token",
    "session.pacing": "Pacer Pacing",
    "session.retry": "RetryConfiguration",
    "session.session": "Session Settings",
    "session.vault": "Vault",
    "websocket.connection": "WebSocket",
}
_HOME: Final = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "NULL",
    "ApiResponse",
    "ChannelSet",
    "ClientCredentials",
    "ClosingGate",
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
    "NeedPermit",
    "NeedToken",
    "Now",
    "Operation",
    "Options",
    "Pacer",
    "Pacing",
    "Paging",
    "Raised",
    "RefreshToken",
    "Region",
    "Request",
    "Response",
    "ResponseLimits",
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
    "WebSocket",
    "YearMonth",
    "close_gate",
    "decode",
    "raw_operation",
    "release_permit",
    "reserve_permit",
    "reserve_token",
    "settle_token",
    "start",
    "to_dict",
    "to_json",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        known = ", ".join(__all__)
        raise AttributeError(f"{__name__} exports no {name}; it exports {known}", name=name)
    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
