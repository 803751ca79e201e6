"""The balancer by itself, before servers that are stand-ins."""

import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from tests.server import balancer

PATIENCE = 30
RUN = "0123456789abcdefghijkl"

pytestmark = pytest.mark.skipif(balancer.program() is None, reason="nginx is not installed.")


class Healthy(BaseHTTPRequestHandler):
    """Answers everything, as a server in health does."""

    forwarded = ""

    def do_GET(self):
        type(self).forwarded = self.headers["X-Forwarded-Proto"]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def balanced(folder):
    """A stand-in of a server, the balancer before it, and the balancer's log."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = SimpleNamespace(url=f"http://127.0.0.1:{server.server_address[1]}")
    with balancer.balancing(folder, [place]) as (url, log_path):
        yield server, place, url, log_path
        server.shutdown()
        server.server_close()


def test_the_app_itself_answers_a_link_that_is_far_too_long(tmp_path):
    """It says what is wrong with it; nginx would answer with a page of its own.

    Of 63 kB: the stand-in takes no more.
    """
    with balanced(tmp_path) as (_, _, url, _):
        assert urllib.request.urlopen(f"{url}/?hidden={'9-relu.' * 9000}").read() == b"ok"


@pytest.mark.parametrize(("scheme", "rules"), [
    ("http", "; SameSite=Lax"), ("https", "; SameSite=None; Secure; Partitioned"),
])
def test_a_seat_is_kept_in_frames_too_where_there_is_tls(tmp_path, scheme, rules):
    with balanced(tmp_path) as (_, _, url, _):
        request = urllib.request.Request(url, headers={"X-Forwarded-Proto": scheme})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Set-Cookie"].endswith(rules)
    assert Healthy.forwarded == scheme  # or the browser's key would be sent without TLS as well


@pytest.mark.parametrize("path", [f"/?run={RUN}", f"/nnviz/runs/{RUN}/files/model"])
def test_no_run_is_written_down_when_its_server_is_gone(tmp_path, path):
    with balanced(tmp_path) as (server, place, url, log_path):
        server.shutdown()
        server.server_close()
        with pytest.raises(urllib.error.HTTPError, match="502"):
            urllib.request.urlopen(url + path)
        deadline = time.monotonic() + PATIENCE
        while " 502 GET " not in (log := log_path.read_text(encoding="utf-8")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert place.url.removeprefix("http://") in log  # whoever operates it sees which one it was
    assert RUN not in log_path.read_text(encoding="utf-8")
