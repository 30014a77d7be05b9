"""What transports of others are known to do otherwise, case by case, and why that is left so.

Many of them are races inside the library, so that a listed case may also pass. ``CONFORMANCE_STRICT=1``
makes those fail: it shows which entries a new release of a library has made superfluous. A name may be a
pattern: httpx and httpx2 share most of their lists.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase, translate
from functools import cache

DEVIATIONS: dict[str, dict[str, str]] = {
    "httpx*": {
        "a connection to its own port is to it one to a server": """
            160-connected-to-itself
        """,
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
            066-ended-before-any-byte-PUT-close 066-ended-before-any-byte-PUT-reset
            069-ended-on-the-fresh-connection-too-close 069-ended-on-the-fresh-connection-too-reset
            207-a-kept-connection-is-dropped-under-the-request
        """,
        "it sends an idempotent request again by itself, on a fresh connection as well": """
            066-ended-before-any-byte-HEAD-close 066-ended-before-any-byte-HEAD-reset
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
            210-no-proxy-leading-dot-itself 210-no-proxy-spaces 210-no-proxy-suffix-of-an-address
            210-no-proxy-trailing-dot
        """,
        "the pool and what it leaves behind are the library's own": """
            229-the-last-one-first 243-no-cycles-per-failed-call-cut
            243-no-cycles-per-failed-call-refused
        """,
    },
    "httpx*-sync": {
        "it has no overall deadline: a response head sent slowly outlasts it": """
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
    "httpx*-asyncio": {
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
    "httpx*-trio": {
        "names and addresses are the standard library's affair: one after the other, without a time limit": """
            146-the-resolver-hangs 147-cancelled-while-resolving
        """,
        "surplus bytes stay on the connection, and are the beginning of the next response": """
            187-surplus-after-a-full-record 187-surplus-within-the-tls-layer
        """,
        "connecting is no phase of its own: TLS or CONNECT is waited for as for a response": """
            188-the-inner-layer-closes
        """,
        "its connections belong to one event loop, which is not looked at": """
            238-two-loops-at-once
        """,
    },
    "httpx-*": {
        "NO_PROXY is read with a grammar of its own": """
            210-no-proxy-ipv4-range 210-no-proxy-ipv6-brackets 210-no-proxy-ipv6-brackets-port
            210-no-proxy-ipv6-other-range 210-no-proxy-ipv6-range 210-no-proxy-star-dot
            211-an-unusable-exception-control 211-an-unusable-exception-open-bracket
            211-an-unusable-exception-port
        """,
    },
    "urllib3-sync": {
        "a connection to its own port is to it one to a server": """
            160-connected-to-itself
        """,
        "a connection that a proxy ends on an unread body is closed to it, whatever came before": """
            000-tinyproxy-wants-credentials-plain
        """,
        "it takes more, or other, for HTTP": """
            006-closed-within-the-last-chunk 006-closed-within-the-trailers
            008-closed-after-a-header 008-closed-within-a-header 012-a-list-of-equals
            015-chunked-then-chunked 015-chunked-then-gzip 015-empty 015-gzip-then-chunked
            015-identity 015-xchunked 016-spaces 026-HTTP-1.10 026-HTTP-1.2 026-HTTP-2 026-HTTP-2.0
            026-http-1.1 027-1-digit 027-2-digits 027-4-digits 027-arabic-digits 027-below-100
            027-letters 027-minus 027-none 027-plus 030-empty-line-first 031-cr-in-a-name
            031-cr-in-a-value 032-after-an-extension 032-after-the-data 032-size-line
            032-within-an-extension 033-longer-than-its-size 033-two-wrong-bytes 034-0x
            034-21-digits 034-extension-alone 034-letters 034-minus 034-none 034-plus
            034-space-first 034-space-inside 034-underscore 035-0x 035-arabic-digits 035-empty
            035-fraction 035-letters 035-minus 035-plus 035-space-inside 035-underscore
            037-bracket-in-a-name 037-control-in-a-name 037-empty-name 037-latin-1-in-a-name
            037-no-colon 037-space-before-the-colon 037-space-in-a-name 038-fold-before-a-field
            039-bell-in-a-value 039-nul-in-a-value 048-a-broken-connection-is-never-used-again
            049-repeated-fields 051-102 051-103 051-199 051-several-in-pieces
            051-while-a-large-body-is-sent-103 053-a-body-after-it 053-chunked 053-connection-close
            053-length 055-switching-protocols-unasked 060-204-chunked 060-304-chunked
        """,
        "it keeps a connection after Content-Length with Transfer-Encoding": """
            014-length-first 014-length-last
        """,
        "surplus bytes stay on the connection, and are the beginning of the next response": """
            022-a-second-reply-with-the-first 030-empty-line-after-a-reply 059-204-and-a-body
            059-204-and-a-last-chunk 059-204-and-one-byte 059-304-and-a-body
            059-304-and-a-last-chunk 059-304-and-one-byte 059-HEAD-and-a-body
            059-HEAD-and-a-last-chunk 059-HEAD-and-one-byte 064-after-chunks-a-408
            064-after-chunks-a-reply 064-after-chunks-crlf 064-after-chunks-one-byte
            064-in-the-same-read-a-408 064-in-the-same-read-a-reply 064-in-the-same-read-crlf
            064-in-the-same-read-one-byte 179-plain-bytes-before-the-handshake
        """,
        "it has no limit of its own here, and waits for more": """
            025-banner-http-0.9 025-banner-http2-preface 025-banner-icy 025-banner-smtp
            025-banner-ssh 025-banner-tls-alert 032-everywhere 036-longer-than-allowed-1-tib
            036-longer-than-allowed-20-digits 036-longer-than-allowed-5000-digits
            041-head-above-its-limit-many 041-head-above-its-limit-one-header 041-in-drips
            041-status-line-above-its-limit 042-more-headers-than-allowed
            043-a-line-over-many-reads 044-chunk-line-above-its-limit-extension
            044-chunk-line-above-its-limit-zeros 044-far-more-extensions-than-data
            045-trailers-above-their-limit-in-drips 045-trailers-above-their-limit-one-piece
            052-endless-at-once 052-endless-one-after-the-other 202-connect-is-answered-with-ssh
        """,
        "a reused connection that ends before a response is the caller's to retry": """
            066-ended-before-any-byte-DELETE-close 066-ended-before-any-byte-DELETE-reset
            066-ended-before-any-byte-GET-close 066-ended-before-any-byte-GET-reset
            066-ended-before-any-byte-PUT-close 066-ended-before-any-byte-PUT-reset
            069-ended-on-the-fresh-connection-too-close 069-ended-on-the-fresh-connection-too-reset
            207-a-kept-connection-is-dropped-under-the-request
        """,
        "it sends an idempotent request again by itself, on a fresh connection as well": """
            066-ended-before-any-byte-HEAD-close 066-ended-before-any-byte-HEAD-reset
        """,
        "Keep-Alive, Proxy-Connection and the clocks say nothing to it": """
            074-second-field 075-close-in-the-request 076-max-1 076-timeout-0
            077-proxy-connection-close
        """,
        "it writes a body to its end before it reads, and fails where that cannot be": """
            094-an-early-reply-and-no-more-reading-401 094-an-early-reply-and-no-more-reading-413
            094-an-early-reply-and-no-more-reading-429 097-two-full-buffers
        """,
        "URLs and header fields are normalised, or passed on as they are": """
            108-refused-transfer-encoding-and-a-body 108-refused-transfer-encoding-and-a-length
            108-refused-two-hosts 109-a-default-port-is-left-out 110-target-dots
            110-target-lower-case-percent
        """,
        "content codings are removed by the library, without a look whether they are whole": """
            114-at-half 114-at-half-chunked 114-deflate 114-in-the-checksum
            114-in-the-checksum-chunked 114-in-the-header 114-in-the-header-chunked
            114-in-the-second-member 114-one-byte 114-one-byte-chunked 116-deflate 116-one-byte
            116-text 119-identity-in-a-list 120-br 120-compress 120-foo 120-zstd
            129-the-handshake-hangs
        """,
        "connecting is no phase of its own: TLS or CONNECT is waited for as for a response": """
            130-connect-hangs 188-the-inner-handshake-hangs 204-connect-is-timed-out
        """,
        "it has no overall deadline: a response head sent slowly outlasts it": """
            135-the-server-does-not-read
        """,
        "names and addresses are the standard library's affair: one after the other, without a time limit": """
            146-the-resolver-hangs 151-the-first-address-hangs 152-all-refused 152-one-refused
        """,
        "TLS is the library's own affair": """
            162-no-delay-to-a-proxy 170-plain-http-on-the-tls-port 171-tls-on-the-plain-port
            172-a-tls-proxy-taken-for-plain 173-ended-in-the-handshake-close
            173-ended-in-the-handshake-reset 174-no-close-notify-in-a-body-until-the-close
            185-nothing-in-common-cipher 185-nothing-in-common-version
        """,
        "what a proxy did is not always told apart from what the origin did": """
            194-an-https-origin-ipv4 194-an-https-origin-ipv6 194-an-https-origin-name
            194-an-https-origin-port 197-407-from-a-forwarding-proxy 199-credentials-non-ascii
            201-connect-is-ended-close 201-connect-is-ended-close-in-the-head
            201-connect-is-ended-reset 201-connect-is-ended-reset-in-the-head 202-a-tunnel-201
            202-a-tunnel-informational-first 202-connect-is-answered-with-garbage
            202-connect-is-answered-with-http-0.9 202-connect-is-answered-with-huge-head
            203-bytes-behind-the-head-a-line 203-bytes-behind-the-head-a-reply
            205-the-proxy-is-not-there-http 205-the-proxy-is-not-there-https
            205-the-proxy-is-not-trusted-http 205-the-proxy-is-not-trusted-https
            205-the-proxy-is-unknown-http 205-the-proxy-is-unknown-https
        """,
        "the pool and what it leaves behind are the library's own": """
            227-closed-while-calls-are-under-way 243-no-cycles-per-failed-call-cut
            243-no-cycles-per-failed-call-refused
        """,
        "a child of a fork writes on its parent's connections": """
            237-a-fork-with-an-idle-connection
        """,
    },
    "aiohttp-asyncio": {
        "a connection to its own port is to it one to a server": """
            160-connected-to-itself
        """,
        "it takes more, or other, for HTTP": """
            008-closed-after-a-header 008-closed-within-a-header 008-closed-within-the-status-line
            012-a-list-of-equals 012-two-equal-fields 015-chunked-then-chunked
            015-chunked-then-gzip 015-empty 015-gzip-then-chunked 015-identity 015-xchunked
            016-spaces 024-reset-instead-of-the-end-gzip 024-reset-instead-of-the-end-plain
            026-HTTP-2.0 027-below-100 030-empty-line-first 032-after-an-extension
            032-after-the-data 038-fold-before-a-field 039-bell-in-a-value
            045-trailers-above-their-limit-in-drips 053-connection-close
            055-switching-protocols-unasked 058-neither
        """,
        "it sends an idempotent request again by itself, on a fresh connection as well": """
            009-closed-before-any-byte-GET 009-reset-before-any-byte-GET
            066-ended-before-any-byte-HEAD-close 066-ended-before-any-byte-HEAD-reset
            068-ended-on-a-fresh-connection-GET 068-ended-on-a-fresh-connection-PUT
            071-closed-after-one-byte-GET 071-closed-after-one-byte-PUT
        """,
        "it keeps a connection after Content-Length with Transfer-Encoding": """
            014-length-first 014-length-last
        """,
        "h11 reads framing fields among the trailers": """
            020-trailers
        """,
        "it has no limit of its own here, and waits for more": """
            025-banner-http-0.9 025-banner-smtp 025-banner-ssh 036-longer-than-allowed-1-tib
            036-longer-than-allowed-20-digits 044-chunk-line-above-its-limit-extension
            044-chunk-line-above-its-limit-zeros 044-far-more-extensions-than-data
            052-endless-at-once 052-endless-one-after-the-other
        """,
        "surplus bytes stay on the connection, and are the beginning of the next response": """
            030-empty-line-after-a-reply 059-204-and-a-body 059-204-and-a-last-chunk
            059-204-and-one-byte 059-304-and-a-body 059-304-and-a-last-chunk 059-304-and-one-byte
            059-HEAD-and-a-body 059-HEAD-and-a-last-chunk 059-HEAD-and-one-byte
            064-after-chunks-crlf 064-after-chunks-one-byte 064-in-the-same-read-crlf
            064-in-the-same-read-one-byte 064-while-idle-a-408 064-while-idle-a-reply
            064-while-idle-crlf 187-surplus-after-a-full-record 187-surplus-within-the-tls-layer
        """,
        "Keep-Alive, Proxy-Connection and the clocks say nothing to it": """
            075-close-in-the-request 076-max-1 076-timeout-0 087-the-same-host-in-other-words
            089-no-body-DELETE
        """,
        "URLs and header fields are normalised, or passed on as they are": """
            107-control-bytes-in-target-crlf 107-control-bytes-in-target-space
            108-refused-transfer-encoding-and-a-body 108-refused-transfer-encoding-and-a-length
            108-refused-two-hosts 110-target-empty-query 111-nothing-of-an-earlier-request
        """,
        "content codings are removed by the library, without a look whether they are whole": """
            112-x-gzip 112-x-gzip-chunked 114-at-half 114-at-half-chunked 114-in-the-checksum
            114-in-the-checksum-chunked 114-in-the-header 114-in-the-header-chunked
            114-in-the-second-member 114-one-byte 114-one-byte-chunked 115-checksum 115-length
            115-zlib-checksum 116-one-byte 116-text 117-a-plain-body 119-a-hundred-codings
            119-deflate-then-gzip 119-gzip-twice 119-identity-in-a-list 119-two-fields 120-compress
            120-foo 120-gzip-then-foo 123-a-flood-of-empty-members 126-a-piece-of-packed-bytes
        """,
        "it has no overall deadline: a response head sent slowly outlasts it": """
            135-the-server-does-not-read
        """,
        "names and addresses are the standard library's affair: one after the other, without a time limit": """
            145-name-no-address 146-the-resolver-hangs 152-all-refused
        """,
        "TLS is the library's own affair": """
            174-no-close-notify-in-a-body-until-the-close 182-a-client-certificate-is-missing-1.3
            192-application-protocol
        """,
        "the pool and what it leaves behind are the library's own": """
            227-closed-while-calls-are-under-way 229-the-last-one-first
            243-no-cycles-per-failed-call-cut 243-no-cycles-per-failed-call-refused
        """,
        "it takes no credentials in a URL beside a header with credentials": """
            246-failures-can-be-pickled-and-copied
        """,
        "its connections belong to one event loop, which is not looked at": """
            238-one-loop-after-another 238-two-loops-at-once
        """,
    },
}
"""For a transport (``httpx``), or one flavour of it (``httpx-trio``): the reason, and its cases, as
patterns over their ids."""


def reason(subject: str, case: str) -> str | None:
    """Why a case comes out otherwise through a subject, or ``None`` if it has to pass."""
    return next((words for words, pattern in _patterns(subject) if pattern.fullmatch(case)), None)


@cache
def _patterns(subject: str) -> list[tuple[str, re.Pattern[str]]]:
    """The reasons that concern a subject, each with one expression for all its cases."""
    return [
        (words, re.compile("|".join(translate(pattern) for pattern in patterns.split())))
        for subjects, listed in DEVIATIONS.items()
        if fnmatchcase(subject, subjects)
        for words, patterns in listed.items()
    ]
