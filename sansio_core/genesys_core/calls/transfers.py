"""Requests to hosts that are not the API: pre-signed URLs, and where redirects lead.

Law: nothing of the client goes to another host but its ``User-Agent``: no token, no header of the
client's own, no place in its rate limit. Apart from that such a request lives as any call does:
timeouts, deadline, retries and errors are the same.
"""

from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from typing import Final, cast
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from genesys_core.calls.call import Call
from genesys_core.calls.lifecycle import NeedToken, Sending
from genesys_core.calls.operation import NO_OPTIONS, Endpoint, Options
from genesys_core.calls.responses import ApiResponse, api_error
from genesys_core.checks import FLAG, TEXT, wrong_type
from genesys_core.clock import Now
from genesys_core.errors import ApiError, InvalidValueError
from genesys_core.hosts import base_url
from genesys_core.http.headers import Headers, HeadersInput
from genesys_core.http.messages import Request, Response, Timeout
from genesys_core.http.multipart import Multipart, Part
from genesys_core.session.retry import REPEATABLE_METHODS, RETRIES_OFF
from genesys_core.session.session import Session, check_deadline
from genesys_core.version import USER_AGENT

__all__ = [
    "RawResponseReader",
    "UploadBody",
    "check_url",
    "plain_request",
    "start_transfer",
    "start_upload",
]


class RawResponseReader(Struct, frozen=True):
    """Replies that are nobody's type: the body stays what it is."""

    def read(self, response: Response, now: Now) -> ApiResponse[None]:  # noqa: ARG002 - ResponseReader
        """The response as it came."""
        return ApiResponse(response.status, response.headers, None, response.body)

    def error(self, response: Response, request: Request, retry_after: float | None) -> ApiError:
        """The error by status; its words name the host, for it is not the platform that answered."""
        error = api_error(response, request, retry_after=retry_after)
        host = urlsplit(request.url).hostname
        error.message = f"{host} answered with HTTP {response.status}: {error.message}"
        return error


class UploadBody(Struct, frozen=True):
    """What is uploaded, before any of it is read.

    What can be read again (bytes, a path) may be sent again; what cannot (an open file, an iterator)
    is sent once.

    Attributes:
        source: what is read.
        length: its bytes, or ``None`` where nobody knows.
        content_type: what kind of content it is by itself, or ``None``.
        once: whether it can be read only once.
    """

    source: object
    length: int | None
    content_type: str | None = None
    once: bool = False

    @classmethod
    def of(
        cls,
        content: object,
        *,
        measure: Callable[[object], int | None],
        boundary: str,
        can_await: bool = True,
    ) -> "UploadBody":
        """Inspect content without reading it.

        Args:
            content: bytes, a path, a file opened in binary mode, an iterable of bytes, or a list of
                :class:`~genesys_core.http.multipart.Part` for ``multipart/form-data``.
            measure: how many bytes there are in bytes, a path or a file; ``None`` if nobody knows.
            boundary: between the parts of a form; random.
            can_await: whether an asynchronous iterable of bytes will do as well.

        Raises:
            InvalidValueError: a form that cannot be written.
            TypeError: content of another kind.
        """
        if not _is_form(content):
            _require_readable(content, can_await=can_await)
            return cls(content, measure(content), once=_is_once(content))
        parts = list(cast(Sequence[Part[object]], content))
        for part in parts:
            _require_readable(
                b"" if isinstance(part.content, str) else part.content, can_await=can_await
            )
        parts = [_measured(part, measure) for part in parts]
        form = Multipart(parts, boundary)
        once = any(_is_once(part.content) for part in parts)
        return cls(form, form.length, form.content_type, once)


def _is_form(content: object) -> bool:
    if not isinstance(content, list | tuple):
        return False
    return all(isinstance(part, Part) for part in cast(Sequence[object], content))


def _measured(part: Part[object], measure: Callable[[object], int | None]) -> Part[object]:
    if part.length is not None or isinstance(part.content, str | bytes):
        return part
    return msgspec.structs.replace(part, length=measure(part.content))


def _is_once(content: object) -> bool:
    return not (isinstance(content, str | bytes | bytearray | Sequence) or _is_path(content))


_CONTENT: Final = (
    "bytes, a pathlib.Path, a file opened in binary mode, an iterable of bytes or a list of Part"
)


def _require_readable(content: object, *, can_await: bool) -> None:
    kinds = (Iterable, AsyncIterable) if can_await else (Iterable,)
    if not (isinstance(content, kinds) or _is_path(content) or hasattr(content, "read")):
        raise wrong_type("content", content, _CONTENT, "pathlib.Path('call.wav')")
    if isinstance(content, str):
        raise wrong_type("content", content, _CONTENT, "pathlib.Path('call.wav') for a file")


def _is_path(content: object) -> bool:
    return hasattr(content, "__fspath__")


