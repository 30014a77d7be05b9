"""Requests to hosts other than the API: pre-signed URLs, and redirect targets.

Invariants: a request to another host contains the client's ``User-Agent``, none of the client's
custom headers, and a token only with ``authenticate``; it does not count against the client's rate
limit. Otherwise it is like any call: timeouts, deadline, retries and errors are the same.
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
    """Reads responses that have no declared type: the body is not decoded."""

    def read(self, response: Response, now: Now) -> ApiResponse[None]:  # noqa: ARG002 - ResponseReader
        """Return the response with its body as received."""
        return ApiResponse(response.status, response.headers, None, response.body)

    def error(self, response: Response, request: Request, retry_after: float | None) -> ApiError:
        """Return the error for the status; its message names the host instead of the platform."""
        stated = f"{urlsplit(request.url).hostname} returned HTTP {response.status}"
        is_redirect = response.status // 100 == 3 and "location" in response.headers
        default = f"{stated}: a redirect, which is not followed" if is_redirect else stated
        error = api_error(response, request, retry_after=retry_after, default=default)
        if error.message != default:
            error.message = f"{stated}: {error.message}"
        return error


class UploadBody(Struct, frozen=True):
    """Content to upload, before any of it is read.

    Content that can be read again (bytes, a path) can be sent again; other content (an open file,
    an iterator) is sent once.

    Attributes:
        source: the content to upload.
        length: length of the content in bytes, or ``None`` if unknown.
        content_type: media type of the content, or ``None`` if unknown.
        once: whether the content can be read only once.
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
        """Create the body of an upload from content, without reading the content.

        Args:
            content: bytes, a path, a file opened in binary mode, an iterable of bytes, or a list of
                :class:`~genesys_core.http.multipart.Part` for ``multipart/form-data``.
            measure: a function that returns the length in bytes of the content of a path, a file or
                a bytes object; ``None`` if unknown.
            boundary: the random boundary between the parts of a form.
            can_await: whether an asynchronous iterable of bytes is accepted.

        Raises:
            InvalidValueError: the form is invalid.
            TypeError: the content has an unsupported type.
        """
        if not _is_form(content):
            _require_readable(content, can_await=can_await)
            return cls(content, measure(content), once=_is_once(content))
        parts: list[Part[object]] = []
        for index, part in enumerate(cast(Sequence[Part[object]], content)):
            if not isinstance(part, Part):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise wrong_type(f"content[{index}]", part, "a Part", "Part('name', 'value')")
            # A string is valid as a form field, but not as a whole body, where it may be a path.
            _require_readable(
                b"" if isinstance(part.content, str) else part.content, can_await=can_await
            )
            parts.append(_measured(part, measure))
        form = Multipart(parts, boundary)
        once = any(_is_once(part.content) for part in parts)
        return cls(form, form.length, form.content_type, once)


def _is_form(content: object) -> bool:
    # An empty list is an empty body, because a form has at least one part (RFC 2046 section 5.1).
    return isinstance(content, list | tuple) and any(
        isinstance(part, Part) for part in cast(Sequence[object], content)
    )


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
    if isinstance(content, str):  # an iterable, but probably meant as a path
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
    """Build a request that contains none of the client's headers except ``User-Agent``.

    Args:
        method: the HTTP method in upper case.
        url: an absolute URL; see :func:`check_url`.
        session: the client's session.
        headers: additional headers.
        body: the body, or ``None`` if there is none.
        timeout: overrides the client's timeouts.

    Raises:
        InvalidValueError: the URL, a header or the timeout is invalid.
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
    """Start a custom request; drive it like any call.

    Args:
        request: the complete request.
        session: the client's session, for its deadline and retry configuration.
        now: the current time on the monotonic and the wall clock.
        options: the request's deadline and retry configuration, if set.
        once: whether the body can be read only once, so that the request is never retried.
        authenticate: whether the request is sent with the client's token.

    Raises:
        InvalidValueError: the deadline is not positive.
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
    in_pieces: bool = False,
) -> NeedToken[None] | Sending[None]:
    """Start an upload; drive it like any call.

    The request contains the content if the content is bytes and ``in_pieces`` is false. Otherwise,
    the request has no body, and the driver streams :attr:`UploadBody.source`; ``Content-Length`` is
    set if the length is known.

    Args:
        url: an absolute URL; see :func:`check_url`.
        body: the content to upload.
        session: the client's session.
        now: the current time on the monotonic and the wall clock.
        method: the HTTP method, in upper or lower case.
        headers: additional headers; ``Content-Type`` overrides the content's own.
        options: timeout, deadline and retry configuration, if set.
        authenticate: whether the request is sent with the client's token.
        in_pieces: whether bytes are streamed as well, so that progress can be reported.

    Raises:
        InvalidValueError: the URL, a header, the timeout or the deadline is invalid.
    """
    fields = Headers(headers)
    if "content-type" not in fields:
        fields = fields.updated({"Content-Type": body.content_type})
    content = body.source if isinstance(body.source, bytes) and not in_pieces else None
    TEXT.check("method", method)
    FLAG.check("authenticate", authenticate)
    # For a body in the request, the transport sets the length.
    if content is None and body.length is not None:
        fields = fields.set("Content-Length", str(body.length))
    request = plain_request(
        method.upper(), url, session, headers=fields, body=content, timeout=options.timeout
    )
    return start_transfer(
        request, session, now=now, options=options, once=body.once, authenticate=authenticate
    )


def check_url(url: str) -> str:
    """Validate an absolute ``http`` or ``https`` URL; return it in ASCII, without a fragment.

    Raises:
        InvalidValueError: the URL is not an absolute http or https URL, or contains a user and
            password.
    """
    TEXT.check("url", url)
    text = quote(url.strip(_SPACE), safe=_URL_SAFE, errors="replace")
    try:
        parts = urlsplit(text)
        base_url(f"{parts.scheme}://{parts.netloc}")
    except ValueError:  # includes InvalidValueError, whose message would be about a setting
        shown = text.partition("?")[0].rpartition("@")[2]
        raise InvalidValueError(
            f"URL {shown[:_SHOWN]!r}: must be an absolute http or https URL without user and password, with an ASCII host name"
        ) from None
    return parts._replace(path=parts.path or "/", fragment="").geturl()


_SHOWN: Final = 200
"""Maximum length of a URL in a message, in characters."""
_SPACE: Final = "\t\n\r\x0c "
# RFC 3986 sections 2.2 and 2.1: characters valid in a URL, and the percent sign.
_URL_SAFE: Final = ":/?#[]@!$&'()*+,;=%-._~"
