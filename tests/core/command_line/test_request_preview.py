"""Requests as text and as curl commands."""

import pytest

from genesys_core.command_line.request_preview import curl_command, preview_request
from genesys_core.http.messages import Request

HEADERS = (("Accept", "application/json"), ("Authorization", "Bearer " + "s" * 40))


def request(method="POST", url="https://x.example/a?b=c%20d", body=b'{"name":"Ann"}'):
    from genesys_core.http.headers import Headers

    return Request(method, url, Headers(HEADERS), body)


def test_a_preview_masks_secrets():
    shown = preview_request(request(body=b'{"name":"Ann","password":"geheim"}'))
    assert shown.split("\n") == [
        "POST https://x.example/a?b=c%20d",
        "Accept: application/json",
        "Authorization: [REDACTED]",
        "",
        "{",
        '  "name": "Ann",',
        '  "password": "[REDACTED]"',
        "}",
    ]


def test_a_preview_without_a_json_body():
    assert preview_request(request(body=None)).endswith("[REDACTED]")
    assert preview_request(request(body=b"a\x1b\xff")).endswith("\n\na\\x1b\ufffd")


def test_a_curl_command_takes_the_token_from_the_environment():
    assert curl_command(request()) == (
        "curl -X POST 'https://x.example/a?b=c%20d' -H 'Accept: application/json' "
        '-H "Authorization: Bearer $GENESYSCLOUD_ACCESS_TOKEN" --data-binary \'{"name":"Ann"}\''
    )
    assert curl_command(request("HEAD", "https://x.example/", None)).startswith(
        "curl --head https://x.example/ -H"
    )
    assert curl_command(request("GET", "https://x.example/", None)).startswith("curl https://x")


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        ("it's", "'it'\\''s'"),
        ("$(rm) `x`", "'$(rm) `x`'"),
        ("a\nb'\\\x1b\u202eé", "$'a\\x0ab\\'\\\\\\x1b\\xe2\\x80\\xaeé'"),
        ("plain", "plain"),
    ],
)
def test_quoting_for_a_shell(body, quoted):
    assert curl_command(request(body=body.encode())).endswith(f"--data-binary {quoted}")
