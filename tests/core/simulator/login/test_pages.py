"""The pages: text stays text, and nothing comes from elsewhere."""

import re

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.simulator.login.pages import form_page, message_page


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_whatever_is_shown_is_text(org, email, emails):
    page = form_page(org=org, client_id=org, emails=emails, email=email, problem=org)
    plain = form_page(org="", client_id="", emails=["" for _ in emails], problem="x")
    tags = re.compile(r"<[^>]*>")
    shape = [tag.partition(" ")[0] for tag in tags.findall(page.body.decode("utf-8", "replace"))]
    expected = [tag.partition(" ")[0] for tag in tags.findall(plain.body.decode())]
    assert shape[: len(expected)] == expected if org else True
    assert page.body.count(b"<script") == 0


def test_pages_load_nothing_and_stay_in_no_cache():
    for page in (form_page(org="o", client_id="c", emails=()), message_page(400, "t", "<m>")):
        text = page.body.decode()
        assert not re.search(r'(?:src|href)="(?!data:,)', text)
        headers = dict(page.headers)
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "&lt;m&gt;" in text


def test_a_problem_is_shown_and_is_an_error():
    assert form_page(org="o", client_id="c", emails=()).status == 200
    page = form_page(org="o", client_id="c", emails=(), problem="wrong")
    assert page.status == 403
    assert b'id="problem">wrong<' in page.body
