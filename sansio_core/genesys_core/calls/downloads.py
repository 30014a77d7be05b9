"""Downloads: redirects, completeness of files, and file names.

Invariants: a redirect away from the API's base URL is followed without the token or any custom
headers, a limited number of times, and never from ``https`` to ``http`` unless the target is a
loopback address. A body whose length differs from the announced length is an error. A file name
supplied by a server is reduced to a bare name, so it cannot point into another directory.

::

    download = Download.of(source, session, now=now)
    state = download.begin(session, now=now)     # drive it like any call, but save the body
    download = download.redirected(response, state.call.request, hosts)      # and begin again
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import unquote, unquote_to_bytes, urljoin, urlsplit

import msgspec
from msgspec import Struct

from genesys_core import errors
from genesys_core.calls.lifecycle import NeedPermit, NeedToken, Sending, start
from genesys_core.calls.operation import NO_OPTIONS, Endpoint, Operation, Options, check_operation
from genesys_core.calls.partial_content import PartialFile
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.transfers import check_url, plain_request, start_transfer
from genesys_core.checks import WHOLE_NUMBER, Expected
from genesys_core.clock import Now
from genesys_core.confidential import Printable
from genesys_core.errors import GenesysCloudError, InvalidValueError, RedirectError
from genesys_core.hosts import Hosts, is_path
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION
from genesys_core.session.session import Session, check_deadline

__all__ = [
    "HAS_CONTENT",
    "LARGEST_REFUSAL",
    "MAX_REDIRECTS",
    "SUCCESS",
    "Download",
    "DownloadProgress",
    "file_name",
    "nothing_to_save",
    "safe_file_name",
    "without_result",
]

_StateT = TypeVar("_StateT", bound=NeedToken[None] | NeedPermit[None] | Sending[None])

MAX_REDIRECTS: Final = 5
"""Maximum number of redirects per download; the platform's own downloads have one redirect."""

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
"""Redirect statuses that are followed (RFC 9110 section 15.4); other 3xx statuses do not redirect
to another URL.
"""

HAS_CONTENT: Final = frozenset({200, 203, 206})
"""Statuses of responses that contain the file, unlike 202 (the platform is still preparing the
file) and 204 (there is no file).
"""

SUCCESS: Final = frozenset(range(200, 300))
"""Statuses of successful responses; only the bodies of other responses describe an error."""

LARGEST_REFUSAL: Final = 1 << 20
"""Maximum number of bytes read from an error response; error messages are much shorter."""


_SOURCE: Final = Expected(
    "an operation, an API path or a URL", "'/api/v2/downloads/...'", (Operation, str)
)


