"""Files: where to ask for one, which redirects to follow, whether it came whole, what to call it.

Law: a redirect away from the API's base URL is followed without the token and without any header
of the client's or the call's own, a stated number of times at most, and never from ``https`` to
``http`` but on the machine itself. A body shorter than promised is no file. Nothing that a server
says names a directory.

::

    download = Download.of(source, session, now=now)
    state = download.begin(session, now=now)     # drive it as any call, but save the body
    download = download.redirected(error, session.settings.hosts)      # and begin again
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes, urljoin, urlsplit

import msgspec
from msgspec import Struct

from genesys_core import errors
from genesys_core.calls.lifecycle import NeedPermit, NeedToken, Sending, start
from genesys_core.calls.operation import NO_OPTIONS, Endpoint, Operation, Options, check_operation
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.transfers import check_url, plain_request, start_transfer
from genesys_core.checks import WHOLE_NUMBER, Expected
from genesys_core.clock import Now
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

MAX_REDIRECTS: Final = 5
"""Redirects that a download follows; the platform's own use one."""

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
"""RFC 9110, 15.4: the others offer a choice, or say that nothing changed."""

HAS_CONTENT: Final = frozenset({200, 203, 206})
"""The statuses of a file: 202 says that the platform is still preparing it, 204 that there is none."""

SUCCESS: Final = frozenset(range(200, 300))
"""The statuses of a body that was asked for, and is not about what went wrong."""

LARGEST_REFUSAL: Final = 1 << 20
"""Bytes that are read of a body that is not the one asked for: as many as an error has use for."""


_SOURCE: Final = Expected(
    "an operation, a path of the API or a URL", "'/api/v2/downloads/...'", (Operation, str)
)


