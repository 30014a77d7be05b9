"""Uploads for which jobs wait."""

from tests.strategies.simulator import Desk

IMPORT = {"importMode": "Append", "status": "Processing"}


def test_a_link_works_once_and_needs_no_token():
    desk = Desk()
    tables = "/api/v2/flows/datatables"
    table = desk.call("POST", tables, {"name": "T", "schema": {}}).json["id"]
    jobs = f"{tables}/{table}/import/jobs"
    started = [desk.call("POST", jobs, IMPORT).json for _ in range(2)]
    links = [each["uploadURI"].removeprefix("http://simulator") for each in started]
    for link in reversed(links):
        assert desk.send("PUT", link, body=b"key").status == 200
        assert desk.send("PUT", link, body=b"key").status == 404
    assert desk.send("GET", links[0]).status == 405
    assert desk.send("PUT", "/simulator/uploads/none").status == 404
