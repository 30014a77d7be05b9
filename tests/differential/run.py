"""Compares this library with the official Python SDK, method by method and model by model.

``python -m tests.differential.run`` needs the package ``PureCloudPlatformClientV2`` of the same
definition. Every method of the SDK is called with arguments made from its docstrings, and the two
requests are compared; every model of the SDK decodes a document made from its fields, and what came
of it is compared field by field. A difference is either named in :data:`DIFFERENCES`, with its reason,
or an error. Ends with 1 if there is an error, or if a named difference is not found any more.
"""

from __future__ import annotations

import json
import keyword
import re
import sys
import time
import warnings
from collections import Counter
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

import genesys_cloud.apis
from genesys_cloud import Client, decode, models
from genesys_cloud.testing import MockTransport
from genesys_core import Response
from tests.differential import official
from tests.differential.official import HOST, RecordingClient, Sent

DIFFERENCES = {
    "path is escaped": "the SDK leaves '/' in path parameters as it is, so that another resource is asked"
    " for; here it is %2F (RFC 3986, section 2.2)",
    "lists are repeated": "the SDK joins the values of a list with commas; the definition wants"
    " `collectionFormat: multi`, which repeats the parameter",
    "moments end in Z": "the SDK writes +00:00; both are the same instant (RFC 3339)",
    "no content type without a body": "the SDK sends Content-Type with every request; the field describes"
    " a body (RFC 9110, section 8.3)",
    "empty bodies are sent": "the SDK sends no body if it is an empty object, though the caller gave one",
    "keywords": "names that are Python's keywords begin with `pc` in the SDK, and end in `_` here"
    " (docs/moving.md)",
    "unknown values are kept": "the SDK replaces a value that it does not know by `outdated_sdk_version`;"
    " here it is kept, because a newer platform may know it",
    "digits past microseconds": "the SDK truncates a fraction of a second to six digits, msgspec rounds it:"
    " at most a microsecond apart",
    "texts with a bound": "the SDK compares `page_size`, documented as text, with a number, and raises"
    " TypeError for every text; it is given a number here",
}
"""Every way in which the two may differ, with its reason."""

OUTDATED = "outdated_sdk_version"

found: Counter[str] = Counter()
errors: list[str] = []


def differs(kind: str) -> None:
    """Count a named difference."""
    assert kind in DIFFERENCES, kind
    found[kind] += 1


# --- requests


def new_client() -> tuple[Client, MockTransport]:
    """A client of ours that records."""
    transport = MockTransport(lambda request: Response(200, (), b""))
    return Client(host=HOST, access_token="t", transport=transport, trust_env=False), transport


def our_name(name: str) -> str:
    """A parameter's name here."""
    bare = name.removeprefix("pc").lower()
    if name.startswith("pc") and keyword.iskeyword(bare):
        differs("keywords")
        return f"{bare}_"
    return name


def sent_by(transport: MockTransport) -> Sent:
    """The last request of ours."""
    request = transport.requests.pop()
    parts = urlsplit(request.url)
    return Sent(
        request.method,
        f"{parts.scheme}://{parts.netloc}{parts.path}",
        tuple(parse_qsl(parts.query, keep_blank_values=True)),
        {name.lower(): value for name, value in request.headers.items()},
        json.loads(request.body) if request.body else None,
    )


def same_moment(ours: str, theirs: str) -> bool:
    """Whether two texts are the same instant."""
    try:
        return datetime.fromisoformat(ours) == datetime.fromisoformat(theirs)
    except ValueError:
        return False


def compare_value(ours: str, theirs: str) -> bool:
    """Whether two texts of a parameter mean the same."""
    if ours != theirs and same_moment(ours, theirs):
        differs("moments end in Z")
        return True
    return ours == theirs


