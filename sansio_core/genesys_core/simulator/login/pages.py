"""The login host's HTML pages.

Invariants: a page loads no external resources, runs no scripts, and escapes all untrusted text.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

from genesys_core.simulator.http.exchange import Reply

__all__ = ["form_page", "message_page"]

_HEADERS: Final = (
    ("Cache-Control", "no-store"),
    # No `form-action`: browsers also apply it to the redirect that follows the form.
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
)

_FRAME: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 24em; margin: 4em auto; padding: 0 1em; }}
input, button {{ font: inherit; box-sizing: border-box; width: 100%; padding: .4em; margin: .2em 0 .8em; }}
.problem {{ color: #a00; }}
</style>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""

# An empty action submits the form to the URL of the page, including the query.
_FORM: Final = """<p>Simulated platform, organization <b>{org}</b>.
Client <code>{client_id}</code> requests access to your account.</p>
{problem}<form method="post">
<label for="email">Email</label>
<input id="email" name="email" type="email" list="users" value="{email}" required autocomplete="off">
<datalist id="users">{users}</datalist>
<label for="password">Password</label>
<input id="password" name="password" type="password" required autocomplete="off">
<button id="sign-in" name="action" value="sign-in">Sign in</button>
<button id="refuse" name="action" value="refuse" formnovalidate>Deny</button>
</form>"""


def form_page(
    *, org: str, client_id: str, emails: Iterable[str], email: str = "", problem: str = ""
) -> Reply:
    """Return the page where a user signs in or denies access.

    Args:
        org: the short name of the organization.
        client_id: the id of the client that requests access.
        emails: the emails of all users who may sign in, offered for selection.
        email: the email with which the form is prefilled.
        problem: the error of the previous attempt to sign in; empty if there was none.
    """
    content = _FORM.format(
        org=escape(org),
        client_id=escape(client_id),
        users="".join(f'<option value="{escape(each)}"></option>' for each in emails),
        email=escape(email),
        problem=f'<p class="problem" id="problem">{escape(problem)}</p>\n' if problem else "",
    )
    return _page(403 if problem else 200, "Sign in", content)


def message_page(status: int, title: str, message: str) -> Reply:
    """Return an HTML page with a title and a message."""
    return _page(status, escape(title), f'<p id="message">{escape(message)}</p>')


def _page(status: int, title: str, content: str) -> Reply:
    body = _FRAME.format(title=title, content=content)
    return Reply(status, body.encode("utf-8"), "text/html; charset=utf-8", _HEADERS)
