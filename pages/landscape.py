"""The loss landscape: what the next step would do, and the ground around the weights."""

import streamlit as st

from nnviz.runs.errors import RunError
from nnviz.runs.pool import shared_client
from nnviz.ui import landscape, session

VIEWS = {
    "descent": "The learning rate, before the step",
    "gradient": "Around the weights",
    "path": "Along the way so far",
}
WORDS = {
    "descent": r"""
        Each point is the loss $L(w - \eta\, g)$ after one step against the gradient $g$, for a
        learning rate $\eta$ from 0.00001 to 10. At the lowest point the step ends on the valley's
        floor; beyond it the step lands on the other side, and then higher than before. Of the next
        mini-batch this is the very line along which plain SGD goes; what its step does to samples
        that are not in it, a fixed sample shows.""",
    "gradient": """
        The loss over a plane through the weights: to the right against the gradient, upwards a
        random direction, both scaled unit by unit to the unit's own weights. At 1 every unit has
        moved by its own length.""",
    "path": """
        The loss over the plane in which the remembered steps of training lie most (its two
        principal directions; the share of the way's variation that each holds is in its title).""",
}

client = shared_client()
try:
    run, config = session.current_run(client)
    st.markdown("# Loss landscape")
    if message := session.take_message():
        st.warning(message, icon=":material/info:")
    st.markdown(
        "Training goes down a mountain blindfold: it feels the slope under its feet, the "
        "gradient, takes a step downhill, and feels again. Nobody in it sees what is drawn here."
    )
    view = st.segmented_control(
        "Show", list(VIEWS), default="descent", required=True, format_func=VIEWS.get,
        label_visibility="collapsed",
    )
    st.markdown(WORDS[view])
    if view == "descent":
        view = landscape.choose_samples()
    made = landscape.view_of(client, run, view, starts_itself=view in landscape.LINES)
except RunError as error:
    st.error(f"{error} Reload the page to try again.", icon=":material/error:")
    st.stop()
if made is not None:
    if view in landscape.LINES:
        landscape.show_descent(*made)
    else:
        landscape.show_surface(view, *made)
