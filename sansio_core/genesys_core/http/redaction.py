"""Redaction of secrets that are recognized by name, in requests and responses.

Invariants: a redaction can only be extended: the defaults always apply, and names can be added but
not removed. Names match in any case and spelling (``client_secret``, ``clientSecret``,
``Client-Secret``); everything that does not look like a secret is unchanged; no input makes
redaction fail, and it takes linear time.
"""

import contextlib
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, cast
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

import msgspec
from msgspec import Struct

from genesys_core.checks import TEXT, Expected
from genesys_core.confidential import REDACTED
from genesys_core.errors import GenesysCloudError
from genesys_core.http.headers import SECRET_HEADERS, Headers
from genesys_core.http.known_secrets import KnownSecrets, hide_credentials

__all__ = [
    "DEFAULT_REDACTION",
    "Redaction",
    "message_secrets",
    "pair_secrets",
    "redact_error",
    "url_secrets",
]

_SECRET_KEYS: Final = frozenset(
    {
        # OAuth: RFC 6749, RFC 7521, RFC 7636
        *("access_token", "refresh_token", "id_token", "token", "client_secret", "code_verifier"),
        *("assertion", "client_assertion", "saml_response", "jwt"),
        # names that the definition's models use
        *("password", "new_password", "old_password", "secret", "pin", "credential_fields"),
        *("api_key", "app_secret", "oauth_client_secret", "private_key"),
        *("auth_token", "device_token", "entity_token", "pairing_token", "session_join_token"),
        *("page_access_token", "user_access_token", "embedded_signup_access_token"),
        "outbound_notification_webhook_signature_secret_token",
        "connect_uri",  # of a notification channel: anyone who has the URI can listen
        # data actions and webhooks have headers in their bodies
        *SECRET_HEADERS,
    }
)
# "code" is an authorization code in a URL or a form, but an error code in JSON. The others are part
# of pre-signed URLs of uploads and downloads, which anyone can use until they expire.
_SECRET_PARAMETERS: Final = frozenset(
    {"code", "signature", "x_amz_signature", "x_amz_security_token", "x_amz_credential"}
)


_NAMES: Final = Expected("names", "{'phoneNumber'}", (Iterable,))


class Redaction(Struct, frozen=True):
    """Names of secrets, in addition to the defaults.

    Args:
        headers: names of header fields.
        query: keys in a URL's query and fragment, and in forms.
        body: keys in JSON, at any depth, and in forms.
    """

    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    body: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for field, defaults in _DEFAULTS.items():
            names: Iterable[str] = getattr(self, field)
            # A single name, not the iterable of its characters that a string is.
            given = (names,) if isinstance(names, str) else names
            _NAMES.check(f"redaction {field}", given)
            for name in given:
                TEXT.check(f"a name in redaction {field}", name)
            msgspec.structs.force_setattr(self, field, defaults.union(map(_folded, given)))

    def extended(
        self, *, headers: Iterable[str] = (), query: Iterable[str] = (), body: Iterable[str] = ()
    ) -> "Redaction":
        """Return this redaction with additional names."""
        more = Redaction(headers=frozenset(headers), query=frozenset(query), body=frozenset(body))
        return Redaction(
            headers=self.headers | more.headers,
            query=self.query | more.query,
            body=self.body | more.body,
        )

    def shown_header(self, name: str, value: str) -> str:
        """Return the value of a header field for display, with secrets redacted."""
        return REDACTED if _folded(name) in self.headers else self._urls(value)

    def shown_headers(self, headers: Headers) -> dict[str, str]:
        """Return headers for display: secrets redacted, and repeated fields joined under one name."""
        return {name: self.shown_header(name, value) for name, value in headers.merged().items()}

    def shown_url(self, url: str) -> str:
        """Redact user information and secret parameters in a URL."""
        return _USER_INFORMATION.sub(rf"\1{REDACTED}@", _hidden(url, _PARAMETERS, self.query))

    def shown_parameter(self, name: str, value: object) -> object:
        """Return the value of a query parameter or form field, redacted if the name is secret."""
        return value if value is None or _folded(name) not in self.query else REDACTED

    def shown_body(self, content: bytes | None, content_type: str | None = None) -> str | None:
        """Redact the secrets in a request or response body.

        Args:
            content: the bytes, or ``None`` for no body.
            content_type: the ``Content-Type`` header's value, if any.

        Returns:
            The text with its secrets redacted; for media, archives and multipart bodies, only the
            size and the type; ``None`` if the body is missing or empty.
        """
        if not content:
            return None
        media_type = (content_type or "").partition(";")[0].strip().lower()
        if media_type.startswith(_OPAQUE_TYPES) or b"\0" in content:
            return f"<{len(content)} bytes of {media_type or 'binary content'}>"
        text = content.decode("utf-8", "replace")
        if media_type == _FORM_TYPE or _FORM.fullmatch(text):
            text = _hidden(text, _PARAMETERS, self.query | self.body)
        return self.shown_text(text)

    def shown_text(self, text: str) -> str:
        """Redact the secrets in any text: JSON, complete or a fragment, an error message, a URL."""
        text = _hidden(text, _JSON, self.body)
        if "\\" in text:
            text = _JSON_STRING.sub(self._escaped, text)
        return hide_credentials(_hidden(self._urls(text), _WORDS, self.query | self.body))

    def shown_value(self, value: object) -> object:
        """Redact the values of secret keys in decoded JSON, at any depth."""
        match value:
            case dict():
                return {
                    key: REDACTED if self._hides(key, item) else self.shown_value(item)
                    for key, item in cast("dict[object, object]", value).items()
                }
            case list():
                return [self.shown_value(item) for item in cast("list[object]", value)]
            case tuple():
                return tuple(self.shown_value(item) for item in cast("tuple[object, ...]", value))
            case str():
                return hide_credentials(value)
            case _:
                return value

    def _hides(self, key: object, value: object) -> bool:
        return value is not None and isinstance(key, str) and _folded(key) in self.body

    def _escaped(self, match: re.Match[str]) -> str:
        """Redact the secrets in the decoded text of a JSON string that contains escapes.

        The text may be a JSON document that contains further ones. Each level at least doubles the
        backslashes of the level within, so the depth is logarithmic in the length.
        """
        token = match[0]
        said = _said(token) if "\\" in token else None
        if said is None or (shown := self.shown_text(said)) == said:
            return token
        return json.dumps(shown)

    def _urls(self, text: str) -> str:
        return _URL.sub(lambda match: self.shown_url(match[0]), text) if "//" in text else text


