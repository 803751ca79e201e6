"""My runs: what this browser has made."""

import streamlit as st

from nnviz.runs import limits
from nnviz.runs.errors import RunError
from nnviz.runs.pool import shared_client
from nnviz.ui import runs, session
from nnviz.ui.browser_key import browser
from nnviz.ui.text import plain

client, mine = shared_client(), browser()

st.markdown("# My runs")
if message := session.take_message():
    st.warning(message, icon=":material/info:")
st.markdown(
    "The runs that this browser has made, on this server. Each goes on exactly where it was. One "
    f"with a name is kept; one without is deleted {limits.STORE_DAYS:.0f} days after it was last "
    f"opened, or earlier where the server runs out of room. The latest {limits.RUNS_LISTED} are "
    "listed, with all that have a name."
)
if mine is None:
    st.info(
        "This browser keeps no cookies for this site, so it is not known which runs are its own. "
        "They can still be found by their addresses.",
        icon=":material/info:",
    )
    st.stop()
try:
    asked = runs.show(client, mine, key="runs")
except RunError as error:
    st.error(plain(str(error)), icon=":material/error:")
    st.stop()
if asked is not None:
    try:
        runs.do(client, mine, asked)
    except RunError as error:
        session.refuse_change(plain(str(error)))  # said above the list, which may be long
    st.rerun()
