"""Links to the next page.

Invariants: a link is opaque. Its path and query are sent unchanged, and only to the API host.
"""

from typing import TypeVar
from urllib.parse import SplitResult, parse_qs, quote, urljoin, urlsplit

from msgspec.structs import replace

from genesys_core.calls.operation import Operation
from genesys_core.errors import PaginationError
from genesys_core.hosts import PATH_SAFE, Hosts, is_path
from genesys_core.http.urls import expand_path

__all__ = ["follow_link", "read_link"]

OperationT = TypeVar("OperationT", bound=Operation[object])


def follow_link(operation: OperationT, link: str, hosts: Hosts) -> OperationT:
    """Return the operation that requests the page to which a ``nextUri`` points.

    Args:
        operation: the operation of the first page; a relative link is resolved against its URL.
        link: the value of ``nextUri``: a URL or a relative reference (RFC 3986 section 4).
        hosts: the client's hosts; a link may point only to the API host.

    Raises:
        PaginationError: the link is not a URL, or points to another host.
    """
    here = hosts.api + expand_path(operation.endpoint.path, operation.path)
    try:
        base, target = urlsplit(hosts.api), urlsplit(urljoin(here, link))
        is_here = "@" not in target.netloc and _origin(target) == _origin(base)
        # Percent-encoded characters stay as they are: the percent sign is a safe character here.
        path = quote(_from_root(target.path, base.path, operation.endpoint.path), safe=PATH_SAFE)
        query = quote(target.query, safe=PATH_SAFE + "?")
    except ValueError:
        raise PaginationError(
            "the link to the next page is not a URL; not followed", link=link
        ) from None
    if not is_here or not is_path(path):
        raise PaginationError(
            f"the link to the next page does not point to {base.scheme}://{base.netloc}; not followed",
            link=link,
        )
    # The link has its own query; sending the caller's too would repeat parameters.
    endpoint = replace(operation.endpoint, link=f"{path}{'?' if query else ''}{query}")
    options = replace(operation.options, query={})
    return replace(operation, endpoint=endpoint, path=(), query=(), options=options)


def read_link(link: str, name: str) -> str:
    """Return the value of a query parameter of a link; empty if the link has no such parameter."""
    try:
        return parse_qs(urlsplit(link).query).get(name, [""])[-1]
    except ValueError:
        return ""


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    port = {"https": 443, "http": 80}.get(url.scheme) if url.port is None else url.port
    return url.scheme, url.hostname, port


def _from_root(path: str, base: str, own: str) -> str:
    """Return a link's path without the gateway's own path, which is added to each request."""
    # A gateway may have the path "/api": the rest must look like the operation's own path.
    stripped = path.removeprefix(base)
    return stripped if stripped.split("/")[:2] == own.split("/")[:2] else path
