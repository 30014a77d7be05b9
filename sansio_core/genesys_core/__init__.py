"""The pure core of the Genesys Cloud client: no sockets, no clock, no threads, no logging.

Everything that decides about a call is here; adapters (:mod:`genesys_cloud`, or your own) send,
receive, sleep and lock. ``docs/embedding.md`` shows a driver in full.

Law: a name is imported on first use (PEP 562), so that importing the package, or one module of it,
costs nothing else. ``decode`` and its like are functions; modules have other names.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from genesys_core.channel_set import ChannelSet as ChannelSet
    from genesys_core.decoding import Decoded as Decoded
    from genesys_core.decoding import Issue as Issue
    from genesys_core.decoding import decode as decode
    from genesys_core.encoding import to_dict as to_dict
    from genesys_core.encoding import to_json as to_json
    from genesys_core.errors import GenesysCloudError as GenesysCloudError
    from genesys_core.headers import Headers as Headers
    from genesys_core.hosts import Gateway as Gateway
    from genesys_core.hosts import Hosts as Hosts
    from genesys_core.hosts import Region as Region
    from genesys_core.http1 import HTTP1Connection as HTTP1Connection
    from genesys_core.lifecycle import Exchanging as Exchanging
    from genesys_core.lifecycle import NeedToken as NeedToken
    from genesys_core.lifecycle import Raised as Raised
    from genesys_core.lifecycle import Returned as Returned
    from genesys_core.lifecycle import Sending as Sending
    from genesys_core.lifecycle import State as State
    from genesys_core.lifecycle import Waiting as Waiting
    from genesys_core.lifecycle import reserve_token as reserve_token
    from genesys_core.lifecycle import settle_token as settle_token
    from genesys_core.lifecycle import start as start
    from genesys_core.message import Request as Request
    from genesys_core.message import Response as Response
    from genesys_core.message import Timeout as Timeout
    from genesys_core.message import TransportFailure as TransportFailure
    from genesys_core.model import Model as Model
    from genesys_core.oauth import ClientCredentials as ClientCredentials
    from genesys_core.oauth import RefreshToken as RefreshToken
    from genesys_core.oauth import Token as Token
    from genesys_core.operation import Endpoint as Endpoint
    from genesys_core.operation import Operation as Operation
    from genesys_core.operation import Options as Options
    from genesys_core.operation import raw_operation as raw_operation
    from genesys_core.paging import Paging as Paging
    from genesys_core.replies import ApiResponse as ApiResponse
    from genesys_core.retry import RetryConfiguration as RetryConfiguration
    from genesys_core.session import Session as Session
    from genesys_core.session import Settings as Settings
    from genesys_core.values import NULL as NULL
    from genesys_core.values import LocalDateTime as LocalDateTime
    from genesys_core.values import Now as Now
    from genesys_core.values import YearMonth as YearMonth
    from genesys_core.vault import Vault as Vault
    from genesys_core.websocket import WebSocket as WebSocket

_HOMES: Final = {
    "channel_set": "ChannelSet",
    "decoding": "Decoded Issue decode",
    "encoding": "to_dict to_json",
    "errors": "GenesysCloudError",
    "headers": "Headers",
    "hosts": "Gateway Hosts Region",
    "http1": "HTTP1Connection",
    "lifecycle": "Exchanging NeedToken Raised Returned Sending State Waiting reserve_token settle_token start",
    "message": "Request Response Timeout TransportFailure",
    "model": "Model",
    "oauth": "ClientCredentials RefreshToken Token",
    "operation": "Endpoint Operation Options raw_operation",
    "paging": "Paging",
    "replies": "ApiResponse",
    "retry": "RetryConfiguration",
    "session": "Session Settings",
    "values": "LocalDateTime NULL Now YearMonth",
    "vault": "Vault",
    "websocket": "WebSocket",
}
_HOME: Final = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "NULL",
    "ApiResponse",
    "ChannelSet",
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
    "WebSocket",
    "YearMonth",
    "decode",
    "raw_operation",
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