class Download(Struct, frozen=True, kw_only=True):
    """A file, and where to ask for it next.

    Attributes:
        target: a call of the API, or the URL of another host.
        redirects: how many more are followed.
        options: what was said of the whole download.
        expires: when all of it is to be over, on the monotonic clock, or ``None``.
    """

    target: Operation[Any] | str
    redirects: int = MAX_REDIRECTS
    options: Options = NO_OPTIONS
    expires: float | None = None

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
        """What a caller asks for.

        Args:
            source: an operation, a path of the API (``/api/v2/downloads/...``) or an absolute URL;
                one below the API's base URL is asked for with the client's token, any other is not.
            session: the client's.
            now: both clocks.
            max_redirects: how many are followed; 0 follows none.
            options: what the caller says of it; the deadline is for all of it, redirects and
                repeats included. Those of an operation win over them.

        Raises:
            InvalidValueError: no such path or URL, or a number that cannot be used.
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
        """The call that asks for it; its body is for the driver to save.

        Raises:
            InvalidValueError: a value that cannot be sent; nothing was.
            TimeoutError: the deadline has passed.
        """
        left = None if self.expires is None else self.expires - now.monotonic
        if left is not None and left <= 0:
            raise errors.TimeoutError("the download's deadline has passed", sent=True)
        if isinstance(self.target, Operation):
            return start(self.target.with_options(deadline=left), session, now=now)
        request = plain_request(
            "GET", self.target, session, headers=_IDENTITY, timeout=self.options.timeout
        )
        options = Options(retry=self.options.retry, deadline=left)
        return start_transfer(request, session, now=now, options=options)

    def redirected(self, error: GenesysCloudError, hosts: Hosts) -> "Download":
        """Where a failure leads, if it is a redirect to follow.

        Raises:
            GenesysCloudError: the failure itself, if it is none.
            RedirectError: a redirect that is not followed; its message says why.
        """
        if not isinstance(error, RedirectError) or error.status not in REDIRECTS:
            raise error
        refusal = self._refusal(error)
        if refusal is not None:
            raise _not_followed(error, refusal)
        try:
            url = check_url(urljoin(error.request.url, error.location or ""))
        except ValueError:
            raise _not_followed(error, "its Location is no http or https URL") from None
        if _is_downgrade(error.request.url, url):
            raise _not_followed(error, "it leads from https to http")
        return msgspec.structs.replace(
            self, target=self._target(url, hosts), redirects=self.redirects - 1
        )

    def _target(self, url: str, hosts: Hosts) -> Operation[Any] | str:
        """Within the API it is a call as before; once it has left, it stays without a token."""
        target = _target(url, hosts) if isinstance(self.target, Operation) else url
        if isinstance(target, str) or isinstance(self.target, str):
            return target
        return msgspec.structs.replace(
            _plain(target), options=msgspec.structs.replace(self.target.options, query={})
        )

    def _refusal(self, error: RedirectError) -> str | None:
        if error.location is None:
            return "it has no Location"
        if error.request.method not in {"GET", "HEAD"} and error.status in {307, 308}:
            return f"it asks for the {error.request.method} to be repeated elsewhere"
        return None if self.redirects else "there were too many before it"


class DownloadProgress(Struct, frozen=True):
    """A body being saved.

    Attributes:
        done: bytes so far.
        total: bytes that there will be, or ``None`` where the server does not say.
        limit: bytes that the caller accepts, or ``None`` for any number.
    """

    done: int = 0
    total: int | None = None
    limit: int | None = None

    @classmethod
    def opened(cls, headers: Headers, limit: int | None = None) -> "DownloadProgress":
        """The beginning, by the response's headers.

        Raises:
            GenesysCloudError: the server announces more than the limit.
        """
        total = _content_length(headers)
        _check(total or 0, limit)
        return cls(0, total, limit)

    def advanced(self, size: int) -> "DownloadProgress":
        """After so many bytes more.

        Raises:
            GenesysCloudError: they are more than the limit.
        """
        done = self.done + size
        _check(done, self.limit)
        return DownloadProgress(done, self.total, self.limit)

    def finished(self) -> None:
        """At the end of the body.

        Raises:
            TransportFailure: the body is not as long as announced.
        """
        if self.total is not None and self.done != self.total:
            words = f"the body ended after {self.done} of {self.total} bytes"
            raise TransportFailure(words, kind="closed", sent=True)


def _check(done: int, limit: int | None) -> None:
    if limit is not None and done > limit:
        raise GenesysCloudError(f"the body is larger than max_bytes={limit}; not saved")


def without_result(operation: Operation[Any]) -> Operation[None]:
    """The same call, its reply left undecoded: the body goes elsewhere."""
    check_operation(operation)
    return msgspec.structs.replace(
        operation, endpoint=msgspec.structs.replace(operation.endpoint, returns=None)
    )


def nothing_to_save(response: ApiResponse[Any]) -> GenesysCloudError:
    """The error of a success without a file."""
    error = GenesysCloudError(
        f"there is no file (yet): HTTP {response.status}; a 202 means that it is being prepared"
    )
    error.is_retry_safe = True
    return error


# A length in bytes is one of the file only where no coding was applied to it.
_IDENTITY: Final[Mapping[str, str]] = {"Accept-Encoding": "identity"}
_LOOPBACK: Final = re.compile(r"localhost|.+\.localhost|127(\.\d{1,3}){3}|::1")


def _plain(operation: Operation[Any]) -> Operation[None]:
    headers = {**_IDENTITY, **operation.options.headers}
    return without_result(operation).with_options(headers=headers)


def _target(source: Operation[Any] | str, hosts: Hosts) -> Operation[Any] | str:
    if isinstance(source, Operation):
        return source
    rooted = source.startswith("/") and not source.startswith("//")
    url = check_url(f"{hosts.api}{source}" if rooted else source)
    parts = urlsplit(url)
    bare = f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"
    path = bare.removeprefix(hosts.api)
    if path == bare or not path.startswith("/") or not is_path(path):
        return url
    query = f"?{parts.query}" if parts.query else ""
    return Operation(Endpoint("download", "GET", f"{path}{query}", accept="*/*"))


def _is_downgrade(before: str, after: str) -> bool:
    target = urlsplit(after)
    insecure = urlsplit(before).scheme == "https" and target.scheme == "http"
    return insecure and _LOOPBACK.fullmatch(target.hostname or "") is None


def _not_followed(error: RedirectError, why: str) -> RedirectError:
    where = DEFAULT_REDACTION.shown_url(error.location or "nowhere")
    refused = RedirectError(
        f"the redirect to {where} is not followed: {why}",
        response=error.response,
        request=error.request,
    )
    refused.attempts = error.attempts
    return refused


def _content_length(headers: Headers) -> int | None:
    if "transfer-encoding" in headers or headers.get("content-encoding", "identity") != "identity":
        return None
    # RFC 9110, 8.6: a list of the same value over and over is that value.
    values = {value.strip() for value in headers.get("content-length", "").split(",")}
    value = values.pop() if len(values) == 1 else ""
    return int(value) if _LENGTH.fullmatch(value) else None


_LENGTH: Final = re.compile(r"[0-9]{1,18}")


def file_name(request: Request, headers: Headers) -> str:
    """A safe name for a file: the server's, or the last part of its URL's path."""
    last = unquote(urlsplit(request.url).path.rpartition("/")[2], errors="replace")
    return safe_file_name(headers.get("content-disposition"), last)


def safe_file_name(content_disposition: str | None, fallback: str = "download") -> str:
    """A name for a file that is safe to create in any directory, on any system.

    ``filename*`` (RFC 8187) wins over ``filename`` (RFC 6266, 4.3). What looks like a path keeps
    its last part; what a file system, a shell or a reader could take for something else goes.

    Args:
        content_disposition: the header's value, or ``None``.
        fallback: a name to use where the header has none; made safe as well.
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
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')
# Names that Windows gives to devices, whatever follows the dot.
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
_LONGEST_NAME: Final = 200
"""Bytes; file systems take 255, and a temporary name needs some of them."""


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
    """RFC 8187, 3.2: charset'language'percent-encoded."""
    charset, _, rest = value.partition("'")
    codec = {"utf-8": "utf-8", "iso-8859-1": "latin-1"}.get(charset.strip().lower())
    if codec is None:
        return ""
    return unquote_to_bytes(rest.partition("'")[2]).decode(codec, "replace")


def _utf8(value: str) -> str:
    """Headers are read as Latin-1; servers write UTF-8 all the same, and percent-encode it."""
    try:
        return unquote(value.encode("latin-1").decode("utf-8"), errors="replace")
    except UnicodeError:
        return value


def _cleaned(text: str) -> str:
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", text)[-1])
    # Cc, Cf, Cs, Co, Cn: control characters, marks that turn the reading direction, halves of pairs.
    name = "".join(c for c in name if not unicodedata.category(c).startswith("C"))
    name = _FORBIDDEN.sub("_", name).strip().strip(". ")
    if _DEVICES.match(name):
        name = f"_{name}"
    return _shortened(name)


def _shortened(name: str) -> str:
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    room = _LONGEST_NAME - len(f"{dot}{extension}".encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + dot + extension


_LONGEST_EXTENSION: Final = 20
