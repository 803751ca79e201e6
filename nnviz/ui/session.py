"""The owner of every session key: which run this page shows, and what its controls hold."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from nnviz.data import DATASETS
from nnviz.runs.client import Requests
from nnviz.runs.errors import RunError, UnknownRun
from nnviz.runs.identity import is_share_id
from nnviz.settings import RunConfig
from nnviz.starts import STARTS
from nnviz.ui import address
from nnviz.ui.browser_key import browser
from nnviz.ui.text import plain

START = "start from"  # the list of ready-made runs
_SHOWN = "shown run"
_LOCKS = "locks"
_DELETED = "deleted runs"
_REFUSED = "refused changes"
_WANTED = "wanted run"
_MESSAGE = "message"
_CONTROL = "control "
_SLIDER = "slider "
_HELD = "held controls"
_MADE = "made "
_START = "chosen start"
_VIEW = "view "
MAKING = "making"  # in place of a view that is being made
_UPLOADS = "uploads taken"
_READER = "run that reads drawings"


def control_key(name: str) -> str:
    """Return the key of the widget of a setting, or of a part of one (``layer 1 units``)."""
    return _CONTROL + name


def slider_key(name: str, value: Any) -> str:
    """Return the key of the slider beside a setting's field that holds this value.

    It is another one where the value has not come from the slider: with each message a browser
    sends all its widgets, and those of which it has no answer yet as they were before. That is
    then a slider nobody knows, and not one that a person has moved back.
    """
    count, before = st.session_state.get(_SLIDER + name, (0, value))
    count += before != value
    st.session_state[_SLIDER + name] = (count, value)
    return f"{_SLIDER}{name} {count}"


def take_from_slider(name: str) -> None:
    """Have a setting's field hold what its slider was moved to."""
    count, before = st.session_state[_SLIDER + name]
    moved = st.session_state.get(f"{_SLIDER}{name} {count}", before)
    st.session_state[control_key(name)] = moved
    st.session_state[_SLIDER + name] = (count, moved)


def current_run(client: Requests) -> tuple[str, RunConfig]:
    """Return the run that the address names, and its settings; a new one where it names none.

    A share id in its place shows a run. The address of a link becomes that of the run it opens. An
    unknown run gives a new one and a message; the same settings, where this page has just shown it.
    """
    run = address.named(address.RUN)
    if run is None:
        run = address.named(address.VIEW)
    try:
        if run is None and address.COPY in st.query_params:
            run = _copied(client, address.named(address.COPY))
        elif run is None and address.is_link():
            return _linked(client)
        elif run is None and _WANTED in st.session_state:
            # Going to another page and back clears the address.
            run = st.session_state[_WANTED]
        if run is not None:
            config = client.config(run, browser())
            address.show(run)
            return run, config
    except UnknownRun as error:
        shown, config = st.session_state.get(_SHOWN, (None, RunConfig()))
        if run is not None and run == shown:  # deleted meanwhile, or lost before it was saved
            say(f"{error} This is a new run with its settings.")
            return open_new_run(client, config)
        say(f"{error} This is a new run.")
    return open_new_run(client, RunConfig())


def _named_run() -> str | None:
    """Return the run that the address names, or shows."""
    run = address.named(address.RUN)
    return address.named(address.VIEW) if run is None else run


def run_to_read(
    client: Requests, first_visitor: Callable[[str], tuple[RunConfig, int]]
) -> tuple[str, RunConfig]:
    """Return the run that reads drawings, and its settings; it is put into the address.

    The one that the address names; else the lab's, if it has learned anything; else one that is
    trained for someone who has trained nothing, `first_visitor` settings for so many epochs.
    """
    named = _named_run()
    for run in (named, _trained(client, st.session_state.get(_WANTED)),
                st.session_state.get(_READER)):
        if run is None:
            continue
        try:
            config = client.config(run)
        except UnknownRun as error:
            if run == named:
                say(f"{error} Another one reads what you draw.")
            continue
        address.show(run)
        return run, config
    return open_reader(client, *first_visitor("digits"))


def _trained(client: Requests, run: str | None) -> str | None:
    """Return a run that has taken a step; None for another one."""
    if run is None:
        return None
    try:
        step = client.ask("question", run=run, question="figures", arguments={})["step"]
    except UnknownRun:
        return None
    return run if step else None


