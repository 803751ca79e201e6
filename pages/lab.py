"""The lab: choose a network, train it, watch it learn."""

import streamlit as st

from nnviz.captions import describe
from nnviz.runs.errors import RunError
from nnviz.runs.pool import shared_client
from nnviz.settings import SETTINGS
from nnviz.ui import controls, datasets, live, session, share, takeaway

client = shared_client()
try:
    run, config = session.current_run(client)
    run, config = session.open_start(client, run, config)
except RunError as error:
    st.error(f"{error} Reload the page to try again.", icon=":material/error:")
    st.stop()
session.fill_controls(run, config, controls.as_controls)
session.restrict(run)
is_view = session.is_view(run)

with st.sidebar:
    controls.choose_start()
    choice = controls.choose(config)
    session.hold_controls()
    with choice.below_layers:
        controls.show_parameter_count(choice.config.layer_sizes)
    try:
        signals = client.preview(choice.config)
    except RunError as error:  # files of a data set that look well and are damaged
        choice.below_weights.error(str(error), icon=":material/error:")
    else:
        with choice.below_weights:
            controls.show_first_signals(signals, choice.config.initializer)

with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
):
    st.markdown("# nnviz: see a neural network learn")
    with st.container(horizontal=True, width="content"):
        share.offer(client, run, config)
        takeaway.offer(client, run)

differences = {} if is_view else config.differences(choice.config)
at_once = {
    name: new
    for name, (_, new) in differences.items()
    if SETTINGS[name].live and name not in choice.fitted
}
if at_once:
    config = client.act(run, "change", at_once)
    session.note_settings(run, config)
needs_new_run = [name for name in differences if name not in at_once]


def start_new_run() -> None:
    session.replace_run(client, run, choice.config)
    st.rerun()


if message := session.take_message():
    st.warning(message, icon=":material/info:")
if choice.missing:
    datasets.show_missing(*choice.missing)
for complaint in choice.complaints:
    st.error(f"{complaint} It stays as it is.", icon=":material/error:")
if needs_new_run or choice.complaints:
    with st.container(border=True):
        if needs_new_run:
            changes = "; ".join(
                f"{SETTINGS[name].label}: {describe(name, differences[name][0])} → "
                f"{describe(name, differences[name][1])}"
                + (f" ({choice.fitted[name]})" if name in choice.fitted else "")
                for name in needs_new_run
            )
            st.markdown(
                f"Chosen for a new run: {changes}. The run below keeps its own settings."
            )
        with st.container(horizontal=True):
            if needs_new_run and st.button(
                "Start new run", help="The present run is paused and kept."
            ):
                start_new_run()
            if st.button("Keep this run's settings"):
                session.discard_choices()
                st.rerun()
    # On a phone the open sidebar hides the page, and with it the button there.
    if needs_new_run and st.sidebar.button("Apply in a new run"):
        start_new_run()

if is_view:
    share.show_view(client, run)
if live.show(run, config, key="lab", tools=session.locks().tools()):
    session.rerun(message)
