from email import message_from_bytes
from email.message import Message

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from genesys_core.errors import InvalidValueError
from genesys_core.http.multipart import Multipart, Part

BOUNDARY = "0123456789abcdef"
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SOURCES = st.lists(st.binary(max_size=20), max_size=4).map(tuple)
PARTS = st.builds(
    Part, NAMES, NAMES | st.binary() | SOURCES, st.none() | NAMES, st.sampled_from([None, "a/b"])
)


def written(form: Multipart[tuple[bytes, ...]]) -> bytes:
    """What an adapter puts on the wire."""
    pieces = form.pieces()
    return b"".join(p if isinstance(p, bytes) else b"".join(p) for p in pieces)


def read(form: Multipart[tuple[bytes, ...]]) -> list[Message]:
    """What a parser that knows nothing of ours reads."""
    head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
    return message_from_bytes(head + written(form)).get_payload()


def test_the_bytes_of_a_form():
    form = Multipart(
        [
            Part("id", "é"),
            Part("file", (b"a,", b"b"), filename='x"y\r\n.csv', content_type="text/csv"),
            Part("raw", b"\r\n--", filename=""),
        ],
        "b",
    )
    assert written(form) == (
        b'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\n\xc3\xa9\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x%22y%0D%0A.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\na,b\r\n"
        b'--b\r\nContent-Disposition: form-data; name="raw"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--\r\n"
        b"--b--\r\n"
    )
    assert form.content_type == 'multipart/form-data; boundary="b"'


def test_sources_are_passed_through_untouched():
    source = object()
    assert list(Multipart([Part("x", source)], "b").pieces())[1] is source


@given(st.lists(PARTS, max_size=4))
def test_another_parser_reads_what_was_written(parts):
    form = Multipart(parts, BOUNDARY)
    assume(
        BOUNDARY.encode()
        not in b"".join(b"".join(p.content) for p in parts if isinstance(p.content, tuple))
    )
    found = read(form) if parts else []
    assert len(found) == len(parts)
    for part, message in zip(parts, found, strict=True):
        content = part.content
        expected = content if isinstance(content, bytes) else None
        expected = content.encode() if isinstance(content, str) else expected
        expected = b"".join(content) if isinstance(content, tuple) else expected
        assert message.get_payload(decode=True) == expected
        assert set(message.keys()) <= {"Content-Disposition", "Content-Type"}


@given(st.lists(PARTS, max_size=4))
def test_the_length_is_known_if_every_part_is(parts):
    measured = [
        Part(p.name, p.content, p.filename, p.content_type, sum(map(len, p.content)))
        if isinstance(p.content, tuple)
        else p
        for p in parts
    ]
    assert Multipart(measured, BOUNDARY).length == len(written(Multipart(measured, BOUNDARY)))
    unknown = any(isinstance(p.content, tuple) for p in parts)
    assert (Multipart(parts, BOUNDARY).length is None) == unknown


@given(NAMES, st.none() | NAMES)
def test_no_name_ends_its_header(name, filename):
    head = next(Multipart([Part(name, b"", filename)], BOUNDARY).pieces())
    lines = head.decode().split("\r\n")
    assert len(lines) == (4 if filename is None else 5)
    assert lines[1].count('"') == (2 if filename is None else 4)


@pytest.mark.parametrize("boundary", ["", "a" * 71, "a b", 'a"b', "é", "a\r\nb", "a\n"])
def test_what_is_no_boundary_is_refused(boundary):
    with pytest.raises(InvalidValueError, match="boundary"):
        Multipart([], boundary)


@pytest.mark.parametrize("content", ["x\r\n--b\r\n", b"--b"])
def test_a_boundary_that_is_in_the_content_is_refused(content):
    with pytest.raises(InvalidValueError, match="occurs in the content of part 'x'"):
        Multipart([Part("x", content)], "b")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"name": "a\0"}, {"name": "\ud800"}, {"filename": "a\0"}, {"filename": "\ud800"}),
        *({"content_type": "text"}, {"content_type": "text/csv\r\nX: y"}, {"content_type": ""}),
        {"length": -1},
    ],
)
def test_a_part_that_cannot_be_written_is_refused(wrong):
    with pytest.raises(InvalidValueError):
        Part(**{"name": "x", "content": b"", **wrong})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": 1}, "name must be a str, not an int"),
        ({"filename": b"x"}, "filename must be a str or None, not a bytes"),
        ({"content_type": b"a/b"}, "content_type must be a media type or None, not a bytes"),
        ({"length": "5"}, "length must be a whole number or None, not a str"),
    ],
)
def test_a_part_of_wrong_types_is_refused(wrong, words):
    with pytest.raises(TypeError, match=words):
        Part(**{"name": "x", "content": b"", **wrong})


def test_text_that_cannot_be_encoded_is_refused():
    with pytest.raises(InvalidValueError, match="surrogate"):
        Multipart([Part("x", "\ud800")], "b")


def test_a_part_shows_none_of_its_content():
    assert repr(Part("x", "hunter2", filename="y")) == "Part('x', filename='y')"
    assert repr(Part("x", b"hunter2")) == "Part('x')"


def test_sizes():
    assert Part("x", "é").size == 2
    assert Part("x", b"abc").size == 3
    assert Part("x", iter([b""])).size is None
    assert Part("x", iter([b""]), length=7).size == 7