def open_reader(
    client: Requests, config: RunConfig, epochs: int, in_place_of: str | None = None
) -> tuple[str, RunConfig]:
    """Make a run that reads drawings, and have it trained for so many epochs; another rests."""
    run, config = open_new_run(client, config)
    if in_place_of is not None and not is_view(in_place_of):
        client.act(in_place_of, "run", False)
    client.act(run, "stops", {"epochs": epochs})
    client.act(run, "run", True)
    st.session_state[_READER] = run
    st.session_state.setdefault(_WANTED, run)
    return run, config


def _copied(client: Requests, share: str) -> str:
    """Return the run that was made as a copy of another when this page first asked for it."""
    if not is_share_id(share):
        raise UnknownRun("The link of a copy does not name a run that may be copied.")
    return remember("copy", share, lambda: client.copy(share, browser()))


def _linked(client: Requests) -> tuple[str, RunConfig]:
    """Return the run that was made of the link when this page first asked for it."""
    config, timing, complaints = address.linked()
    if complaints:
        say(plain("The link: " + " ".join(complaints)))

    def make() -> str:
        try:
            run = client.create(config, browser=browser())
        except RunError as error:
            usual, _, _ = address.linked(but="dataset")
            if usual.dataset == config.dataset:
                raise
            # Its files looked well and are damaged.
            say(plain(f"{error} The link's other settings are used, on the usual data set."))
            run = client.create(usual, browser=browser())
        client.set_timing(run, timing)
        return run

    run = remember("link", address.query(), make)
    address.show(run)
    return run, client.config(run)


def open_new_run(
    client: Requests, config: RunConfig, like: str | None = None,
    given: dict[str, str] | None = None,
) -> tuple[str, RunConfig]:
    """Make a run, put it into the address, and return it with its settings.

    It takes over speed and stops of the run `like`, and begins with the weights `given`, if any
    (`takeaway.packed_weights`).
    """
    run = client.create(config, like, given, browser())
    address.show(run)
    return run, config


def open_copy(client: Requests, any_id: str) -> None:
    """Make a copy of a run, as it is now, the run of this page."""
    address.show(client.copy(any_id, browser()))


def is_view(run: str) -> bool:
    """Return whether this page only shows its run."""
    return is_share_id(run)


def restrict(run: str) -> None:
    """Take note of what the address hides and locks; on other pages it holds as well."""
    found = address.locks()
    if found is not None:
        st.session_state[_LOCKS], complaints = found
        if complaints:
            say(plain(" ".join(complaints)))
    if is_view(run):
        st.session_state[_LOCKS] = address.VIEWING
    elif st.session_state.get(_LOCKS) == address.VIEWING:
        del st.session_state[_LOCKS]


def locks() -> address.Locks:
    """Return what this page's link has hidden and locked."""
    return st.session_state.get(_LOCKS, address.Locks())


def replace_run(
    client: Requests, run: str, config: RunConfig, given: dict[str, str] | None = None
) -> tuple[str, RunConfig]:
    """Pause a run and open a new one in its place, with its speed and stops.

    Where that cannot be, the page goes on with the run it has, and gets the message.
    """
    try:
        made = open_new_run(client, config, run, given)
    except RunError as error:
        say(str(error))
        return run, client.config(run)
    if not is_view(run):
        client.act(run, "run", False)
    return made


def open_start(client: Requests, run: str, config: RunConfig) -> tuple[str, RunConfig]:
    """Open the ready-made run that was chosen in place of a run; the run itself if none was."""
    start = STARTS.get(st.session_state.pop(_START, None))
    if start is None:
        return run, config
    if DATASETS[start.config.dataset].why_not():
        # The page then says what is missing, and how to get it.
        st.session_state[control_key("dataset")] = start.config.dataset
        return run, config
    run, config = replace_run(client, run, start.config)
    if config == start.config:
        client.act(run, "speed", start.speed)
    return run, config


def keep_start() -> None:
    """Take note of the ready-made run chosen; the list itself names none again."""
    st.session_state[_START] = st.session_state[START]
    st.session_state[START] = None


