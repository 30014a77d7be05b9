"""The pure core of the Genesys Cloud client: no sockets, no clock, no threads, no logging.

All decisions about a call are made here; adapters (:mod:`genesys_cloud`, or your own) send,
receive, sleep and lock. ``docs/embedding.md`` shows a complete driver.

Names are imported on first use (PEP 562): ``import genesys_core`` loads none of the modules that
define them, and importing one module loads only that module and those that it imports.
"""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from genesys_core.calls.downloads import safe_file_name as safe_file_name
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
    from genesys_core.calls.rate_limit import close_gate as close_gate
    from genesys_core.calls.rate_limit import release_permit as release_permit
    from genesys_core.calls.rate_limit import reserve_permit as reserve_permit
    from genesys_core.calls.responses import ApiResponse as ApiResponse
    from genesys_core.calls.summaries import operation_summaries as operation_summaries
    from genesys_core.calls.summaries import operation_summary as operation_summary
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
    from genesys_core.http.multipart import Part as Part
    from genesys_core.http.redaction import Redaction as Redaction
    from genesys_core.jobs.job import StartedJob as StartedJob
    from genesys_core.jobs.job import begin_job as begin_job
    from genesys_core.jobs.job import find_job as find_job
    from genesys_core.jobs.waiting import PausePolicy as PausePolicy
    from genesys_core.jobs.waiting import Pausing as Pausing
    from genesys_core.jobs.waiting import Polling as Polling
    from genesys_core.jobs.waiting import WaitEnded as WaitEnded
    from genesys_core.jobs.waiting import WaitFailed as WaitFailed
    from genesys_core.jobs.waiting import start_wait as start_wait
    from genesys_core.notifications.channel.events import Arrived as Arrived
    from genesys_core.notifications.channel.events import ChannelCall as ChannelCall
    from genesys_core.notifications.channel.events import CloseSocket as CloseSocket
    from genesys_core.notifications.channel.events import Connect as Connect
    from genesys_core.notifications.channel.events import Emit as Emit
    from genesys_core.notifications.channel.events import SendText as SendText
    from genesys_core.notifications.channel.events import Subscribed as Subscribed
    from genesys_core.notifications.channel.policy import Policy as Policy
    from genesys_core.notifications.channel_set import ChannelSet as ChannelSet
    from genesys_core.oauth.grants import ClientCredentials as ClientCredentials
    from genesys_core.oauth.grants import RefreshToken as RefreshToken
    from genesys_core.oauth.tokens import Token as Token
    from genesys_core.observability.log_records import RoundTrip as RoundTrip
    from genesys_core.observability.log_records import log_entry as log_entry
    from genesys_core.paging.options import PagingOptions as PagingOptions
    from genesys_core.paging.paging import Paging as Paging
    from genesys_core.paging.reader import ListingReader as ListingReader
    from genesys_core.session.pacing import Pacer as Pacer
    from genesys_core.session.pacing import Pacing as Pacing
    from genesys_core.session.retry import Repeat as Repeat
    from genesys_core.session.retry import RetryConfiguration as RetryConfiguration
    from genesys_core.session.session import Session as Session
    from genesys_core.session.session import Settings as Settings
    from genesys_core.session.vault import Vault as Vault
    from genesys_core.websocket.connection import WebSocket as WebSocket

export_lazily(
    globals(),
    {
        "genesys_core.calls.downloads": "safe_file_name",
        "genesys_core.calls.lifecycle": (
            "ClosingGate NeedPermit NeedToken Raised Returned Sending State Waiting start"
        ),
        "genesys_core.calls.operation": "Endpoint Operation Options raw_operation",
        "genesys_core.paging.options": "PagingOptions",
        "genesys_core.paging.paging": "Paging",
        "genesys_core.paging.reader": "ListingReader",
        "genesys_core.calls.rate_limit": "close_gate release_permit reserve_permit",
        "genesys_core.calls.responses": "ApiResponse",
        "genesys_core.calls.summaries": "operation_summaries operation_summary",
        "genesys_core.calls.token_actions": "Exchanging reserve_token settle_token",
        "genesys_core.clock": "Now",
        "genesys_core.codec.decoding": "Decoded Issue decode",
        "genesys_core.codec.encoding": "to_dict to_json",
        "genesys_core.codec.model": "Model",
        "genesys_core.codec.values": "NULL LocalDateTime YearMonth",
        "genesys_core.errors": "GenesysCloudError",
        "genesys_core.hosts": "Gateway Hosts Region",
        "genesys_core.http.headers": "Headers",
        "genesys_core.http.http1": "HTTP1Connection",
        "genesys_core.http.limits": "ResponseLimits",
        "genesys_core.http.messages": "Request Response Timeout TransportFailure",
        "genesys_core.http.multipart": "Part",
        "genesys_core.http.redaction": "Redaction",
        "genesys_core.jobs.job": "StartedJob begin_job find_job",
        "genesys_core.jobs.waiting": (
            "PausePolicy Pausing Polling WaitEnded WaitFailed start_wait"
        ),
        "genesys_core.notifications.channel.events": (
            "Arrived ChannelCall CloseSocket Connect Emit SendText Subscribed"
        ),
        "genesys_core.notifications.channel.policy": "Policy",
        "genesys_core.notifications.channel_set": "ChannelSet",
        "genesys_core.oauth.grants": "ClientCredentials RefreshToken",
        "genesys_core.oauth.tokens": "Token",
        "genesys_core.observability.log_records": "RoundTrip log_entry",
        "genesys_core.session.pacing": "Pacer Pacing",
        "genesys_core.session.retry": "Repeat RetryConfiguration",
        "genesys_core.session.session": "Session Settings",
        "genesys_core.session.vault": "Vault",
        "genesys_core.websocket.connection": "WebSocket",
    },
)
