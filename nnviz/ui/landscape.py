"""What the page of the loss landscape does: has views made, shows how far they are, keeps them."""

from typing import Any

import numpy as np
import streamlit as st

from nnviz.figures import landscape as figures
from nnviz.runs import wire
from nnviz.runs.client import Requests
from nnviz.runs.errors import RunError
from nnviz.ui import session

POLL_SECONDS = 0.3
TITLES = {
    "gradient": ("against the gradient", "a random direction"),
    "path": ("first principal direction of the way", "second principal direction"),
}
# The lines by learning rate, and over which samples each is.
LINES = {"step": "the next mini-batch", "descent": "a fixed sample"}
Made = tuple[dict[str, Any], dict[str, np.ndarray]]


def ask(client: Requests, run: str, question: str, **arguments: Any) -> Any:
    """Return a run's answer to a question."""
    return client.ask("question", run=run, question=question, arguments=arguments)


def choose_samples() -> str:
    """Have a person choose over which samples a line is; return its view, one of `LINES`."""
    return st.segmented_control(
        "Loss of", list(LINES), default="step", required=True, format_func=LINES.get,
    )


def view_of(client: Requests, run: str, view: str, starts_itself: bool) -> Made | None:
    """Offer a view of the landscape: its result where there is one, else its progress.

    Parameters
    ----------
    client : Requests
    run : str
    view : str
        One of `runs.landscapes.VIEWS`.
    starts_itself : bool
        Whether it is made without being asked for, where there is none yet.
    """
    kept = session.kept_view(run, view)
    step = ask(client, run, "figures")["step"]
    if not isinstance(kept, bytes | str) and starts_itself:
        kept = _begin(client, run, view)
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Compute for step {step:,}"
        if st.button(label, disabled=kept == session.MAKING, key=f"compute {view}"):
            kept = _begin(client, run, view)
        if kept == session.MAKING:
            _wait(client, run, view)
    if not isinstance(kept, bytes):
        if kept not in (None, session.MAKING):
            st.warning(kept, icon=":material/info:")
        return None
    meta, arrays = wire.unpack(kept)
    note = "" if meta["step"] == step else f" The run shows step {step:,} now."
    st.caption(f"Step {meta['step']:,}: {meta['loss']}, on {_samples(meta)}.{note}")
    return meta, arrays


def _samples(meta: dict[str, Any]) -> str:
    """Return in words what a view's loss is the mean over, and what is added to it."""
    if meta["view"] != "step":
        return (
            f"{meta['samples']} training samples, always the same; without penalties and dropout"
        )
    text = f"the mini-batch of step {meta['step'] + 1:,}, {meta['samples']} training samples"
    text += ", with what the penalties add" * meta["has_penalty"]
    return text + "; the units that dropout leaves out of this step are out" * meta["has_dropout"]


def _begin(client: Requests, run: str, view: str) -> str | None:
    try:
        ask(client, run, "landscape", view=view, begin=True)
    except RunError as error:
        st.warning(str(error), icon=":material/info:")
        return None
    session.keep_view(run, view, session.MAKING)
    return session.MAKING


@st.fragment(run_every=POLL_SECONDS)
def _wait(client: Requests, run: str, view: str) -> None:
    """Show how far a view is, until it is there; the button gives it up."""
    if session.kept_view(run, view) != session.MAKING:
        return
    if st.button("Cancel", key=f"cancel {view}"):
        ask(client, run, "cancel_landscape", view=view)
        session.keep_view(run, view, None)
        st.rerun()
    try:
        found = ask(client, run, "landscape", view=view)
    except RunError as error:
        session.keep_view(run, view, str(error))
        st.rerun()
    if isinstance(found, bytes):
        session.keep_view(run, view, found)
        st.rerun()
    st.progress(found["progress"], text=f"Computing: {found['progress']:.0%}")


def show_descent(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Show the line along the gradient, and say what the run's learning rate would do."""
    if meta["loss_here"] is None:
        st.warning(
            "The loss of these weights is no longer finite, so there is no line to draw. Go back "
            "to an earlier step in the lab.", icon=":material/warning:",
        )
        return
    follows_line = meta["optimizer"] == "SGD"
    after = meta.get("loss_after")
    own = None if follows_line or after is None else (meta["optimizer"], after)
    figure = figures.descent_figure(
        arrays["rates"], arrays["losses"], meta["loss_here"], meta["rate"], meta["regions"],
        meta["stable_rate"], meta["loss_at_rate"], own,
    )
    st.plotly_chart(figure, key="descent", config={"displayModeBar": False}, width="stretch")
    names = [name for name, low, high in meta["regions"] if low <= meta["rate"] <= high]
    place = f"is **{names[0]}** here" if names else "lies outside of this line"
    verdict = (
        f"The run's rate of {meta['rate']:g} {place}: from a loss of {meta['loss_here']:.4g} it "
        f"leads to {_text(meta)}. "
    )
    if meta["curvature"] is None:
        stable = "The curvature along g is too large for a number."
    elif meta["stable_rate"] is None:
        stable = "The loss curves downwards along g, so no largest stable rate follows from it."
    else:
        stable = (
            f"The curvature along g is {meta['curvature']:.3g}, so the largest stable rate is "
            f"about {_stable(meta)}{meta['stable_rate']:.3g}."
        )
    st.markdown(verdict + stable)
    if not follows_line:
        leads = "" if after is None else f" Its own step leads to {after:.4g}."
        st.markdown(
            f"{meta['optimizer']} does not step along the plain gradient, so its steps are longer "
            f"or shorter than this line says.{leads}"
        )


def _text(meta: dict[str, Any]) -> str:
    loss = meta["loss_at_rate"]
    return "a loss that is no longer finite" if loss is None else f"{loss:.4g}"


def _stable(meta: dict[str, Any]) -> str:
    """Return the sum behind the largest stable rate; a gradient made shorter has another one."""
    return "" if meta.get("is_shortened") else f"2 / {meta['curvature']:.3g} = "


def show_surface(view: str, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Show the ground around the weights, from above or as a relief."""
    look = st.segmented_control(
        "Look", ["From above", "In relief"], default="From above", required=True,
        label_visibility="collapsed",
    )
    titles = TITLES[view]
    if meta["shares"]:
        titles = tuple(f"{title} ({share:.0%})" for title, share in zip(
            titles, meta["shares"], strict=True))
    parts = [arrays[name] for name in ("u", "v", "losses", "path")]
    if look == "From above":
        figure = figures.contour_figure(*parts, titles)
    else:
        figure = figures.relief_figure(*parts, arrays["path_losses"], titles)
    st.plotly_chart(figure, key=look, config={"displayModeBar": False}, width="stretch")
