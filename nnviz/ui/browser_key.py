"""The key by which a browser is known again: a cookie that no script of a page can read.

There are no accounts: whoever has the key sees that browser's runs. It is never part of an
address, and what the store keeps of it is a hash.
"""

from http.cookies import CookieError, SimpleCookie
from typing import Any

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders

from nnviz.runs.identity import browser_id, is_browser_key, new_id

COOKIE = "nnviz_browser"
_SECONDS = 400 * 86_400  # the longest that browsers keep one; each visit begins it anew


def browser() -> str | None:
    """Return the id of the browser that this script runs for; None where it keeps no cookies."""
    key = st.context.cookies.get(COOKIE)
    return browser_id(key) if isinstance(key, str) and is_browser_key(key) else None


class GiveBrowserKey:
    """ASGI middleware: each HTML page sets the cookie, with the key that came or a new one."""

    def __init__(self, app: Any):
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        request = Headers(scope=scope)

        async def send_with_key(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("Set-Cookie", _cookie(request, scope["scheme"]))
            await send(message)

        await self._app(scope, receive, send_with_key)


def _cookie(request: Headers, scheme: str) -> str:
    secure = "; Secure" if "https" in (scheme, request.get("x-forwarded-proto")) else ""
    return (
        f"{COOKIE}={_key_in(request) or new_id()}; Max-Age={_SECONDS}; Path=/; HttpOnly; "
        f"SameSite=Lax{secure}"
    )


def _key_in(request: Headers) -> str | None:
    try:
        found = SimpleCookie(request.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found is not None and is_browser_key(found.value) else None
