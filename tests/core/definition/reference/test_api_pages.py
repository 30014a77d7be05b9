"""Pages of APIs: a section for each method, with its facts and calls."""

from __future__ import annotations

from functools import cache

import pytest

from genesys_core.definition import read_definition
from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    ApiParameter,
    ApiPermissions,
    Array,
    Limits,
    Map,
    Plain,
    Ref,
)
from genesys_core.definition.read.jobs import find_jobs, started_jobs
from genesys_core.definition.reference.api_pages import api_page_texts
from genesys_core.definition.reference.places import ReferenceLinks
from tests.strategies.definition import (
    TRAP_TOPICS,
    TRAPS,
    array,
    body,
    model,
    operation,
    path,
    query,
    ref,
)

JOB_PATHS = {
    "/api/v2/things/jobs": {
        "post": operation(
            "postThingsJobs", "Things", body(ref("Query")), returns=ref("JobReference")
        )
    },
    "/api/v2/things/jobs/{jobId}": {
        "get": operation("getThingsJob", "Things", path("jobId"), returns=ref("JobState"))
    },
    "/api/v2/things/jobs/{jobId}/results": {
        "get": operation(
            "getThingsJobResults", "Things", path("jobId"), query("cursor"), returns=ref("Results")
        )
    },
}
JOBS = {
    **TRAPS,
    "paths": JOB_PATHS,
    "definitions": {
        "Query": model({"interval": {"type": "string"}}),
        "JobReference": model({"jobId": {"type": "string"}}),
        "JobState": model({"state": {"type": "string", "enum": ["QUEUED", "FULFILLED"]}}),
        "Thing": model({"id": {"type": "string"}}),
        "Results": model({"cursor": {"type": "string"}, "entities": array(ref("Thing"))}),
    },
}


@cache
def traps() -> ApiDefinition:
    return read_definition(TRAPS, TRAP_TOPICS).definition


def page(definition: ApiDefinition, name: str, **more: object) -> str:
    api = next(each for each in definition.apis if each.name == name)
    return page_of(definition, api, **more)


def page_of(definition: ApiDefinition, api: Api, **more: object) -> str:
    models = {each.name: each for each in definition.models}
    example = more.get("example")
    jobs = started_jobs(find_jobs(definition))
    texts = api_page_texts(api, models, jobs, ReferenceLinks(definition), example)  # type: ignore[arg-type]
    return texts[f"apis/{api.name}.md"]


def section(text: str, name: str) -> str:
    found = [
        part for part in text.split("\n## ") if part.partition("\n")[0].endswith(f"{{ #{name} }}")
    ]
    assert len(found) == 1
    return found[0]


def test_a_large_api_has_a_page_for_each_part_of_its_paths() -> None:
    operations = [
        ApiOperation(f"get_{n}", "GET", f"/api/v2/toys/{'red' if n < 151 else 'blue'}/{n}", ("T",))
        for n in range(152)
    ]
    api = Api("T", "toys", tuple(operations))
    links = ReferenceLinks(ApiDefinition("1", (), (api,)))
    texts = api_page_texts(api, {}, {}, links, None)
    assert [*texts] == ["apis/toys.md", "apis/toys/blue.md", "apis/toys/red.md"]
    assert texts["apis/toys.md"].splitlines()[2:] == [
        "API `client.toys`, class `TApi`: 152 methods, grouped by path.",
        "",
        "| page | methods |",
        "|---|---|",
        "| [blue](toys/blue.md) | 1 |",
        "| [red](toys/red.md) | 151 |",
    ]
    assert texts["apis/toys/blue.md"].startswith("# T: blue\n\nAPI `client.toys`, class `TApi`: 1 ")
    assert "## get_151 { #get_151 }" in texts["apis/toys/blue.md"].replace("\\_", "_")
    assert links.method("toys", "get_3", "topics.md") == "[`toys.get_3`](apis/toys/red.md#get_3)"


def test_a_page_lists_its_methods_and_describes_each_once() -> None:
    text = page(traps(), "oauth")
    assert text.startswith("# OAuth\n\nAPI `client.oauth`, class `OAuthApi`: 3 methods.\n")
    assert "| [`get_names`](#get_names) | Get a name. |" in text
    for name in ("get_names", "put_names", "delete_names"):
        assert section(text, name).startswith(f"{name} {{ #{name} }}")


def test_facts_of_a_method() -> None:
    text = section(page(traps(), "oauth"), "get_names")
    assert "| request | GET `/api/v2/names/{id}` |" in text
    assert "| reply | [`Names`](../models/names.md#Names) |" in text
    assert (
        "| permissions | any of [`a:b:c`](../permissions.md#a:b:c), "
        "[`d:e:f`](../permissions.md#d:e:f) |"
    ) in text
    assert "| deprecated |" in section(page(traps(), "oauth"), "delete_names")
    assert "| reply | nothing |" in section(page(traps(), "oauth"), "delete_names")
    assert "| preview |" in section(page(traps(), "agent_ui"), "import_")
    assert "| retries | reads only" in section(page(traps(), "ai_studio"), "post_lists_query")
    assert "| accepts | `text/plain` |" in section(page(traps(), "ipv6_tools"), "get_odd")


