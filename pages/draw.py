"""Draw a digit: the run that learns in the lab reads it."""

import streamlit as st

from nnviz.first_visitor import first_visitor_config
from nnviz.runs.errors import RunError
from nnviz.runs.pool import shared_client
from nnviz.ui import canvas, session

client = shared_client()
try:
    run, config = session.run_to_read(client, first_visitor_config)
except RunError as error:
    st.error(f"{error} Reload the page to try again.", icon=":material/error:")
    st.stop()

st.markdown("# Draw a digit")
if message := session.take_message():
    st.warning(message, icon=":material/info:")
wish = canvas.show(run, config, key="draw")
if wish.fresh:
    try:
        session.open_reader(client, *first_visitor_config(wish.fresh), in_place_of=run)
    except RunError as error:
        session.say(str(error))
    st.rerun()
if wish.lab:
    session.show_run(run)
    st.switch_page("pages/lab.py")
if wish.rerun:
    st.rerun()
