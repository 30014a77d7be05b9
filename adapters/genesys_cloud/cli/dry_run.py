"""Dry runs: requests that a client builds but does not send."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Unpack

from genesys_cloud.cli.connection import client_options
from genesys_core.http.messages import Request

if TYPE_CHECKING:
    from genesys_cloud import Client
    from genesys_cloud.client.options import ClientOptions
    from genesys_cloud.transports.protocols import Transport
    from genesys_core.calls.operation import Operation

__all__ = ["capture_request", "new_client"]


class _Captured(BaseException):
    """Raised by the transport to end a call; contains the request that the call would have sent.

    Not an ``Exception``, so that the client neither handles nor converts it.
    """

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request


class _Capturing:
    """A transport that raises the request instead of sending it."""

    is_mock = True  # so that the client applies no rate limit

    def send(self, request: Request) -> NoReturn:
        raise _Captured(request)

    def close(self) -> None:
        """Do nothing, because there is no connection to close."""


def capture_request(operation: "Operation[Any]", options: Mapping[str, Any]) -> Request:
    """Return the request that an operation would send, with a placeholder instead of the token.

    Args:
        operation: the operation to capture.
        options: the command's options, by name without dashes.

    Raises:
        GenesysCloudError: the settings are invalid, or the request cannot be encoded.
    """
    network = client_options(options)
    # No connection is opened, so an invalid proxy or CA file must not be an error.
    network.pop("proxy", None)
    network.pop("verify", None)
    region, host = options.get("region"), options.get("host")
    if region or host:
        network["region"] = str(region) if region else None
        network["host"] = str(host) if host else None
    else:
        network |= _signed_in(options)
    network["access_token"] = "dry-run"  # noqa: S105 - a placeholder
    client = new_client(transport=_Capturing(), **network)
    try:
        client.send_raw(operation)
    except _Captured as captured:
        return captured.request
    finally:
        client.close()
    raise AssertionError("no request was captured")


def new_client(*, transport: "Transport", **options: "Unpack[ClientOptions]") -> "Client":
    """Create a client with the given transport."""
    from genesys_cloud import Client  # noqa: PLC0415 - see genesys_cloud.cli.app

    return Client(transport=transport, **options)


def _signed_in(options: Mapping[str, Any]) -> "ClientOptions":
    from genesys_cloud.cli.connection import token_file_of  # noqa: PLC0415
    from genesys_cloud.sign_in.saved_sign_in import SavedSignIn  # noqa: PLC0415

    target = SavedSignIn(token_file_of(options)).target()
    return {} if target is None else target.options()
