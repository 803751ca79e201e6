"""The WebSocket of a page, spoken to as a server does (ASGI), with a real worker behind it."""

import asyncio
import json
from concurrent.futures import Future

import numpy as np
import psutil
import pytest
from starlette.applications import Starlette

from nnviz.runs import limits, wire
from nnviz.runs.actions import ACTIONS
from nnviz.runs.errors import StoreUnavailable
from nnviz.runs.identity import share_id
from nnviz.runs.questions import CHANGING
from nnviz.runs.run import Run
from nnviz.settings import RunConfig
from nnviz.ui.live import routes
from tests.runs.samples import PATIENCE, take

HOST = "lab.example:8501"
HERE = f"http://{HOST}"


@pytest.fixture
def run(client):
    return client.create(RunConfig())


class Tab:
    """A browser tab's end of the WebSocket of a run: `async with Tab(run) as tab`."""

    def __init__(self, run, origin=HERE, **headers):
        names = {"host": HOST, **({"origin": origin} if origin is not None else {}), **headers}
        self._scope = {
            "type": "websocket", "path": f"/nnviz/runs/{run}", "query_string": b"",
            "subprotocols": [],
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in names.items()
            ],
        }
        self._to_server, self._from_server = asyncio.Queue(), asyncio.Queue()

    async def __aenter__(self):
        app = Starlette(routes=routes.routes())
        self._serving = asyncio.create_task(
            app(self._scope, self._to_server.get, self._from_server.put)
        )
        await self._to_server.put({"type": "websocket.connect"})
        self.opened = await self._answer()
        return self

    async def __aexit__(self, *_):
        await self._to_server.put({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self._serving, PATIENCE)

    async def _answer(self):
        return await asyncio.wait_for(self._from_server.get(), PATIENCE)

    async def send(self, message):
        kind = "bytes" if isinstance(message, bytes) else "text"
        sent = message if isinstance(message, str | bytes) else json.dumps(message)
        await self._to_server.put({"type": "websocket.receive", kind: sent})

    async def act(self, action, value=None):
        await self.send({"type": "act", "action": action, "value": value})

    async def ask_frame(self, seen=-1, quantity="weights"):
        await self.send({"type": "frame", "seen": seen, "quantity": quantity})

    async def ask(self, number, question, **arguments):
        await self.send(
            {"type": "ask", "number": number, "question": question, "arguments": arguments}
        )

    async def frame(self):
        """Meta and arrays of the next message, which has to be a frame."""
        message = await self._answer()
        assert message.get("bytes"), message
        return wire.unpack(message["bytes"])

    async def text(self):
        """The next message, which has to be a sentence for the page."""
        message = await self._answer()
        assert message.get("text"), message
        return json.loads(message["text"])

    async def is_silent(self, seconds=0.15):
        await asyncio.sleep(seconds)
        return self._from_server.empty()


def in_a_tab(run, talk, **headers):
    """Run a conversation, `async talk(tab)`, and return what it returns."""

    async def visit():
        async with Tab(run, **headers) as tab:
            assert tab.opened["type"] == "websocket.accept"
            return await talk(tab)

    return asyncio.run(visit())


def opened(run, **headers):
    async def visit():
        async with Tab(run, **headers) as tab:
            return tab.opened

    return asyncio.run(visit())


@pytest.mark.parametrize(
    "origin",
    ["http://elsewhere.example", f"http://{HOST}.elsewhere.example", "http://lab.example:9000",
     "http://lab.example", "null", "", None, "file://", HOST],
)
def test_a_foreign_page_is_refused(run, origin):
    closed = opened(run, origin=origin)
    assert closed["type"] == "websocket.close"
    assert closed["code"] == 1008


@pytest.mark.parametrize(
    ("origin", "headers"),
    [(HERE, {}), (f"https://{HOST}", {}),
     ("https://school.example", {"x_forwarded_host": "school.example"})],
)
def test_the_sites_own_page_is_let_in(run, origin, headers):
    assert opened(run, origin=origin, **headers)["type"] == "websocket.accept"


def test_a_frame_comes_when_it_is_asked_for(run):
    async def talk(tab):
        await tab.ask_frame()
        return await tab.frame()

    meta, arrays = in_a_tab(run, talk)
    assert (meta["step"], meta["quantity"]) == (0, "weights")
    assert arrays["W0"].shape == (64, 32)


def test_an_act_changes_the_run_and_the_waiting_frame_shows_it(run, client):
    async def talk(tab):
        await tab.ask_frame()
        first, _ = await tab.frame()
        await tab.ask_frame(first["version"], "gradient")
        assert await tab.is_silent()
        await tab.act("step")
        second, _ = await tab.frame()
        await tab.act("change", {"learning_rate": 0.3})
        await tab.ask_frame(second["version"])
        third, _ = await tab.frame()
        return first, second, third

    metas = in_a_tab(run, talk)
    assert [meta["step"] for meta in metas] == [0, 1, 1]
    assert metas[1]["quantity"] == "gradient"
    assert metas[2]["learning_rate"] == client.config(run).learning_rate == 0.3


def test_a_question_gets_its_answer_by_number(run):
    async def talk(tab):
        await tab.act("step")
        await tab.ask(7, "figures")
        return await tab.text()

    answer = in_a_tab(run, talk)
    assert (answer["type"], answer["number"]) == ("answer", 7)
    assert answer["result"]["step"] == 1
    assert 0 <= answer["result"]["metrics"]["test_accuracy"] <= 1


def test_an_answer_with_arrays_follows_its_announcement(run, client, monkeypatch):
    packed = wire.pack({"about": "arrays"}, {"a": np.arange(3.0)})

    def submit(op, **arguments):
        future = Future()
        future.set_result(packed)
        return future

    async def talk(tab):
        with monkeypatch.context() as patch:
            patch.setattr(client.of(run), "submit", submit)
            await tab.ask(1, "figures")
            return await tab.text(), await tab.frame()

    announced, (meta, arrays) = in_a_tab(run, talk)
    assert announced == {"type": "answer", "number": 1, "arrays": True}
    assert meta == {"about": "arrays"}
    np.testing.assert_array_equal(arrays["a"], [0, 1, 2])


@pytest.mark.parametrize(
    ("message", "start"),
    [
        ({"question": "why"}, "Unknown question 'why'. Known: figures"),
        ({"question": ["figures"]}, "Unknown question"),
        ({}, "Unknown question 'None'"),
        ({"question": "figures", "arguments": {"step": 3}},
         "The question 'figures' was asked wrongly"),
    ],
    ids=str,
)
def test_a_question_that_makes_no_sense_is_refused_by_number(run, message, start):
    async def talk(tab):
        await tab.send({"type": "ask", "number": 5, **message})
        return await tab.text()

    refused = in_a_tab(run, talk)
    assert (refused["type"], refused["number"]) == ("refused", 5)
    assert refused["text"].startswith(start)


def test_too_many_questions_at_once_are_refused(run, client, monkeypatch):
    unanswered = []

    def submit(op, **arguments):
        unanswered.append(Future())
        return unanswered[-1]

    async def talk(tab):
        with monkeypatch.context() as patch:
            patch.setattr(client.of(run), "submit", submit)
            for number in range(limits.QUESTIONS_AT_ONCE + 1):
                await tab.ask(number, "figures")
            return await tab.text()

    refused = in_a_tab(run, talk)
    assert (refused["type"], refused["number"]) == ("refused", limits.QUESTIONS_AT_ONCE)
    assert all(future.cancelled() for future in unanswered)


def test_of_two_requests_for_a_frame_the_later_counts(run, client):
    async def talk(tab):
        await tab.ask_frame()
        version = (await tab.frame())[0]["version"]
        await tab.ask_frame(version, "weights")
        await tab.ask_frame(version, "update")
        await tab.act("step")
        meta, _ = await tab.frame()
        return meta, await tab.is_silent()

    meta, silent = in_a_tab(run, talk)
    assert (meta["step"], meta["quantity"]) == (1, "update")
    assert silent


@pytest.mark.parametrize("id_of_view", [str, share_id], ids=["second tab", "view"])
def test_what_one_tab_does_another_sees(run, id_of_view):
    async def visit():
        async with Tab(run) as one, Tab(id_of_view(run)) as other:
            await other.ask_frame()
            version = (await other.frame())[0]["version"]
            await other.ask_frame(version)
            await one.act("step")
            return (await other.frame())[0]["step"]

    assert asyncio.run(visit()) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "nonsense", "[]", "3", "null", '"frame"', '{"type": "frame"' + " " * 70_000 + "}",
     "x" * 1_000_000, "[" * 4000, b"bytes"],
    ids=lambda text: str(text[:20]) or "empty",
)
def test_what_cannot_be_read_is_answered_and_the_line_stays(run, text):
    async def talk(tab):
        await tab.send(text)
        answer = await tab.text()
        await tab.ask_frame()
        return answer, (await tab.frame())[0]["step"]

    answer, step = in_a_tab(run, talk)
    assert answer == {
        "type": "error", "text": "The page sent something that could not be read.",
    }
    assert step == 0


