"""Forms as request bodies: ``multipart/form-data`` and ``application/x-www-form-urlencoded``.

Invariants: encoding a form is a pure function, so a repeated request has the same bytes: the
boundary of a multipart form is a hash of its content.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias, cast

from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import EncodedBody
from genesys_core.http.multipart import Multipart, Part
from genesys_core.http.urls import QueryValue, encode_query, format_scalars

__all__ = ["FileValue", "FormBody", "FormKind", "FormValue"]

FileValue: TypeAlias = bytes | Part[bytes]
"""A file in a form: its bytes, or a :class:`Part` with its file name and media type."""

FormValue: TypeAlias = QueryValue | FileValue | Sequence[FileValue]
"""The value of a form field."""

FormKind: TypeAlias = Literal["multipart", "urlencoded"]
"""The encoding of a form: ``multipart/form-data`` or ``application/x-www-form-urlencoded``."""


class FormBody(EncodedBody, frozen=True):
    """A form to send as an operation's body.

    Attributes:
        kind: the encoding of the form.
        fields: names and values in order; ``None`` is omitted; a list becomes one field per
            element.
    """

    kind: FormKind
    fields: tuple[tuple[str, FormValue], ...]

    def __repr__(self) -> str:
        """Return the encoding and the field names; the values are omitted, as they may be secret."""
        names = ", ".join(name for name, value in self.fields if value is not None)
        return f"FormBody({self.kind}: {names})"

    def encode(self) -> tuple[str, bytes]:
        """Return the ``Content-Type`` of the form and the encoded body.

        Raises:
            InvalidValueError: a value cannot be sent, such as a file in a form that is URL-encoded.
        """
        if self.kind == "urlencoded":
            return "application/x-www-form-urlencoded", self._urlencoded()
        parts = [part for name, value in self.fields for part in _parts(name, value)]
        form = Multipart(parts, _boundary(parts))
        return form.content_type, b"".join(map(_bytes, form.pieces()))

    def _urlencoded(self) -> bytes:
        for name, value in self.fields:
            if any(isinstance(one, bytes | Part) for one in _elements(value)):
                raise InvalidValueError(
                    f"field {name}: is a file, which a {self.kind} form cannot contain; pass text"
                )
        return encode_query(cast("tuple[tuple[str, QueryValue], ...]", self.fields)).encode("ascii")


def _elements(value: FormValue) -> Sequence[object]:
    return cast(Sequence[object], value) if isinstance(value, list | tuple) else (value,)


def _parts(name: str, value: FormValue) -> list[Part[bytes]]:
    parts: list[Part[bytes]] = []
    for one in _elements(value):
        if isinstance(one, Part):
            parts.append(_named(name, cast("Part[object]", one)))
        elif isinstance(one, bytes):
            parts.append(Part(name, one, filename=name))
        else:
            texts = format_scalars(name, cast(QueryValue, one))
            parts += [Part(name, text) for text in texts]
    return parts


def _named(name: str, part: Part[object]) -> Part[bytes]:
    content = part.content
    if not isinstance(content, str | bytes):
        raise InvalidValueError(
            f"field {name}: the content of the part must be bytes or text, not "
            f"{type(content).__name__}; read it, or stream it with client.upload"
        )
    filename = part.filename or (name if isinstance(content, bytes) else None)
    return Part(name, content, filename=filename, content_type=part.content_type)


def _boundary(parts: Sequence[Part[bytes]]) -> str:
    import hashlib  # noqa: PLC0415 - few requests are forms

    digest = hashlib.sha256()
    for part in parts:
        facts = (part.name, part.filename or "", part.content_type or "")
        for text in (*map(str.encode, facts), _bytes(part.content)):
            digest.update(b"%d:" % len(text) + text)
    return digest.hexdigest()[:48]


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
