"""Downloads, asked for as a browser does, with a real worker behind them."""

import asyncio
import io
import zipfile
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np
import pytest
from starlette.applications import Starlette

from nnviz import load_model
from nnviz.runs.identity import share_id
from nnviz.settings import RunConfig
from nnviz.ui.takeaway import routes
from nnviz.ui.takeaway.files import FILES


@pytest.fixture(scope="module")
def run(client):
    """A run of twenty steps."""
    made = client.create(RunConfig())
    for _ in range(20):
        client.act(made, "step")
    return made


@dataclass
class Answer:
    """What a server answers."""

    status_code: int
    headers: dict
    content: bytes

    @property
    def text(self):
        return self.content.decode()


def get(address):
    """Get an address of the app, as a server asks for it (ASGI)."""
    sent = []

    async def ask():
        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": unquote(address, errors="surrogatepass"),
            "raw_path": address.encode(), "query_string": b"", "headers": [],
        }
        await Starlette(routes=routes.routes())(scope, receive, send)

    asyncio.run(ask())
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(part["body"] for part in sent[1:]))


@pytest.mark.parametrize("file", FILES)
def test_every_file_is_a_download_named_after_the_run(run, file):
    answer = get(f"/nnviz/runs/{run}/files/{file}")
    assert answer.status_code == 200
    assert len(answer.content) > 200
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="digits-64-32-10-step-20{FILES[file].suffix}"'
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_model_is_that_of_the_run(client, run):
    model = load_model(get(f"/nnviz/runs/{run}/files/model").content)
    assert model.known["step"] == 20
    assert RunConfig.from_dict(model.known["config"]) == client.config(run)
    x, y = model.examples
    np.testing.assert_array_equal(model.network.predict(x), y)


@pytest.mark.parametrize(
    ("file", "members"),
    [("numpy", {"train.py", "model.npz"}), ("pytorch", {"network.py", "model.npz"})],
)
def test_code_comes_with_the_model_it_is_compared_with(run, file, members):
    content = get(f"/nnviz/runs/{run}/files/{file}").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert set(archive.namelist()) == members
        model = archive.read("model.npz")
    assert model == get(f"/nnviz/runs/{run}/files/model").content


def test_no_file_names_the_run_who_knows_it_may_change_it(run):
    for file in FILES:
        assert run.encode() not in get(f"/nnviz/runs/{run}/files/{file}").content


def test_who_may_only_look_may_take_it_away_too(run):
    seen = get(f"/nnviz/runs/{share_id(run)}/files/model")
    assert seen.status_code == 200
    assert seen.content == get(f"/nnviz/runs/{run}/files/model").content


@pytest.mark.parametrize("unknown", ["no-such-run", "%ed%a0%80", "..%2f..%2fapp.py", "a" * 3000])
def test_an_unknown_run_is_said(client, unknown):
    answer = get(f"/nnviz/runs/{unknown}/files/model")
    assert answer.status_code == 404
    assert len(answer.text) < 300
    assert "Traceback" not in answer.text


def test_an_unknown_file_is_said(run):
    answer = get(f"/nnviz/runs/{run}/files/<script>")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert "Known: model, report, numpy" in answer.text


def test_nothing_is_changed_by_a_download(client, run):
    before = client.ask("question", run=run, question="figures", arguments={})
    get(f"/nnviz/runs/{run}/files/report")
    assert client.ask("question", run=run, question="figures", arguments={}) == before
