"""Draw a digit: the run that learns in the lab reads it."""

import streamlit as st

from nnviz.runs.client import shared_client
from nnviz.runs.errors import RunError
from nnviz.ui import canvas, session

client = shared_client()
try:
    run, config = session.current_run(client)
except RunError as error:
    st.error(f"{error} Reload the page to try again.", icon=":material/error:")
    st.stop()

st.markdown("# Draw a digit")
if message := session.take_message():
    st.warning(message, icon=":material/info:")
if canvas.show(run, config, False, key="draw"):
    st.rerun()
