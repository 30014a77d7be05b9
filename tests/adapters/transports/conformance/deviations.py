"""What transports of others are known to do otherwise, case by case, and why that is left so.

The list is strict: a case that passes although it is listed here fails the suite.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

DEVIATIONS: dict[str, dict[str, str]] = {
    "httpx": {
        "a surplus reply is the next caller's, as in 064": "224-*",
        "a body is bounded above the transport, and held as a whole before that": "121-*",
        "a reply that is not HTTP is reported as a connection that was closed, or is taken: h11 tells them apart in words only": """
            013-a-list 013-two-fields 015-chunked-then-chunked 015-chunked-then-gzip 015-empty
            015-gzip-then-chunked 015-identity 015-xchunked 025-banner-http-0.9
            025-banner-http2-preface 025-banner-icy 025-banner-smtp 025-banner-ssh
            025-banner-tls-alert 026-HTTP-1.10 026-HTTP-1.2 026-HTTP-2 026-HTTP-2.0 026-http-1.1
            027-1-digit 027-2-digits 027-4-digits 027-arabic-digits 027-below-100 027-letters
            027-minus 027-none 027-plus 030-empty-line-after-a-reply 030-empty-line-first
            031-cr-in-a-name 031-cr-in-a-value 032-after-an-extension 032-after-the-data
            032-size-line 032-within-an-extension 033-longer-than-its-size 033-two-wrong-bytes
            034-0x 034-21-digits 034-extension-alone 034-letters 034-minus 034-none 034-plus
            034-space-first 034-space-inside 034-underscore 035-0x 035-arabic-digits 035-empty
            035-fraction 035-letters 035-minus 035-plus 035-space-inside 035-underscore
            036-longer-than-allowed-5000-digits 037-bracket-in-a-name 037-control-in-a-name
            037-empty-name 037-latin-1-in-a-name 037-no-colon 037-space-before-the-colon
            037-space-in-a-name 038-fold-before-a-field 039-nul-in-a-value
            041-head-above-its-limit-many 041-head-above-its-limit-one-header 041-in-drips
            041-status-line-above-its-limit 043-a-line-over-many-reads
            044-chunk-line-above-its-limit-extension 044-chunk-line-above-its-limit-zeros
            044-far-more-extensions-than-data 048-a-broken-connection-is-never-used-again
            053-a-body-after-it 055-switching-protocols-unasked 171-tls-on-the-plain-port
        """,
        "h11 keeps a connection after Content-Length with Transfer-Encoding": """
            014-length-first 014-length-last
        """,
        "surplus bytes stay on the connection, and are the beginning of the next reply": """
            020-trailers 022-a-second-reply-with-the-first 059-204-and-a-body
            059-204-and-a-last-chunk 059-204-and-one-byte 059-304-and-a-body
            059-304-and-a-last-chunk 059-304-and-one-byte 059-HEAD-and-a-body
            059-HEAD-and-a-last-chunk 059-HEAD-and-one-byte 064-after-chunks-a-408
            064-after-chunks-a-reply 064-after-chunks-crlf 064-after-chunks-one-byte
            064-in-the-same-read-a-408 064-in-the-same-read-a-reply 064-in-the-same-read-crlf
            064-in-the-same-read-one-byte
        """,
        "no limit of its own: h11 waits for more": """
            032-everywhere 036-longer-than-allowed-1-tib 036-longer-than-allowed-20-digits
            042-more-headers-than-allowed 045-trailers-above-their-limit-in-drips
            045-trailers-above-their-limit-one-piece 052-endless-at-once
            052-endless-one-after-the-other
        """,
        "a reused connection that ends before a reply is not tried again on a fresh one": """
            066-ended-before-any-byte-DELETE-close 066-ended-before-any-byte-DELETE-reset
            066-ended-before-any-byte-GET-close 066-ended-before-any-byte-GET-reset
            066-ended-before-any-byte-HEAD-close 066-ended-before-any-byte-HEAD-reset
            066-ended-before-any-byte-PUT-close 066-ended-before-any-byte-PUT-reset
            069-ended-on-the-fresh-connection-too-close 069-ended-on-the-fresh-connection-too-reset
            207-a-kept-connection-is-dropped-under-the-request
        """,
        "Keep-Alive and Proxy-Connection say nothing to it": """
            076-max-1 076-timeout-0 077-proxy-connection-close
        """,
        "it writes a body to its end before it reads, and fails where that cannot be": """
            093-left-after-an-early-reply 094-an-early-reply-and-no-more-reading-401
            094-an-early-reply-and-no-more-reading-413 094-an-early-reply-and-no-more-reading-429
            095-an-early-reply-while-the-server-reads-on 097-two-full-buffers
        """,
        "URLs and header fields are normalised, or passed on as they are": """
            108-refused-transfer-encoding-and-a-body 108-refused-transfer-encoding-and-a-length
            110-target-dots
        """,
        "content codings are removed without a look whether they are whole": """
            112-x-gzip 112-x-gzip-chunked 113-members-split-anywhere 113-three-members 114-at-half
            114-at-half-chunked 114-deflate 114-in-a-stream 114-in-the-checksum
            114-in-the-checksum-chunked 114-in-the-header 114-in-the-header-chunked
            114-in-the-second-member 114-one-byte 114-one-byte-chunked 116-deflate 116-one-byte
            116-text 119-a-hundred-codings 120-br 120-compress 120-foo 120-gzip-then-foo 120-zstd
            123-a-flood-of-empty-members
        """,
        "the phases of connecting are one to it: CONNECT is waited for as for a reply": """
            130-connect-hangs 138-a-deadline-while-the-proxy-is-asked 201-connect-is-ended-close
            201-connect-is-ended-close-in-the-head 201-connect-is-ended-reset
            201-connect-is-ended-reset-in-the-head 204-connect-is-timed-out
        """,
        "names and addresses are the standard library's affair: one after the other, without a time limit or a name in the message": """
            145-name-failing-for-now 145-name-unknown 152-all-refused
        """,
        "TLS is httpcore's": """
            166-each-with-its-own-name 167-name-trailing-dot 168-server-name-trailing-dot
            172-a-plain-proxy-taken-for-tls 172-a-tls-proxy-taken-for-plain
            174-no-close-notify-in-a-body-until-the-close
        """,
        "what a proxy did is not told apart from what the origin did": """
            194-an-https-origin-ipv6 197-407-from-an-origin 197-407-through-a-tunnel
            202-connect-is-answered-with-garbage 202-connect-is-answered-with-http-0.9
            202-connect-is-answered-with-huge-head 202-connect-is-answered-with-ssh
            203-bytes-behind-the-head-a-line 203-bytes-behind-the-head-a-reply
            205-the-proxy-is-not-there-http 205-the-proxy-is-not-there-https
            205-the-proxy-is-not-trusted-http 205-the-proxy-is-not-trusted-https
            205-the-proxy-is-unknown-http 205-the-proxy-is-unknown-https
        """,
        "NO_PROXY is read with httpx's own grammar": """
            210-no-proxy-ipv4-range 210-no-proxy-ipv6-brackets 210-no-proxy-ipv6-brackets-port
            210-no-proxy-ipv6-other-range 210-no-proxy-ipv6-range 210-no-proxy-leading-dot-itself
            210-no-proxy-spaces 210-no-proxy-star-dot 210-no-proxy-suffix-of-an-address
            210-no-proxy-trailing-dot 211-an-unusable-exception-control
            211-an-unusable-exception-open-bracket 211-an-unusable-exception-port
        """,
        "the pool and its loops are httpcore's": """
            243-no-cycles-per-failed-call-cut 243-no-cycles-per-failed-call-refused
        """,
    },
    "httpx-sync": {
        "a child of a fork writes on its parent's connections": "237-*",
        "names and addresses are the standard library's affair: one after the other, without a time limit or a name in the message": """
            145-name-no-address 146-the-resolver-hangs 151-the-first-address-hangs 152-one-refused
        """,
    },
    "httpx-asyncio": {
        "the phases of connecting are one to it: CONNECT is waited for as for a reply": """
            137-a-deadline-that-has-passed-long-ago 137-a-deadline-that-has-passed-now
            138-a-deadline-in-the-handshake 138-a-deadline-while-connecting
        """,
        "names and addresses are the standard library's affair: one after the other, without a time limit or a name in the message": """
            145-name-no-address 152-one-refused
        """,
        "URLs and header fields are normalised, or passed on as they are": """
            158-port-65536 158-port-negative
        """,
        "TLS is httpcore's": """
            187-surplus-after-a-full-record 187-surplus-within-the-tls-layer
            188-the-inner-layer-closes
        """,
        "the pool and its loops are httpcore's": """
            236-cancelled-while-closing 238-one-loop-after-another 238-two-loops-at-once
        """,
    },
    "httpx-trio": {
        "the phases of connecting are one to it: CONNECT is waited for as for a reply": """
            137-a-deadline-that-has-passed-long-ago 137-a-deadline-that-has-passed-now
            138-a-deadline-in-the-handshake 138-a-deadline-while-connecting
        """,
        "names and addresses are the standard library's affair: one after the other, without a time limit or a name in the message": """
            146-the-resolver-hangs 147-cancelled-while-resolving
        """,
        "TLS is httpcore's": """
            187-surplus-after-a-full-record 187-surplus-within-the-tls-layer
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