@pytest.mark.parametrize(
    ("message", "start"),
    [
        ({}, "Unknown action 'None'. Known: step, "),
        ({"type": "act"}, "Unknown action 'None'"),
        ({"type": "act", "action": "fly"}, "Unknown action 'fly'"),
        ({"type": "act", "action": [1]}, "Unknown action '[1]'"),
        ({"type": "act", "action": "run", "value": "on"}, "Run is on or off"),
        ({"type": "act", "action": "speed", "value": 7}, "Speed cannot be 7"),
        ({"type": "act", "action": "stops", "value": {"accuracy": 90}}, "Stop at test accuracy"),
        ({"type": "act", "action": "change", "value": {"learning_rate": 1e9}}, "Learning rate "),
        ({"type": "act", "action": "change", "value": {"seed": 1}}, "Only the learning rate"),
        ({"type": "act", "action": "back"}, "Step 0 is the first that is known"),
        ({"type": "frame", "quantity": "colour"}, "Shown is one of weights, update"),
        ({"type": "frame", "seen": "x", "quantity": None}, "Shown is one of weights, update"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_with_a_sentence(run, message, start):
    async def talk(tab):
        await tab.send(message)
        answer = await tab.text()
        await tab.ask_frame()
        return answer, (await tab.frame())[0]["version"]

    answer, version = in_a_tab(run, talk)
    assert answer["type"] == "error"
    assert answer["text"].startswith(start)
    assert version == 1


@pytest.mark.parametrize("message", [{"type": "frame", "quantity": "weights"},
                                     {"type": "act", "action": "step"}], ids=str)
def test_an_unknown_run_is_told(client, message):
    async def talk(tab):
        await tab.send(message)
        return await tab.text()

    answer = in_a_tab("no-such-run", talk)
    assert answer["type"] == "unknown"
    assert "not known here" in answer["text"]


def test_a_tab_that_goes_away_leaves_nothing_behind(run, client):
    async def talk(tab):
        await tab.ask_frame()
        await tab.ask_frame((await tab.frame())[0]["version"])
        await tab.is_silent()

    for _ in range(3):
        in_a_tab(run, talk)
    client.act(run, "step")  # answered after everything sent before it
    assert not client.of(run)._futures


def test_a_killed_worker_is_told_once_and_the_run_comes_back(run, client):
    async def talk(tab):
        await tab.ask_frame()
        version = (await tab.frame())[0]["version"]
        await tab.ask_frame(version)
        await tab.is_silent()
        psutil.Process(client.of(run).pid).kill()
        lost = await tab.text()
        meta, _ = await tab.frame()
        await tab.act("step")
        await tab.ask_frame(meta["version"])
        return lost, meta, (await tab.frame())[0], await tab.is_silent()

    lost, back, after, silent = in_a_tab(run, talk)
    assert lost == {
        "type": "waiting", "text": "The training process ended; a new one is starting.",
    }
    assert (back["step"], after["step"]) == (0, 1)
    assert silent


def test_a_page_waits_for_the_store_and_then_gets_its_frame(run, client, monkeypatch):
    monkeypatch.setattr(limits, "STORE_RETRY_SECONDS", 0.01)
    worker = client.of(run)
    submit, refusals = worker.submit, [StoreUnavailable("busy"), StoreUnavailable("busy")]

    def refuse_twice(op, **arguments):
        if op != "frame" or not refusals:
            return submit(op, **arguments)
        future = Future()
        future.set_exception(refusals.pop())
        return future

    async def talk(tab):
        with monkeypatch.context() as patch:
            patch.setattr(worker, "submit", refuse_twice)
            await tab.ask_frame()
            return await tab.text(), await tab.text(), await tab.frame()

    *told, (meta, _) = in_a_tab(run, talk)
    assert told == 2 * [{
        "type": "waiting",
        "text": "The store of runs cannot be used at the moment. Trying again.",
    }]
    assert meta["step"] == 0


def test_a_share_id_shows_the_run_and_cannot_act(run, client):
    share = share_id(run)
    client.act(run, "step")

    async def talk(tab):
        await tab.ask_frame()
        message = await tab._answer()
        refused = []
        for action in ACTIONS:
            await tab.act(action, True)
            refused.append(await tab.text())
        for question in CHANGING:
            await tab.send({"type": "ask", "number": 1, "question": question})
            refused.append(await tab.text())
        await tab.send({"type": "ask", "number": 2, "question": "figures"})
        return message["bytes"], refused, await tab.text()

    before = client.ask("info", run=run)
    packed, refused, answer = in_a_tab(share, talk)
    meta, _ = wire.unpack(packed)
    assert meta["step"] == answer["result"]["step"] == 1
    assert run.encode() not in packed
    assert len(refused) > 10
    assert all("This link only shows the run" in message["text"] for message in refused)
    assert client.ask("info", run=run) == before
    assert client.ask("info", run=share)["run"] == share
    assert run not in json.dumps(client.ask("info", run=share))


def test_two_tabs_that_press_everything_at_once_leave_one_sound_run(run, client):
    async def press(tab, actions):
        for action, value in actions:
            await tab.act(action, value)

    async def visit():
        async with Tab(run) as one, Tab(run) as other:
            mixed = [("step", None), ("run", True), ("back", None), ("run", False), ("epoch", None),
                     ("reset", None), ("new_weights", None), ("speed", 30), ("step", None)] * 5
            await asyncio.gather(press(one, mixed), press(other, mixed[::-1]))

    asyncio.run(visit())
    client.act(run, "run", False)
    client.act(run, "reset")
    config = client.config(run)
    for _ in range(20):
        client.act(run, "step")

    async def talk(tab):
        await tab.ask_frame()
        return await tab.frame()

    meta, arrays = in_a_tab(run, talk)
    assert meta["step"] == 20
    np.testing.assert_array_equal(arrays["W0"], take(Run(config), 20).network.weights[0])


def get(path):
    """Status, headers and body of a page's own file."""
    sent = []
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [],
        "root_path": "", "http_version": "1.1", "scheme": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(Starlette(routes=routes.routes())(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def test_modules_are_served_as_such_and_asked_for_again():
    status, headers, body = get("/nnviz/assets/live/main.js")
    assert status == 200
    assert headers["content-type"].startswith("text/javascript")
    assert headers["cache-control"] == "no-cache"
    assert body == (routes.UI / "live" / "assets" / "main.js").read_bytes()


@pytest.mark.parametrize("path", ["../routes.py", "../../../../app.py", "%2e%2e/x.py", "no.js"])
def test_nothing_else_is_served(path):
    assert get(f"/nnviz/assets/live/{path}")[0] == 404
