"""What the tests of signing in share: a browser for the pure simulator, and one for real sockets."""

import re
import threading
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from genesys_core.oauth.pkce import compute_pkce_code_challenge
from tests.strategies.simulator import Answer, Desk

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = compute_pkce_code_challenge(VERIFIER)
REDIRECT = "http://127.0.0.1:4711/callback"
FORM = "application/x-www-form-urlencoded"
SAML2 = "urn:ietf:params:oauth:grant-type:saml2-bearer"


class Visitor:
    """A browser in front of a pure simulator: it keeps the session's cookie and follows nothing."""

    def __init__(self, desk: Desk):
        self.desk = desk
        self.cookie: str | None = None
        self.email = next(user["email"] for user in desk.simulator.state.users.values())
        self.password = desk.simulator.state.password

    def open(self, **changes) -> Answer:
        return self._send("GET", authorize_target(self.desk, **changes))

    def submit(self, action="sign-in", *, email=None, password=None, **changes) -> Answer:
        fields = {
            "email": self.email if email is None else email,
            "password": self.password if password is None else password,
            "action": action,
        }
        return self._send(
            "POST", authorize_target(self.desk, **changes), urlencode(fields).encode()
        )

    def log_out(self, **fields) -> Answer:
        return self._send(
            "GET", f"/logout?{urlencode({'client_id': self.desk.client.id, **fields})}"
        )

    def code(self, **changes) -> str:
        return query_of(self.submit(**changes).headers["location"])["code"]

    def _send(self, method, target, body=None) -> Answer:
        headers = [("Content-Type", FORM)] if body is not None else []
        headers += [("Cookie", f"other=1; {self.cookie}")] if self.cookie else []
        answer = self.desk.send(method, target, headers=headers, body=body)
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer


def authorize_target(desk, **changes):
    fields = {
        "client_id": desk.client.id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "state": "s&=1",
        **changes,
    }
    return f"/oauth/authorize?{urlencode({k: v for k, v in fields.items() if v is not None})}"


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def fragment_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).fragment).items()}


def message_of(page: str) -> str:
    """The one sentence of a page."""
    return unescape(re.search(r'id="message">(.*?)</p>', page)[1])


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        if tag == "form":
            self.forms.append((facts.get("method", "get"), facts.get("action") or "", {}))
        elif tag == "input" and self.forms:
            self.forms[-1][2][facts["name"]] = facts.get("value") or ""


class ScriptedBrowser:
    """Does what a user's browser does, in a thread: opens the page, fills in the form, follows.

    ``opened`` is what ``webbrowser.open`` is replaced by. It runs the one script there is by hand:
    the implicit grant's page puts the fragment into its hidden field and submits.
    """

    def __init__(self, simulator, action="sign-in", *, before=None, password=None, verify=True):
        self.simulator = simulator
        self.verify = verify
        self.action = action
        self.before = before
        self.password = simulator.password if password is None else password
        self.urls: list[str] = []
        self.pages: list[Any] = []
        self._threads: list[threading.Thread] = []
        self._errors: list[BaseException] = []

    def opened(self, url: str) -> bool:
        self.urls.append(url)
        thread = threading.Thread(target=self._run, args=(url,))
        thread.start()
        self._threads.append(thread)
        return True

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        for error in self._errors:
            raise error

    @property
    def message(self) -> str:
        """What the last page said."""
        self.join()
        return message_of(self.pages[-1].text)

    def _run(self, url: str) -> None:
        try:
            import httpx

            with httpx.Client(trust_env=False, timeout=30, verify=self.verify) as http:
                if self.before is not None:
                    self.pages.append(self.before(http, query_of(url)))
                page = self._settled(http, http.get(url))
                if urlsplit(str(page.url)).path.endswith("/oauth/authorize"):
                    fields = {"email": self.simulator.email, "password": self.password}
                    page = self._submit(http, page, {**fields, "action": self.action})
                    page = self._settled(http, page)
                if "fragment" in page.text:
                    fragment = urlsplit(str(page.url)).fragment
                    page = self._submit(http, page, {"fragment": f"#{fragment}"})
                self.pages.append(page)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            self._errors.append(error)

    def _submit(self, http, page, fields):
        forms = _Forms()
        forms.feed(page.text)
        method, action, given = forms.forms[0]
        assert method == "post"
        target = urljoin(str(page.url).partition("#")[0], action)
        return http.post(target, data={**given, **fields})

    def _settled(self, http, response):
        while response.is_redirect:
            response = http.get(response.headers["location"])
        return response
