"""Forms arrive as they were given, byte for byte the same each time."""

from __future__ import annotations

from datetime import date
from email.message import Message
from email.parser import BytesParser
from hashlib import sha256
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import InvalidValueError
from genesys_core.http.forms import FormBody
from genesys_core.http.multipart import Part


def read(form: FormBody) -> list[tuple[str, str | None, str, bytes]]:
    """The parts that a server sees: name, file name, type and content."""
    content_type, body = form.encode()
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + body)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part.get_content_type(),
            cast(bytes, part.get_payload(decode=True)),
        )
        for part in cast("list[Message]", message.get_payload())
    ]


def test_a_multipart_form_has_a_part_for_each_value() -> None:
    form = FormBody(
        "multipart",
        (
            ("file", b"\x00\xff"),
            ("image", Part("ignored", b"png", "a.png", "image/png")),
            ("note", Part("ignored", "text")),
            ("more", [b"1", Part("x", b"2")]),
            ("day", date(2024, 2, 29)),
            ("flags", [True, 3]),
            ("absent", None),
        ),
    )
    binary = "application/octet-stream"
    assert read(form) == [
        ("file", "file", binary, b"\x00\xff"),
        ("image", "a.png", "image/png", b"png"),
        ("note", None, "text/plain", b"text"),
        ("more", "more", binary, b"1"),
        ("more", "more", binary, b"2"),
        ("day", None, "text/plain", b"2024-02-29"),
        ("flags", None, "text/plain", b"true"),
        ("flags", None, "text/plain", b"3"),
    ]


def test_an_urlencoded_form_is_like_a_query() -> None:
    form = FormBody("urlencoded", (("a b", "c&d"), ("list", ["1", "2"]), ("none", None)))
    assert form.encode() == (
        "application/x-www-form-urlencoded",
        b"a%20b=c%26d&list=1&list=2",
    )


@given(st.dictionaries(st.text("abü &=", min_size=1), st.text(), max_size=3))
def test_any_text_arrives(fields: dict[str, str]) -> None:
    form = FormBody("urlencoded", tuple(fields.items()))
    assert dict(parse_qsl(form.encode()[1].decode(), keep_blank_values=True)) == fields


@given(st.lists(st.binary(), min_size=1, max_size=3))
def test_encoding_is_repeatable_and_the_boundary_follows_the_content(files: list[bytes]) -> None:
    form = FormBody("multipart", tuple((f"f{n}", one) for n, one in enumerate(files)))
    assert form.encode() == form.encode()
    other = FormBody("multipart", (*form.fields, ("more", b"")))
    assert form.encode()[0] != other.encode()[0]
    content_type, body = form.encode()
    boundary = content_type.partition('"')[2].rstrip('"').encode()
    contents = body.split(b"--" + boundary)[1:-1]
    assert [one.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for one in contents] == files


def test_the_boundary_is_a_digest_of_all_that_a_form_says() -> None:
    parts = [Part("x", b"png", "a.png", "image/png"), Part("x", "\u00e9")]
    form = FormBody("multipart", (("image", parts[0]), ("note", parts[1])))
    said = b"5:image5:a.png9:image/png3:png4:note0:0:2:\xc3\xa9"
    boundary = sha256(said).hexdigest()[:48]
    assert form.encode()[0] == f'multipart/form-data; boundary="{boundary}"'


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="field file: is a file, which a urlencoded form"):
        FormBody("urlencoded", (("file", b"1"),)).encode()
    with pytest.raises(InvalidValueError, match="field more: is a file"):
        FormBody("urlencoded", (("more", cast(Any, ["text", b"1"])),)).encode()
    source = cast("Part[bytes]", Part("x", cast(Any, iter([b"1"]))))
    with pytest.raises(InvalidValueError, match=r"field file: .*stream it with client\.upload"):
        FormBody("multipart", (("file", source),)).encode()


def test_a_form_shows_no_values() -> None:
    form = FormBody("urlencoded", (("user", "ann"), ("password", "secret"), ("x", None)))
    assert repr(form) == "FormBody(urlencoded: user, password)"
