"""A planted secret never shows, whatever it is wrapped in, and nothing makes redaction fail.

Invariants: no exception on any bytes; a secret under a secret name is hidden in JSON at any depth,
in documents within strings, in forms, URLs and headers; JSON stays JSON.
"""

import json
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.http.headers import Headers
from genesys_core.http.redaction import DEFAULT_REDACTION, message_secrets, url_secrets

__all__ = ["TARGETS", "check", "redact"]

_SECRET = "hunter2hunter2"
_TYPES = (None, "application/json", "application/x-www-form-urlencoded", "text/plain", "audio/wav")

_names = st.sampled_from(["password", "client_secret", "accessToken", "REFRESH-TOKEN", "api_key"])
_documents = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(_documents, _names, st.text(max_size=8), st.integers(0, 2))
def check(around: object, name: str, padding: str, wraps: int) -> None:
    """Hide one secret, wrapped in each way that the platform knows."""
    text = json.dumps([{"a": around, name: padding + _SECRET, "b": [around]}])
    for _ in range(wraps):
        text = json.dumps({"text": text})
    shown = DEFAULT_REDACTION.shown_body(text.encode())
    assert shown is not None
    assert _SECRET not in shown
    json.loads(shown)

    pairs = urlencode({"a": str(around), name: padding + _SECRET, "b": padding})
    assert _SECRET not in (DEFAULT_REDACTION.shown_body(pairs.encode()) or "")
    assert _SECRET not in DEFAULT_REDACTION.shown_url(f"https://h/x?{pairs}")
    assert _SECRET not in DEFAULT_REDACTION.shown_url(f"https://{_SECRET}@h/x#{pairs}")
    headers = Headers.received([("Location", f"/x?{pairs}"), ("Authorization", _SECRET)])
    assert DEFAULT_REDACTION.shown_headers(headers)["Authorization"] == "[REDACTED]"


def redact(data: bytes) -> None:
    """Show the bytes as a body of each type, then as the choices that wrap a secret."""
    text = data.decode("utf-8", "replace")
    DEFAULT_REDACTION.shown_url(text)
    DEFAULT_REDACTION.shown_text(text)
    list(url_secrets(text))
    for content_type in _TYPES:
        fields = [] if content_type is None else [("Content-Type", content_type)]
        list(message_secrets(Headers.received([*fields, ("Authorization", text)]), data))
        shown = DEFAULT_REDACTION.shown_body(data, content_type)
        assert (shown is None) == (data == b"")
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


TARGETS: Mapping[str, Callable[[bytes], object]] = {"redaction": redact}
