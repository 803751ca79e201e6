"""The project's own balancer configuration, run by the machine's nginx before servers of a test."""

import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from tests.browser.server import ROOT, free_port, is_healthy

START_SECONDS = 60


def program():
    """The path of nginx; None where it is not installed."""
    return shutil.which("nginx") or next(
        (path for path in ("/usr/sbin/nginx",) if Path(path).exists()), None
    )


def configure(folder, servers):
    """Write what deploy/ has into a folder, with these servers and a free port; returns its URL."""
    port = free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for ours, theirs in (
        ("listen 8080;", f"listen 127.0.0.1:{port};"), (" /tmp/", f" {folder}/"),
    ):
        assert ours in text
        text = text.replace(ours, theirs)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    text = (ROOT / "deploy" / "upstream-compose.conf").read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        if "server app:8501" in line:  # Docker's name service finds them; here they are listed
            for server in servers:
                address = server.url.removeprefix("http://")
                lines.append(line.replace("app:8501 resolve", address))
        elif not line.startswith("resolver"):
            lines.append(line)
    (folder / "upstream.conf").write_text("\n".join(lines), encoding="utf-8")
    return f"http://127.0.0.1:{port}"


@contextmanager
def balancing(folder, servers):
    """Run nginx before some servers; yields its URL and the path of its log."""
    url, log_path = configure(folder, servers), folder / "balancer.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [program(), "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_healthy(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nginx did not come up:\n{log_path.read_text()}")
            time.sleep(0.05)
        yield url, log_path
    finally:
        process.terminate()
        process.wait(START_SECONDS)