class Download(Printable, frozen=True, kw_only=True):
    """The state of a download: its next target, its deadline, and the redirects still allowed.

    Attributes:
        target: an API call, or a URL outside the API.
        redirects: maximum number of further redirects to follow.
        options: options for the whole download.
        expires: deadline for the whole download on the monotonic clock, or ``None``.
    """

    target: Operation[Any] | str
    redirects: int = MAX_REDIRECTS
    options: Options = NO_OPTIONS
    expires: float | None = None

    def __repr__(self) -> str:
        """Return a representation in which the signature of a link is redacted."""
        target = self.target
        shown = DEFAULT_REDACTION.shown_url(target) if isinstance(target, str) else target
        return f"Download({shown}, redirects={self.redirects}, expires={self.expires})"

    @classmethod
    def of(
        cls,
        source: Operation[Any] | str,
        session: Session,
        *,
        now: Now,
        max_redirects: int = MAX_REDIRECTS,
        options: Options = NO_OPTIONS,
    ) -> "Download":
        """Create a download.

        Args:
            source: an operation, an API path (``/api/v2/downloads/...``) or an absolute URL; a URL
                below the API's base URL is requested with the client's token, others without.
            session: the client's session.
            now: the current time on the monotonic and the wall clock.
            max_redirects: maximum number of redirects; 0 follows none.
            options: options for the download; the deadline includes redirects and retries. An
                operation's own options take precedence.

        Raises:
            InvalidValueError: a path, URL or number is invalid.
        """
        _SOURCE.check("source", source)
        WHOLE_NUMBER.check("max_redirects", max_redirects)
        if max_redirects < 0:
            raise InvalidValueError(f"max_redirects={max_redirects!r}: must be 0 or more")
        target = _target(source, session.settings.hosts)
        if isinstance(target, Operation):
            target = _plain(target).under(options)
            options = target.options
        seconds = check_deadline(options.deadline) or session.settings.deadline
        return cls(
            target=target,
            redirects=max_redirects,
            options=options,
            expires=None if seconds is None else now.monotonic + seconds,
        )

    def begin(
        self, session: Session, *, now: Now
    ) -> NeedToken[None] | NeedPermit[None] | Sending[None]:
        """Start the call that requests the file; the driver saves the body.

        Raises:
            InvalidValueError: a value cannot be sent; nothing was sent.
            TimeoutError: the deadline has passed.
        """
        left = None if self.expires is None else self.expires - now.monotonic
        if left is not None and left <= 0:
            # Only a request before this one, such as a redirect's, can have used up the time.
            raise errors.TimeoutError("the download's deadline has passed", sent=True)
        if isinstance(self.target, Operation):
            operation = self.target.with_options(deadline=left)
            return self._following(start(operation, session, now=now))
        request = plain_request(
            "GET", self.target, session, headers=_IDENTITY, timeout=self.options.timeout
        )
        options = Options(retry=self.options.retry, deadline=left)
        return self._following(start_transfer(request, session, now=now, options=options))

    def _following(self, state: _StateT) -> _StateT:
        """Return the state, changed so that its call does not fail if a redirect can be followed."""
        call = msgspec.structs.replace(state.call, refuse_redirect=self.refuse_redirect)
        return msgspec.structs.replace(state, call=call)

    def identify(self, request: Request) -> str:
        """Return an identifier for the file, to resume the download later.

        The identifier is the URL of the first request. For a URL outside the API, it omits the query,
        whose signature differs each time.

        Raises:
            InvalidValueError: the request is not a GET; parts can be requested only with GET.
        """
        if request.method != "GET":
            raise InvalidValueError(
                f"resume=True: a {request.method} cannot be resumed, only a GET; "
                "omit resume for this download"
            )
        return request.url if isinstance(self.target, Operation) else request.url.partition("?")[0]

    def refuse_redirect(self, error: GenesysCloudError) -> GenesysCloudError | None:
        """Return the error to raise for a 3xx response; ``None`` if its redirect is followed.

        Args:
            error: the error for the response, as raised by a call that does not follow redirects.
        """
        if not isinstance(error, RedirectError) or error.status not in REDIRECTS:
            return error
        why = self._refusal(error)
        return None if why is None else _not_followed(error, why)

    def redirected(
        self, response: ApiResponse[Any], request: Request, hosts: Hosts
    ) -> "Download | None":
        """Return the download with a redirect's target; ``None`` if the response is not a redirect.

        Args:
            response: the response to the call that :meth:`begin` started.
            request: the request of the same call.
            hosts: the base URLs of the client's API and login host.
        """
        if response.status not in REDIRECTS:
            return None
        url = _redirect_url(request, response.location)
        if isinstance(self.target, Operation):
            url = _below_base(url, response.location or "", hosts)
        return msgspec.structs.replace(
            self, target=self._target(url, hosts), redirects=self.redirects - 1
        )

    def _target(self, url: str, hosts: Hosts) -> Operation[Any] | str:
        """Return the next target: an API call, or a URL that is requested without a token.

        After a redirect to another host, all further targets are URLs.
        """
        # If another host redirects back to the API, no token is sent: that host chose the URL.
        target = _target(url, hosts) if isinstance(self.target, Operation) else url
        if isinstance(target, str) or isinstance(self.target, str):
            return target
        # The Location has its own query, so the caller's is not added again.
        return msgspec.structs.replace(
            _plain(target), options=msgspec.structs.replace(self.target.options, query={})
        )

    def _refusal(self, error: RedirectError) -> str | None:
        if error.location is None:
            return "the response has no Location header"
        # RFC 9110 section 15.4: these two keep the method; the others are followed with a GET.
        if error.request.method not in {"GET", "HEAD"} and error.status in {307, 308}:
            return f"the {error.request.method} request would be repeated at another URL"
        if not self.redirects:
            return "too many redirects"
        try:
            url = _redirect_url(error.request, error.location)
        except ValueError:
            return "the Location header is not an http or https URL"
        if _is_downgrade(error.request.url, url):
            return "a redirect from https to http is insecure"
        return None