def compare_requests(where: str, ours: Sent, theirs: Sent) -> None:
    """Note what differs between two requests."""
    if ours.method != theirs.method:
        errors.append(f"{where}: method {ours.method}, not {theirs.method}")
    if ours.url != theirs.url:
        if unquote(ours.url) == unquote(theirs.url):
            differs("path is escaped")
        else:
            errors.append(f"{where}: {ours.url}, not {theirs.url}")
    grouped: dict[str, list[str]] = {}
    for name, value in ours.query:
        grouped.setdefault(name, []).append(value)
    if list(grouped) != [name for name, _ in theirs.query] and set(grouped) != {
        name for name, _ in theirs.query
    }:
        errors.append(f"{where}: query {sorted(grouped)}, not {theirs.query}")
        return
    for name, value in theirs.query:
        mine = grouped[name]
        if len(mine) > 1 and ",".join(mine) == value:
            differs("lists are repeated")
        elif len(mine) != 1 or not compare_value(mine[0], value):
            errors.append(f"{where}: {name}={mine}, not {value!r}")
    for name in sorted({*theirs.headers} - {"purecloud-sdk", "user-agent"}):
        mine_, wanted = ours.headers.get(name), theirs.headers[name]
        if mine_ == wanted:
            continue
        if name == "content-type" and mine_ is None and ours.body is None:
            differs("no content type without a body")
        else:
            errors.append(f"{where}: header {name}: {mine_}, not {wanted}")
    compare_bodies(where, ours.body, theirs.body)


def compare_bodies(where: str, ours: Any, theirs: Any) -> None:
    """Note what differs between two JSON documents."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs}):
            compare_bodies(f"{where}.{name}", ours.get(name), theirs.get(name))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (mine, yours) in enumerate(zip(ours, theirs, strict=True)):
            compare_bodies(f"{where}[{index}]", mine, yours)
    elif isinstance(ours, str) and isinstance(theirs, str) and ours != theirs:
        if same_moment(ours, theirs):
            differs("moments end in Z")
        else:
            errors.append(f"{where}: {ours!r}, not {theirs!r}")
    elif ours != theirs and theirs == OUTDATED:
        differs("unknown values are kept")
    elif ours == {} and theirs is None:
        differs("empty bodies are sent")
    elif ours != theirs:
        errors.append(f"{where}: {ours!r}, not {theirs!r}")


def arguments(
    parameters: list[official.Parameter], theirs: RecordingClient
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same arguments for both: ours, theirs."""
    mine, yours = {}, {}
    for one in parameters:
        name = our_name(one.name)
        if one.type in official.VALUES:
            mine[name] = yours[one.name] = official.VALUES[one.type]
            continue
        document = official.document(one.type)
        yours[one.name] = theirs.decode(document, one.type)
        mine[name] = our_value(document, one.type)
    return mine, yours


def our_value(document: Any, type_: str) -> Any:
    """A document as our models."""
    if type_.startswith("list["):
        return [our_value(one, type_[5:-1]) for one in document]
    model = getattr(models, type_, None)
    if model is None:
        return document
    return decode(model, msgspec.json.encode(document)).data


def call_theirs(
    theirs: RecordingClient, api: str, name: str, ours: dict[str, Any], kwargs: dict[str, Any]
) -> None:
    """Call a method of the SDK; where it checks a pattern, both get an id that fits."""
    method = official.method_of(theirs, api, name)
    for _ in range(len(kwargs)):
        try:
            method(**kwargs)
        except ValueError as error:
            refused = re.search(r"parameter `(\w+)`", str(error))
            if refused is None:
                raise
            ours[our_name(refused[1])] = kwargs[refused[1]] = official.UUID
        except TypeError:
            if not isinstance(kwargs.get("page_size"), str):
                raise
            ours["page_size"], kwargs["page_size"] = "7", 7
            differs("texts with a bound")
        else:
            return
    method(**kwargs)


