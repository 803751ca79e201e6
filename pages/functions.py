"""The building blocks: what each activation, loss, initialiser and optimiser is."""

import streamlit as st

from nnviz import ACTIVATIONS, INITIALIZERS, LOSSES, OPTIMIZERS
from nnviz.figures.functions import activation_figure, softmax_figure
from nnviz.regularization import REGULARIZERS
from nnviz.schedules import SCHEDULES

TABLES = {
    "Activations": ACTIVATIONS,
    "Losses": LOSSES,
    "First weights": INITIALIZERS,
    "Optimisers": OPTIMIZERS,
    "Schedules": SCHEDULES,
    "Regularisation": REGULARIZERS,
}

st.markdown("# Building blocks")
st.markdown("Every function the lab offers: its formula, when to use it, where it comes from.")
table = st.segmented_control(
    "Show", list(TABLES), default="Activations", required=True, label_visibility="collapsed"
)
for item in TABLES[table].values():
    with st.container(border=True):
        words, plot = st.columns(2) if table == "Activations" else (st.container(), None)
        with words:
            st.markdown(f"## {item.label}")
            st.latex(item.formula)
            if table == "Activations":
                st.latex(item.derivative_formula)
            st.markdown(item.when)
            st.caption(f"Source: {item.source}")
        if plot is not None:
            figure = softmax_figure if item.output_only else activation_figure
            plot.plotly_chart(
                figure(item), key=item.id, config={"displayModeBar": False}, width="stretch"
            )