def say(message: str) -> None:
    """Keep a message for the page to show, after what else it has to say."""
    kept = st.session_state.get(_MESSAGE, "")
    if message not in kept:
        st.session_state[_MESSAGE] = f"{kept} {message}".strip()


def take_message() -> str | None:
    """Return the message kept for the page, once."""
    return st.session_state.pop(_MESSAGE, None)


def rerun(message: str | None) -> None:
    """Run the page's script again, which would otherwise end what it has just said."""
    if message:
        say(message)
    st.rerun()


def note_settings(run: str, config: RunConfig) -> None:
    """Note the settings that the controls stand for, so that they are not filled in again.

    Called as well where the page itself changes the run: what a person types next would
    otherwise be taken for an old value.
    """
    st.session_state[_SHOWN] = (run, config)


def fill_controls(run: str, config: RunConfig, as_controls: Any) -> None:
    """Bring the controls to a run's settings, before they are drawn.

    All of them when the page shows another run than before, but for what a person has typed while
    it came; only those that changed when the run's own settings did, so that what a person has
    chosen but not applied stays.

    Parameters
    ----------
    as_controls : callable
        Turns a configuration into values by widget key.
    """
    shown = st.session_state.get(_SHOWN)
    is_same = shown is not None and shown[0] == run
    before = as_controls(shown[1]) if is_same else {}
    held = st.session_state.get(_HELD, {})
    typed = set()
    if is_same:
        for key, value in held.items():
            st.session_state[key] = st.session_state.get(key, value)
    else:
        typed = {key for key, value in held.items() if st.session_state.get(key, value) != value}
    for key, value in as_controls(config).items():
        is_new = key not in st.session_state or before.get(key) != value
        if is_new and key not in typed:
            st.session_state[key] = value
    note_settings(run, config)
    show_run(run)


def show_run(run: str) -> None:
    """Have the lab show this run when it is next opened without an address."""
    st.session_state[_WANTED] = run


def hold_controls() -> None:
    """Keep what the controls hold under a key of our own: widgets forget on another page."""
    st.session_state[_HELD] = {
        key: value for key, value in st.session_state.items() if str(key).startswith(_CONTROL)
    }


def discard_choices() -> None:
    """Have the controls filled from the run again."""
    st.session_state.pop(_SHOWN, None)


def keep_deleted_run(run: dict[str, str]) -> None:
    """Remember a run that was deleted, id and name, as long as it can be had back."""
    st.session_state.setdefault(_DELETED, []).append(run)


def forget_deleted_run() -> None:
    """Forget the run deleted last: it is back."""
    st.session_state[_DELETED].pop()


def deleted_run() -> dict[str, str] | None:
    """Return the run deleted last on this page that is not back yet."""
    deleted = st.session_state.get(_DELETED)
    return deleted[-1] if deleted else None


def refuse_change(message: str) -> None:
    """Keep the message of a change in the list of runs that was refused, and count it."""
    say(message)
    st.session_state[_REFUSED] = refused_changes() + 1


def refused_changes() -> int:
    """Return how many there were: the list is then drawn again, as it is."""
    return st.session_state.get(_REFUSED, 0)


def keep_view(run: str, view: str, packed: bytes | str | None) -> None:
    """Keep a view of a run's landscape: what was made, `MAKING`, why it was not, or nothing."""
    st.session_state[f"{_VIEW}{view}"] = (run, packed)


def kept_view(run: str, view: str) -> bytes | str | None:
    """Return what was kept by `keep_view` for this run."""
    kept_for, packed = st.session_state.get(f"{_VIEW}{view}", (None, None))
    return packed if kept_for == run else None


def remember(name: str, key: Any, make: Callable[[], Any]) -> Any:
    """Return what `make` made for this key; it is called again when the key is another one."""
    held = st.session_state.get(_MADE + name)
    if held is None or held[0] != key:
        held = st.session_state[_MADE + name] = (key, make())
    return held[1]


def upload_key() -> str:
    """Return the key of the field for a model file."""
    return f"model file {st.session_state.get(_UPLOADS, 0)}"


def forget_upload() -> None:
    """Empty the field for a model file: under another key it is another field."""
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
