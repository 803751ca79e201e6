"""The three texts the lab began from: what each did, where it was wrong, what the fix changes."""

import streamlit as st

from nnviz.recipes import RECIPES
from nnviz.runs.pool import shared_client
from nnviz.settings import RunConfig
from nnviz.ui import session

# What of a text the lab can train. The article's rate is for half the sum of squares over a batch
# of 15; the lab's loss is their mean over samples and 10 outputs: 0.001 * 15 * 10 / 2.
IN_THE_LAB = {
    "article": RunConfig(
        hidden=((15, "relu"),), output="sigmoid", loss="mse", initializer="lecun_normal",
        scaling="none", batch_size=15, learning_rate=0.075, seed=1,
    ),
}

st.markdown("# Three texts")
st.markdown(
    "The lab began from two articles and a notebook, each unfinished or wrong in places. Here is "
    "what they do, finished. The code is in `nnviz/recipes/`, and the tests hold every figure."
)
for recipe in RECIPES.values():
    with st.container(border=True):
        st.markdown(f"## {recipe.title}")
        st.markdown(recipe.what)
        st.markdown("### Where it was wrong")
        st.markdown("\n".join(f"- {point}" for point in recipe.wrong))
        st.markdown("### What the fix changes")
        st.markdown(recipe.change)
        if recipe.id in IN_THE_LAB and st.button(
            "Open in the lab, with the correct gradient", key=recipe.id
        ):
            session.show_run(shared_client().create(IN_THE_LAB[recipe.id]))
            st.switch_page("pages/lab.py")
