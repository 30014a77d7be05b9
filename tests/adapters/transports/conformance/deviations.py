"""What transports of others are known to do otherwise, case by case, and why that is left so.

The list is strict: a case that passes although it is listed here fails the suite.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

DEVIATIONS: dict[str, dict[str, str]] = {
    "httpx": {
        "it keeps a connection after Content-Length with Transfer-Encoding": """
            014-length-first 014-length-last
        """,
        "h11 reads framing fields among the trailers": """
            020-trailers
        """,
        "surplus bytes stay on the connection, and are the beginning of the next response": """
            022-a-second-reply-with-the-first 030-empty-line-after-a-reply 059-204-and-a-body
            059-204-and-a-last-chunk 059-204-and-one-byte 059-304-and-a-body
            059-304-and-a-last-chunk 059-304-and-one-byte 059-HEAD-and-a-body
            059-HEAD-and-a-last-chunk 059-HEAD-and-one-byte 064-after-chunks-a-408
            064-after-chunks-a-reply 064-after-chunks-crlf 064-after-chunks-one-byte
            064-in-the-same-read-a-408 064-in-the-same-read-a-reply 064-in-the-same-read-crlf
            064-in-the-same-read-one-byte 224-10000-requests-over-100-connections
        """,
        "it has no limit of its own here, and waits for more": """
            025-banner-http-0.9 025-banner-smtp 025-banner-ssh 032-everywhere
            044-far-more-extensions-than-data 052-endless-at-once 052-endless-one-after-the-other
            202-connect-is-answered-with-ssh
        """,
        "it takes more, or other, for HTTP": """
            026-HTTP-1.2 026-HTTP-2.0
        """,
        "a reused connection that ends before a response is the caller's to retry": """
            066-ended-before-any-byte-DELETE-close 066-ended-before-any-byte-DELETE-reset
            066-ended-before-any-byte-GET-close 066-ended-before-any-byte-GET-reset
            066-ended-before-any-byte-HEAD-close 066-ended-before-any-byte-HEAD-reset
            066-ended-before-any-byte-PUT-close 066-ended-before-any-byte-PUT-reset
            069-ended-on-the-fresh-connection-too-close 069-ended-on-the-fresh-connection-too-reset
            207-a-kept-connection-is-dropped-under-the-request
        """,
        "Keep-Alive, Proxy-Connection and the clocks say nothing to it": """
            076-max-1 076-timeout-0 077-proxy-connection-close
        """,
        "it writes a body to its end before it reads, and fails where that cannot be": """
            093-left-after-an-early-reply 094-an-early-reply-and-no-more-reading-401
            094-an-early-reply-and-no-more-reading-413 094-an-early-reply-and-no-more-reading-429
            095-an-early-reply-while-the-server-reads-on 097-two-full-buffers
        """,
        "URLs and header fields are normalised, or passed on as they are": """
            110-target-dots
        """,
        "names and addresses are the standard library's affair: one after the other, without a time limit": """
            152-all-refused 157-host-non-ascii
        """,
        "TLS is the library's own affair": """
            167-name-trailing-dot 168-server-name-trailing-dot
            174-no-close-notify-in-a-body-until-the-close
        """,
        "what a proxy did is not always told apart from what the origin did": """
            194-an-https-origin-ipv6 203-bytes-behind-the-head-a-line
            203-bytes-behind-the-head-a-reply
        """,
        "NO_PROXY is read with a grammar of its own": """
            210-no-proxy-ipv4-range 210-no-proxy-ipv6-brackets 210-no-proxy-ipv6-brackets-port
            210-no-proxy-ipv6-other-range 210-no-proxy-ipv6-range 210-no-proxy-leading-dot-itself
            210-no-proxy-spaces 210-no-proxy-star-dot 210-no-proxy-suffix-of-an-address
            210-no-proxy-trailing-dot 211-an-unusable-exception-control
            211-an-unusable-exception-open-bracket 211-an-unusable-exception-port
        """,
        "the pool and what it leaves behind are the library's own": """
            229-the-last-one-first 243-no-cycles-per-failed-call-cut
            243-no-cycles-per-failed-call-refused
        """,
    },
    "httpx-sync": {
        "it knows no deadline: a head in drips outlasts it": """
            054-informational-replies-and-the-deadline 132-drips-and-the-deadline-chunk-lines
            132-drips-and-the-deadline-head
        """,
        "names and addresses are the standard library's affair: one after the other, without a time limit": """
            146-the-resolver-hangs 151-the-first-address-hangs
        """,
        "a child of a fork writes on its parent's connections": """
            237-a-fork-with-an-idle-connection
        """,
    },
    "httpx-asyncio": {
        "names and addresses are the standard library's affair: one after the other, without a time limit": """
            145-name-no-address
        """,
        "surplus bytes stay on the connection, and are the beginning of the next response": """
            187-surplus-after-a-full-record 187-surplus-within-the-tls-layer
        """,
        "connecting is no phase of its own: TLS or CONNECT is waited for as for a response": """
            188-the-inner-layer-closes
        """,
        "the pool and what it leaves behind are the library's own": """
            236-cancelled-while-closing
        """,
        "its connections belong to one event loop, which is not looked at": """
            238-one-loop-after-another 238-two-loops-at-once
        """,
    },
    "httpx-trio": {
        "names and addresses are the standard library's affair: one after the other, without a time limit": """
            146-the-resolver-hangs 147-cancelled-while-resolving
        """,
        "surplus bytes stay on the connection, and are the beginning of the next response": """
            187-surplus-after-a-full-record 187-surplus-within-the-tls-layer
        """,
        "connecting is no phase of its own: TLS or CONNECT is waited for as for a response": """
            188-the-inner-layer-closes
        """,
    },
}
"""For a transport (``httpx``), or one flavour of it (``httpx-trio``): the reason, and its cases, as
patterns over their ids."""


def reason(subject: str, case: str) -> str | None:
    """Why a case comes out otherwise through a subject, or ``None`` if it has to pass."""
    for name in (subject, subject.partition("-")[0]):
        for words, patterns in DEVIATIONS.get(name, {}).items():
            if any(fnmatchcase(case, pattern) for pattern in patterns.split()):
                return words
    return None