class DownloadProgress(Struct, frozen=True):
    """The progress of saving a response body.

    Attributes:
        done: number of bytes saved so far, including the bytes of an earlier download.
        total: size of the file in bytes, or ``None`` if the server does not announce it.
        limit: maximum size of the file in bytes, or ``None`` for no limit.
    """

    done: int = 0
    total: int | None = None
    limit: int | None = None

    @classmethod
    def begun(cls, part: PartialFile, limit: int | None = None) -> "DownloadProgress":
        """Return the initial progress of a download that continues a partial file.

        Raises:
            GenesysCloudError: the size that the server reports exceeds the limit.
        """
        _check(max(part.size, part.total or 0), limit)
        return cls(part.size, part.total, limit)

    def advanced(self, size: int) -> "DownloadProgress":
        """Return the progress after ``size`` more bytes were received.

        Raises:
            GenesysCloudError: the limit is exceeded.
        """
        done = self.done + size
        _check(done, self.limit)
        return DownloadProgress(done, self.total, self.limit)

    def finished(self) -> None:
        """Check that the whole body has been received.

        Raises:
            TransportFailure: the body's length differs from the announced length.
        """
        if self.total is not None and self.done != self.total:
            words = f"the body ended after {self.done} of {self.total} bytes"
            raise TransportFailure(words, kind="closed", sent=True)


def _check(done: int, limit: int | None) -> None:
    if limit is not None and done > limit:
        raise GenesysCloudError(f"the file is larger than max_bytes={limit}, and was not saved")


def without_result(operation: Operation[Any]) -> Operation[None]:
    """Return the operation without a response type, so that the body is saved undecoded."""
    check_operation(operation)
    return msgspec.structs.replace(
        operation, endpoint=msgspec.structs.replace(operation.endpoint, returns=None)
    )


def nothing_to_save(response: ApiResponse[Any]) -> GenesysCloudError:
    """Return the error for a successful response that does not contain a file."""
    later = (
        ": the platform is still preparing it; try again later" if response.status == 202 else ""
    )
    error = GenesysCloudError(f"the response contains no file (HTTP {response.status}){later}")
    error.is_retry_safe = True
    return error


# The announced length is that of the file only if no content coding was applied.
_IDENTITY: Final[Mapping[str, str]] = {"Accept-Encoding": "identity"}
_API_PATHS: Final = "/api/v2/"
_LOOPBACK: Final = re.compile(r"localhost|.+\.localhost|127(\.\d{1,3}){3}|::1")


def _plain(operation: Operation[Any]) -> Operation[None]:
    headers = {**_IDENTITY, **operation.options.headers}
    return without_result(operation).with_options(headers=headers)


def _target(source: Operation[Any] | str, hosts: Hosts) -> Operation[Any] | str:
    if isinstance(source, Operation):
        return source
    # RFC 3986 section 4.2: "//host/path" is a network-path reference, to another host.
    rooted = source.startswith("/") and not source.startswith("//")
    url = check_url(f"{hosts.api}{source}" if rooted else source)
    parts = urlsplit(url)
    bare = f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"
    path = bare.removeprefix(hosts.api)
    if not path.startswith("/") or not is_path(path):
        return url
    query = f"?{parts.query}" if parts.query else ""
    # The name contains a space, like that of every endpoint whose path is not a template.
    return Operation(Endpoint("GET download", "GET", path, accept="*/*", link=f"{path}{query}"))


def _redirect_url(request: Request, location: str | None) -> str:
    # RFC 9110 section 10.2.2: a Location may be relative to the URL of the request.
    return check_url(urljoin(request.url, location or ""))


def _below_base(url: str, location: str, hosts: Hosts) -> str:
    """Return the URL of a redirect, with the path of the API's base URL if the API omitted it.

    The platform does not know the path prefix of a gateway, so its ``/api/v2/...`` is an API path.
    """
    parts = urlsplit(hosts.api)
    origin = f"{parts.scheme}://{parts.netloc}"
    is_api_path = location.startswith("/") and url.startswith(f"{origin}{_API_PATHS}")
    if is_api_path and not url.startswith(f"{hosts.api}{_API_PATHS}"):
        return hosts.api + url.removeprefix(origin)
    return url


