"""Nothing that a server says makes a download leak, loop, or write anywhere else.

Invariants: a file name is one component, printable, of bounded length, no device and not hidden,
whatever the header; a redirect, whatever its Location, is refused with a documented error or leads
to an http(s) URL that gets the token only below the API; a length is a number or unknown; a part is
continued only by the rest of the same file.
"""

from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.calls.downloads import Download, DownloadProgress, safe_file_name
from genesys_core.calls.lifecycle import Raised, Returned, Sending
from genesys_core.calls.partial_content import PartialFile
from genesys_core.clock import Now
from genesys_core.errors import RedirectError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response, TransportFailure
from genesys_core.oauth import Token
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

__all__ = ["TARGETS", "download", "redirects", "require_safe"]

_NOW = Now(0.0, 0.0)
_HOSTS = Hosts.resolve(host="https://api.example")
_SECRET = "hunter2hunter2"
_SESSION = Session(
    Settings(hosts=_HOSTS, headers=Headers({"X-Own": _SECRET})), Vault(token=Token(_SECRET))
)
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{name}{n}" for name in ("com", "lpt") for n in range(10)),
}


def require_safe(name: str) -> None:
    """What every file name keeps."""
    assert name
    assert name not in {".", ".."}
    assert not set(name) & set('/\\<>:"|?*\x00')
    assert all(c.isspace() or c.isprintable() for c in name)
    assert not any(ord(c) < 32 for c in name)
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert len(name.encode()) <= 255
    assert name.partition(".")[0].strip().lower() not in _DEVICES


@given(
    st.lists(
        st.text()
        | st.sampled_from(["/x", "//api.example/x", "https://h.example/", "https://api.example/y"]),
        max_size=8,
    ),
    st.integers(0, 4),
)
def redirects(locations: list[str], most: int) -> None:
    """Follow a chain of redirects as far as it is followed."""
    following = Download.of("/api/v2/file", _SESSION, now=_NOW, max_redirects=most)
    left, refused = False, ""
    for count, location in enumerate(locations):
        state = following.begin(_SESSION, now=_NOW)
        assert isinstance(state, Sending)
        request = state.request
        inside = request.url.startswith("https://api.example/") and not left
        assert inside or _SECRET not in str(request.headers.raw)
        left = left or not request.url.startswith("https://api.example/")
        response = Response(302, Headers.received([("Location", location)]))
        ended = state.received(response, now=_NOW)
        if isinstance(ended, Raised):
            assert isinstance(ended.error, RedirectError)
            refused = str(ended.error)
            break
        assert isinstance(ended, Returned)
        next_download = following.redirected(ended.response, request, _HOSTS)
        assert next_download is not None
        following = next_download
        assert count < most
    assert _SECRET not in refused


def continue_part(data: bytes, text: str) -> None:
    """What is appended begins where the part on disk ends, and is the rest of the same file."""
    part = PartialFile.from_record(data, "file", 1 << 40)
    assert part.source == "file"
    part = PartialFile(source="file", validator='"v"', size=5, total=9)
    try:
        continued = part.received(206, Headers.received([("Content-Range", text)]))
    except TransportFailure:
        return
    assert (continued.size, continued.total) == (5, 9)
    assert text.replace("*", "9") == "bytes 5-8/9"


def download(data: bytes) -> None:
    """Read the bytes as each header that a download looks at, then as a chain of redirects."""
    text = data.decode("latin-1")
    require_safe(safe_file_name(text, text))
    require_safe(safe_file_name(f"attachment; filename={text}"))
    require_safe(safe_file_name(f"attachment; filename*=utf-8''{text}"))
    part = PartialFile().received(200, Headers.received([("Content-Length", text), ("ETag", text)]))
    saving = DownloadProgress.begun(part)
    assert saving.total is None or saving.total >= 0
    continue_part(data, text)
    redirects.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


TARGETS: Mapping[str, Callable[[bytes], object]] = {"downloads": download}