def message_secrets(headers: Headers, body: bytes | None) -> Iterator[str]:
    """Yield the secrets of a message: its credentials, and secret values in its body.

    Args:
        headers: the message's headers. The values of ``Authorization``, ``Cookie`` and similar
            headers are yielded as sent, and also the credentials decoded from them.
        body: a form or a JSON document; values under secret names are secret.
    """
    for name in SECRET_HEADERS:
        value = headers.get(name)
        if value is not None:
            yield value
            yield from _credentials(value)
    if not body or len(body) > _LONGEST_BODY:
        return
    if headers.get("content-type", "").startswith(_FORM_TYPE):
        form = parse_qsl(body.decode("utf-8", "replace"))
        names = DEFAULT_REDACTION.query
        yield from (value for name, value in form if _folded(name) in names)
    elif body.lstrip()[:1] in {b"{", b"["}:
        with contextlib.suppress(ValueError, RecursionError):
            yield from _document_secrets(json.loads(body))


def url_secrets(url: str) -> Iterator[str]:
    """Yield the password in a URL: as written, decoded, and as encoded in a Basic header."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.password:
            yield parts.password
            yield from pair_secrets(unquote(parts.username or ""), unquote(parts.password))


def pair_secrets(user: str, password: str) -> Iterator[str]:
    """Yield a password, and the Basic credentials that contain it (RFC 7617)."""
    yield password
    yield b64encode(f"{user}:{password}".encode("utf-8", "surrogatepass")).decode()


_LONGEST_BODY: Final = 65_536
"""Maximum size in bytes of a body that is searched for secrets; larger bodies are assumed to be
files or listings.
"""


def _credentials(value: str) -> Iterator[str]:
    """Yield the credentials in an ``Authorization`` value, and a Basic password (RFC 7617)."""
    scheme, _, encoded = value.partition(" ")
    if encoded:
        yield encoded
    if scheme.lower() == "basic":
        with contextlib.suppress(ValueError):
            yield b64decode(encoded, validate=True).decode("utf-8", "replace").partition(":")[2]


def _document_secrets(document: object) -> Iterator[str]:
    match document:
        case dict():
            for key, value in cast("dict[str, object]", document).items():
                if isinstance(value, str) and _folded(key) in DEFAULT_REDACTION.body:
                    yield value
                yield from _document_secrets(value)
        case list():
            for item in cast("list[object]", document):
                yield from _document_secrets(item)
        case _:
            return


def redact_error(error: GenesysCloudError, secrets: KnownSecrets) -> None:
    """Redact secrets, by value and by name, in all strings of an error.

    The error's request and response are unchanged: a program may inspect them.
    """
    # Frames keep local variables, which some tracebacks show.
    inner: BaseException | None = error
    while inner is not None:
        inner.__traceback__ = None
        inner = inner.__cause__ or inner.__context__
    error.args = secrets.hide_in(error.args)
    for name, value in vars(error).items():
        setattr(error, name, DEFAULT_REDACTION.shown_value(secrets.hide_in(value)))


def _folded(name: str) -> str:
    return name.strip().replace("_", "").replace("-", "").lower()


_DEFAULTS: Final[dict[str, frozenset[str]]] = {
    "headers": frozenset(map(_folded, SECRET_HEADERS)),
    "query": frozenset(map(_folded, _SECRET_KEYS | _SECRET_PARAMETERS)),
    "body": frozenset(map(_folded, _SECRET_KEYS)),
}

_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_OPAQUE_TYPES: Final = (
    *("audio/", "image/", "video/", "font/", "multipart/"),
    *("application/octet-stream", "application/pdf", "application/zip", "application/gzip"),
)

# Each pattern restricts where a match may begin (a boundary before it, a maximum length), so that
# no input makes the search restart repeatedly over the same long run of characters.
_FORM = re.compile(r"[^\s=&\"'{}<>\[\]]++=[^\s\"{}<>]*")
# Backslashes before a quote are not part of a URL or a word: in a nested document they escape the
# quote that ends a string.
_URL = re.compile(r"//(?:[^\s\"<>\\]++|\\++(?!\"))++")
_USER_INFORMATION = re.compile(r"^([^/?#]*//)[^/?#]*@")
# An unterminated string, as in a truncated document, extends to the end of the text.
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)
_JSON_BRACKET = re.compile(r'"(?:[^"\\]|\\.?)*+"?|[\[{]|[\]}]', re.DOTALL)
_JSON_WORD = re.compile(r"[^\s,\]}]*")


def _said(token: str) -> str | None:
    """Decode a JSON string, or return ``None`` if it is not one."""
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return None


def _said_key(key: str) -> str:
    return (_said(f'"{key}"') or key) if "\\" in key else key


def _json_value_end(text: str, match: re.Match[str]) -> int:
    start = match.end()
    string = _JSON_STRING.match(text, start)
    if string is not None:
        return string.end()
    depth = 0
    # Strings are matched as a whole, so that brackets in them do not count.
    if text[start : start + 1] in {"{", "["}:
        for token in _JSON_BRACKET.finditer(text, start):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
            if depth == 0:
                return token.end()
        return len(text)
    word = _JSON_WORD.match(text, start)
    return word.end() if word else start


def _parameter_end(text: str, match: re.Match[str]) -> int:
    end = _NESTED_END if match.lastgroup == "nested" else _PLAIN_END
    return _start(end.search(text, match.end()), text)


def _word_end(text: str, match: re.Match[str]) -> int:
    return _start(_WORD_END.search(text, match.end()), text)


def _start(found: re.Match[str] | None, text: str) -> int:
    return found.start() if found else len(text)


_PLAIN_END = re.compile(r"[&#]")
_NESTED_END = re.compile(r"[&#]|%2[36]", re.IGNORECASE)
_WORD_END = re.compile(r"[\s&]|(?<!\\)\\*+\"")


class _Syntax(NamedTuple):
    """A syntax in which text contains keys and values.

    Attributes:
        keys: a pattern that matches a key with its delimiter; the last group is the key.
        said: a function that decodes a key.
        value_end: a function that returns the end of the value after a matched key.
        mask: the text that replaces a secret value.
    """

    keys: re.Pattern[str]
    said: Callable[[str], str]
    value_end: Callable[[str, re.Match[str]], int]
    mask: str = REDACTED


_JSON: Final = _Syntax(
    re.compile(r'"(?P<key>(?:[^"\\]|\\.){1,128}+)"\s*+:\s*+', re.DOTALL),
    _said_key,
    _json_value_end,
    f'"{REDACTED}"',
)
_PARAMETERS: Final = _Syntax(
    # A URL that is itself a value has its delimiters percent-encoded: ? # & = are 3F 23 26 3D.
    re.compile(
        r"(?<![^&?#;])(?P<key>(?:[^&?#;=%]|%(?!3[DF]|2[36]))++)="
        r"|%(?:3F|2[36])(?P<nested>(?:[^&?#;=%]|%(?!3[DF]|2[36]))++)%3D",
        re.IGNORECASE,
    ),
    unquote_plus,
    _parameter_end,
)
_WORDS: Final = _Syntax(
    re.compile(r"(?<![^\s&=?#;,:\"'<>(){}\[\]\\])(?P<key>[^\s&=?#;,:\"'<>(){}\[\]\\]++)="),
    unquote_plus,
    _word_end,
)


def _hidden(text: str, syntax: _Syntax, names: frozenset[str]) -> str:
    """Redact the value after each secret key."""
    shown: list[str] = []
    done = 0
    for match in syntax.keys.finditer(text):
        key = match[match.lastgroup or 0]
        # Text within a redacted value is not a key.
        if match.start() < done or _folded(syntax.said(key)) not in names:
            continue
        end = syntax.value_end(text, match)
        if text[match.end() : end] not in {"", "null", syntax.mask}:
            shown += (text[done : match.end()], syntax.mask)
            done = end
    return "".join((*shown, text[done:]))


DEFAULT_REDACTION: Final = Redaction()
"""The default redaction, without additional names."""
