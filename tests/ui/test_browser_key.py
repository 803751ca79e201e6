"""The cookie by which a browser is known again."""

import asyncio
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from nnviz.runs.identity import is_browser_key
from nnviz.ui.browser_key import COOKIE, GiveBrowserKey

KEY = "k" * 22


async def page(request):
    return HTMLResponse("<html></html>")


async def data(request):
    return JSONResponse({})


APP = Starlette(
    routes=[Route("/", page, methods=["GET", "POST"]), Route("/data", data)],
    middleware=[Middleware(GiveBrowserKey)],
)


def cookies(path="/", method="GET", scheme="http", **headers):
    """The Set-Cookie headers of an answer."""
    sent = []
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "scheme": scheme, "root_path": "",
        "headers": [(name.replace("_", "-").encode(), value.encode("latin-1"))
                    for name, value in headers.items()],
    }

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(APP(scope, receive, send))
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


def key_in(cookie):
    return re.match(f"{COOKIE}=([^;]*);", cookie)[1]


def test_a_new_browser_gets_a_key_of_its_own():
    (first,), (second,) = cookies(), cookies()
    assert is_browser_key(key_in(first))
    assert key_in(first) != key_in(second)
    for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=34560000"):
        assert part in first
    assert "Secure" not in first


def test_a_known_browser_keeps_its_key():
    (cookie,) = cookies(cookie=f"other=1; {COOKIE}={KEY}; _xsrf=2|a|b")
    assert key_in(cookie) == KEY


@pytest.mark.parametrize(
    "sent", ["", "x", f"{COOKIE}=", f"{COOKIE}=short", f"{COOKIE}={'x' * 5000}",
             f"{COOKIE}=a\r\nb: c", f'{COOKIE}="{"é" * 22}"', f"{COOKIE}={KEY}~", ";;;=;"],
)
def test_what_is_no_key_is_replaced(sent):
    (cookie,) = cookies(cookie=sent)
    assert is_browser_key(key_in(cookie))
    assert key_in(cookie) != KEY


@pytest.mark.parametrize("secure", [{"scheme": "https"}, {"x_forwarded_proto": "https"}])
def test_over_https_it_is_never_sent_in_the_clear(secure):
    (cookie,) = cookies(**secure)
    assert "; Secure" in cookie


def test_only_pages_set_it():
    assert cookies("/data") == []
    assert cookies("/nowhere") == []
    assert cookies("/", method="POST") == []
