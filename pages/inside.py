"""Inside one step: every number of the forward pass, of backpropagation and of the update."""

import streamlit as st

from nnviz.parameters import parameter_count
from nnviz.runs.errors import RunError
from nnviz.runs.pool import shared_client
from nnviz.starts import STARTS
from nnviz.ui import inside, session
from nnviz.ui.inside import check

BY_HAND = 20  # parameters that a person can go through with pencil and paper

client = shared_client()
try:
    run, config = session.current_run(client)
except RunError as error:
    st.error(f"{error} Reload the page to try again.", icon=":material/error:")
    st.stop()
session.show_run(run)
session.restrict(run)
locks = session.locks()

st.markdown("# Inside one step")
st.markdown(
    "The step your run takes next, opened before it is taken: every number, the formula, and the "
    "lines of NumPy that compute it. Layers count from 1 as in the articles, units and samples "
    "from 0 as in NumPy."
)
small = [
    start for start in STARTS.values() if parameter_count(start.config.layer_sizes) <= BY_HAND
]
if "start" not in locks.hidden:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Small enough to check by hand:", width="content")
        for start in small:
            if st.button(start.label, help=f"{start.about} Opens a new run.",
                         disabled="start" in locks.locked):
                session.replace_run(client, run, start.config)
                st.rerun()
if message := session.take_message():
    st.warning(message, icon=":material/info:")
if inside.show(run, key="inside", tools=locks.tools()):
    session.rerun(message)
check.show(client, run, config)