def _is_downgrade(before: str, after: str) -> bool:
    target = urlsplit(after)
    insecure = urlsplit(before).scheme == "https" and target.scheme == "http"
    return insecure and _LOOPBACK.fullmatch(target.hostname or "") is None


def _not_followed(error: RedirectError, why: str) -> RedirectError:
    where = DEFAULT_REDACTION.shown_url(error.location or "nowhere")
    return RedirectError(
        f"the redirect to {where} is not followed: {why}",
        response=error.response,
        request=error.request,
    )


def file_name(request: Request, headers: Headers) -> str:
    """Return a safe file name, from ``Content-Disposition`` or from the end of the URL's path."""
    last = unquote(urlsplit(request.url).path.rpartition("/")[2], errors="replace")
    return safe_file_name(headers.get("content-disposition"), last)


def safe_file_name(content_disposition: str | None, fallback: str = "download") -> str:
    """Return a file name that is safe to create in any directory, on any system.

    ``filename*`` (RFC 8187) takes precedence over ``filename`` (RFC 6266 section 4.3). Only the
    last part of a path is kept; characters that Windows forbids in names are replaced with ``_``,
    and control and formatting characters are removed.

    Args:
        content_disposition: the value of the ``Content-Disposition`` header, or ``None``.
        fallback: the name to use if the header contains none; sanitized as well.
    """
    for text in (*_names(content_disposition or ""), fallback):
        name = _cleaned(text)
        if name:
            return name
    return "download"


_PARAMETER: Final = re.compile(
    r";\s*(?P<key>[^\s;=\"]+)\s*=\s*(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<token>[^;\"]*))",
    re.DOTALL,
)
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')  # on Windows
# Windows device names, with any extension. Windows treats superscript digits as digits.
_DEVICES: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE
)
_LONGEST_NAME: Final = 200
"""Maximum length of a file name in bytes. File systems allow 255; temporary names add a suffix."""


def _names(content_disposition: str) -> tuple[str, ...]:
    found = {
        match["key"].lower(): match["token"].strip()
        if match["quoted"] is None
        else re.sub(r"\\(.)", r"\1", match["quoted"])
        for match in _PARAMETER.finditer(f";{content_disposition.partition(';')[2]}")
    }
    extended, plain = _extended(found.get("filename*", "")), _utf8(found.get("filename", ""))
    return (extended, plain)


def _extended(value: str) -> str:
    """Decode a value of the form ``charset'language'percent-encoded`` (RFC 8187 section 3.2)."""
    charset, _, rest = value.partition("'")
    codec = {"utf-8": "utf-8", "iso-8859-1": "latin-1"}.get(charset.strip().lower())
    if codec is None:
        return ""
    return unquote_to_bytes(rest.partition("'")[2]).decode(codec, "replace")


def _utf8(value: str) -> str:
    """Decode a ``filename`` as UTF-8, as many servers send it, and decode its percent-encoding.

    Headers are decoded as Latin-1, so the value's bytes are known. Values that are not UTF-8 are
    returned unchanged.
    """
    try:
        return unquote(value.encode("latin-1").decode("utf-8"), errors="replace")
    except UnicodeError:
        return value


def _cleaned(text: str) -> str:
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", text)[-1])
    # Cc, Cf, Cs, Co, Cn: control characters, bidirectional marks, lone surrogates.
    name = "".join(c for c in name if not unicodedata.category(c).startswith("C"))
    # Windows drops dots and spaces at the end; a dot at the beginning hides a file elsewhere.
    name = _FORBIDDEN.sub("_", name).strip().strip(". ")
    if _DEVICES.match(name):
        name = f"_{name}"
    return _shortened(name)


def _shortened(name: str) -> str:
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if len(extension.encode()) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    room = _LONGEST_NAME - len(f"{dot}{extension}".encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + dot + extension


_LONGEST_EXTENSION: Final = 20
"""Maximum length of a file extension in bytes; anything longer is treated as part of the name."""