def compare_methods() -> int:
    """Call every method of the SDK and its counterpart."""
    theirs, (client, transport), count = RecordingClient(), new_client(), 0
    homes = {name.casefold(): name for name in dir(genesys_cloud.apis) if name.endswith("Api")}
    for api, cls in official.apis():
        home = homes.get(api.casefold())
        if home is None:
            errors.append(f"{api}: no such API here")
            continue
        mine = getattr(genesys_cloud.apis, home)(client)
        for name in official.methods(cls):
            where = f"{api}.{name}"
            method = getattr(mine, name, None)
            if method is None:
                errors.append(f"{where}: no such method here")
                continue
            count += 1
            ours_, theirs_ = arguments(official.parameters(getattr(cls, name)), theirs)
            try:
                call_theirs(theirs, api, name, ours_, theirs_)
                method(**ours_)
            except Exception as error:
                theirs.sent.clear()
                errors.append(f"{where}: {type(error).__name__}: {str(error)[:200]}")
                transport.requests.clear()
                continue
            compare_requests(where, sent_by(transport), theirs.sent.pop())
    return count


# --- models


def plain(value: Any) -> Any:
    """What was decoded here, as :func:`official.plain` shows what was decoded there."""
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        items = ((one.encode_name, getattr(value, one.name)) for one in fields)
        return {name: plain(one) for name, one in items if one is not None}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, datetime):
        return ("moment", value.timestamp() if value.tzinfo else value.isoformat())
    if isinstance(value, date):
        return ("day", value.isoformat())
    if type(value).__name__ == "YearMonth":
        return ("month", value.year, value.month)
    return value


def compare_models() -> tuple[int, int]:
    """Decode a document of every model with both; the numbers of models and of fields."""
    theirs, count, fields = RecordingClient(), 0, 0
    for name in official.model_names():
        model = getattr(models, name, None)
        if model is None:
            errors.append(f"{name}: no such model here")
            continue
        count += 1
        for seed in (0, 1):
            document = official.document(name, seed=seed)
            decoded = decode(model, msgspec.json.encode(document))
            if decoded.issues:
                errors.append(f"{name}: {decoded.issues[0]}")
            ours_, theirs_ = plain(decoded.data), official.plain(theirs.decode(document, name))
            fields += len(theirs_)
            compare_decoded(name, ours_, theirs_)
    return count, fields


def compare_decoded(where: str, ours: Any, theirs: Any) -> None:
    """Note what differs between two decoded values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs}, key=str):
            compare_decoded(f"{where}.{name}", ours.get(name), theirs.get(name))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (mine, yours) in enumerate(zip(ours, theirs, strict=True)):
            compare_decoded(f"{where}[{index}]", mine, yours)
    elif ours != theirs and theirs == OUTDATED:
        differs("unknown values are kept")
    elif is_moment(ours) and is_moment(theirs) and 0 < abs(ours[1] - theirs[1]) < 2e-6:
        differs("digits past microseconds")
    elif ours != theirs or type(ours) is not type(theirs):
        errors.append(f"{where}: {ours!r}, not {theirs!r}")


def is_moment(value: Any) -> bool:
    """Whether it is what :func:`plain` makes of an instant."""
    return isinstance(value, tuple) and value[0] == "moment" and isinstance(value[1], float)


def main() -> int:
    """Compare, print, and tell whether there is an error."""
    warnings.showwarning = lambda *_, **__: None  # deprecated methods are compared as well
    began = time.monotonic()
    methods = compare_methods()
    count, fields = compare_models()
    print(
        f"{methods} methods and {count} models ({fields} fields) compared with the official SDK"
        f" ({time.monotonic() - began:.0f} s)"
    )
    for kind, times in found.most_common():
        print(f"  {times:6} times: {kind}: {DIFFERENCES[kind]}")
    if official.left_out:
        print(f"  fields left out, whose rule no value here meets: {sorted(official.left_out)}")
    gone = sorted(DIFFERENCES.keys() - found.keys())
    for kind in gone:
        print(f"  not found any more: {kind}")
    for error in errors:
        print(f"  ERROR {error}")
    return int(bool(errors or gone))


if __name__ == "__main__":
    sys.exit(main())