def plain_request(
    method: str,
    url: str,
    session: Session,
    *,
    headers: HeadersInput = (),
    body: bytes | None = None,
    timeout: Timeout | float | None = None,
) -> Request:
    """A request that carries nothing of the client but its ``User-Agent``.

    Args:
        method: in capitals.
        url: absolute; see :func:`check_url`.
        session: the client's.
        headers: what else is sent.
        body: the body, or ``None`` for none.
        timeout: instead of the client's.

    Raises:
        InvalidValueError: a URL, header or timeout that cannot be used.
    """
    agent = session.settings.headers.get("user-agent", USER_AGENT)
    fields = Headers({"Accept": "*/*", "User-Agent": agent}).updated(Headers(headers))
    limits = Timeout.given(timeout, session.settings.timeout)
    return Request(method, check_url(url), fields, body, limits)


def start_transfer(
    request: Request,
    session: Session,
    *,
    now: Now,
    options: Options = NO_OPTIONS,
    once: bool = False,
    authenticate: bool = False,
) -> NeedToken[None] | Sending[None]:
    """Begin a request of one's own; drive it as any call.

    Args:
        request: what is sent, complete.
        session: the client's, for its deadline and retry configuration.
        now: both clocks.
        options: its deadline and retry configuration count, where given.
        once: whether its body can be read only once: then it is never repeated.
        authenticate: whether it carries the client's token after all.

    Raises:
        InvalidValueError: a deadline that is no positive number.
    """
    call = Call(
        endpoint=Endpoint(f"{request.method} transfer", request.method, "/"),
        request=request,
        reader=RawResponseReader(),
        policy=RETRIES_OFF if once else options.retry or session.settings.retry,
        repeatable=request.method in REPEATABLE_METHODS and not once,
        refreshable=False,
        paced=False,
        random=session.random,
        started=now.monotonic,
        deadline=check_deadline(options.deadline) or session.settings.deadline,
        vault=session.vault,
        secrets=session.settings.secrets,
    )
    if not authenticate or not session.vault.authenticates or "authorization" in request.headers:
        return Sending(call, call.next_request(now))
    token = session.vault.usable(now)
    call = msgspec.structs.replace(
        call, token=token, refreshable=session.vault.refreshable and not once
    )
    return NeedToken(call) if token is None else Sending(call, call.next_request(now))


def start_upload(
    url: str,
    body: UploadBody,
    session: Session,
    *,
    now: Now,
    method: str = "PUT",
    headers: HeadersInput = (),
    options: Options = NO_OPTIONS,
    authenticate: bool = False,
) -> NeedToken[None] | Sending[None]:
    """Begin an upload; drive it as any call.

    The request has a body only where the content is bytes. Otherwise the driver streams
    :attr:`UploadBody.source`, whose length the headers announce if it is known.

    Args:
        url: absolute; see :func:`check_url`.
        body: what is uploaded.
        session: the client's.
        now: both clocks.
        method: in any case.
        headers: what else is sent; its ``Content-Type`` wins over the content's own.
        options: timeout, deadline and retry configuration count, where given.
        authenticate: whether it carries the client's token.

    Raises:
        InvalidValueError: a URL, header, timeout or deadline that cannot be used.
    """
    fields = Headers(headers)
    if "content-type" not in fields and body.content_type is not None:
        fields = fields.set("Content-Type", body.content_type)
    content = body.source if isinstance(body.source, bytes) else None
    TEXT.check("method", method)
    FLAG.check("authenticate", authenticate)
    if content is None and body.length is not None:
        fields = fields.set("Content-Length", str(body.length))
    request = plain_request(
        method.upper(), url, session, headers=fields, body=content, timeout=options.timeout
    )
    return start_transfer(
        request, session, now=now, options=options, once=body.once, authenticate=authenticate
    )


def check_url(url: str) -> str:
    """An absolute ``http`` or ``https`` URL as it is sent: in ASCII, without a fragment.

    Raises:
        InvalidValueError: anything else, and one with a user and password in it.
    """
    TEXT.check("url", url)
    text = quote(url.strip(_SPACE), safe=_URL_SAFE, errors="replace")
    try:
        parts = urlsplit(text)
        base_url(f"{parts.scheme}://{parts.netloc}")
    except ValueError:  # InvalidValueError as well, whose words would be about a setting
        shown = text.partition("?")[0].rpartition("@")[2]
        raise InvalidValueError(
            f"URL {shown[:_SHOWN]!r}: must be an absolute http or https URL without user and "
            "password, its host name in ASCII"
        ) from None
    return parts._replace(path=parts.path or "/", fragment="").geturl()


_SHOWN: Final = 200
_SPACE: Final = "\t\n\r\x0c "
# RFC 3986, 2.2 and 2.1: what may stand in a URL as it is, and what is percent-encoded already.
_URL_SAFE: Final = ":/?#[]@!$&'()*+,;=%-._~"