def test_all_replies_of_a_method() -> None:
    one = ApiOperation(
        "get_x",
        "GET",
        "/x",
        ("A",),
        returns=Plain("string"),
        replies=((202, None), (206, Ref("M"))),
    )
    text = page(ApiDefinition("1", (), (Api("A", "a", (one,)),)), "a")
    assert "| reply | string or nothing or `M` |" in text


def test_limits_of_a_parameter() -> None:
    size = ApiParameter("n", "n", "query", Plain("integer"), limits=Limits("5", maximum=9))
    one = ApiOperation("get_x", "GET", "/x", ("A",), (size,))
    text = page(ApiDefinition("1", (), (Api("A", "a", (one,)),)), "a")
    assert "| `n` | query | integer | default 5, at most 9 |" in text


def test_parameters_of_a_method() -> None:
    text = section(page(traps(), "oauth"), "get_names")
    assert "| `id` | path | string | **required**; the ID |" in text
    assert "| `page_number` | query | integer | the page, counted from 1 |" in text
    assert "| `site_id` | query | string | the ID of a site; sent as `site.id` |" in text
    assert "| `list` | query | list of string | `b`, `a` |" in text
    assert (
        "| `if_match` | header | string | the expected ETag of the resource; sent as `If-Match` |"
        in text
    )
    put = section(page(traps(), "oauth"), "put_names")
    assert "| `body` | body | [`Names`](../models/names.md#Names) | **required** |" in put


@pytest.mark.parametrize(
    ("api", "method", "calls"),
    [
        (
            "oauth",
            "get_names",
            [
                "reply = client.oauth.get_names(id, from_)",
                "reply = await client.oauth.get_names(id, from_)",
                "genesys-cloud oauth get_names ID --from FROM",
            ],
        ),
        ("oauth", "delete_names", ["client.oauth.delete_names(id)"]),
        (
            "oauth",
            "put_names",
            [
                "reply = client.oauth.put_names(id, body)",
                "reply = await client.oauth.put_names(id, body)",
                "genesys-cloud oauth put_names ID KEY=VALUE...",
            ],
        ),
    ],
)
def test_calls_of_a_method(api: str, method: str, calls: list[str]) -> None:
    text = section(page(traps(), api), method)
    for call in calls:
        assert f"    {call}\n" in text


def test_a_method_that_lists() -> None:
    text = section(page(read_definition(JOBS, {"notifications": []}).definition, "things"),
                   "get_things_job_results")  # fmt: skip
    assert "| paging | by a token; items: [`Thing`](../models/thing.md#Thing) |" in text
    assert "    for item in client.things.get_things_job_results.paginate(job_id):\n" in text
    assert "    async for item in client.things.get_things_job_results.paginate(job_id):\n" in text


def test_a_method_that_starts_a_job() -> None:
    text = section(page(read_definition(JOBS, {"notifications": []}).definition, "things"),
                   "post_things_jobs")  # fmt: skip
    assert (
        "| job | polled with `get_things_job`; items: [`Thing`](../models/thing.md#Thing) |" in text
    )
    assert "    job = client.things.post_things_jobs.run(body)\n    job.wait()\n" in text
    assert "    job = await client.things.post_things_jobs.run(body)\n" in text


def test_words_of_the_definition_are_text() -> None:
    described = ApiOperation(
        "get_a",
        "GET",
        "/a",
        ("A",),
        (ApiParameter("b", "b", "query", Plain("string"), description="of *b*"),),
        summary="Get <a>",
        description="Get <a>",
        permissions=ApiPermissions(all=True, names=("a:b:c",)),
    )
    definition = ApiDefinition("1", (), (Api("A", "a", (described,)),))
    text = page(definition, "a")
    assert section(text, "get_a").count("Get \\<a\\>\n") == 1
    assert "| platform | [API Explorer](https://developer.genesys.cloud/" in text
    assert "| permissions | [`a:b:c`](../permissions.md#a:b:c) |" in text
    assert "| `b` | query | string | of \\*b\\* |" in text


def test_a_description_follows_the_summary() -> None:
    one = ApiOperation("get_a", "GET", "/a", ("A",), summary="Get it", description="Long *words*")
    text = page(ApiDefinition("1", (), (Api("A", "a", (one,)),)), "a")
    assert "\nGet it\n\nLong \\*words\\*\n\n|" in text
    assert "| [`get_a`](#get_a) | Get it |" in text


def test_examples() -> None:
    definition = traps()

    def example(name: str) -> object:
        return {"model": name, "more": 1}

    assert "Example" not in page(definition, "oauth")
    put = section(page(definition, "oauth", example=example), "put_names")
    assert '??? note "Example response of the simulator"\n\n    Body:\n' in put
    assert '    Reply:\n\n    ```json\n    [\n      {\n        "model": "Names",' in put
    assert "Example" not in section(page(definition, "oauth", example=example), "delete_names")

    def long(name: str) -> object:
        return [name] * 100

    assert "Example" not in section(page(definition, "oauth", example=long), "put_names")


def test_examples_of_every_type() -> None:
    types = {
        "map": (Map(Ref("Names")), '"key": {'),
        "enum": (Array(Plain("string", ("a", "b"))), '"a"'),
        "plain": (Array(Plain("string")), "null"),
    }
    for name, (type_, shown) in types.items():
        one = ApiOperation(name, "GET", f"/{name}", ("A",), returns=type_)
        api = Api("A", "a", (one,))
        text = page_of(traps(), api, example=lambda model: {"id": model})
        assert shown in section(text, name)
