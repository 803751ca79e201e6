"""Taking a run away as files, and starting one from a model file."""

import streamlit as st

from nnviz.captions import describe
from nnviz.export import onnx_file
from nnviz.export.model_file import ModelFileError, SavedModel, load
from nnviz.export.restore import config_of
from nnviz.runs.client import Requests
from nnviz.runs.takeaway import packed_weights
from nnviz.settings import RunConfig
from nnviz.ui import session
from nnviz.ui.component import component
from nnviz.ui.takeaway.files import FILES
from nnviz.ui.text import plain

_component = component("takeaway")


def offer(client: Requests, run: str) -> None:
    """Show the button with the downloads of a run and the field for a model file."""
    files = [{"id": file.id, "label": file.label, "about": file.about} for file in FILES.values()]
    with st.popover("Take away", icon=":material/download:"):
        st.markdown("**This run, as it is now**")
        _component(key="takeaway", data={"run": run, "files": files})
        more = "" if onnx_file.is_available() else " ONNX needs the package onnx at the server."
        st.caption(f"To save a chart, press Save at its head.{more}")
        locks = session.locks()
        if "start" not in locks.hidden | locks.locked:
            st.markdown("**Another network**")
            _load(client, run)


def _load(client: Requests, run: str) -> None:
    uploaded = st.file_uploader(
        "Load a model file", type="npz", key=session.upload_key(),
        help="A .npz that nnviz has saved. A new run begins with its weights; this one is kept.",
    )
    if uploaded is None:
        return
    try:
        model = load(uploaded.getvalue())
        config = config_of(model)
    except ModelFileError as error:
        st.error(f"{plain(uploaded.name)}: {plain(str(error))}", icon=":material/error:")
        return
    st.markdown(plain(_described(model, config)))
    if st.button("Start a run from these weights"):
        weights = packed_weights(model.network, "a model file")
        session.replace_run(client, run, config, weights)
        session.forget_upload()
        st.rerun()


def _described(model: SavedModel, config: RunConfig) -> str:
    """Return a network in words, and how far it was trained where the file knows."""
    sizes = "-".join(map(str, config.layer_sizes))
    functions = ", ".join(f.label for f in model.network.activations)
    step = model.known["step"]
    trained = "" if step is None else f", saved after step {step:,}"
    return f"{sizes} ({functions}) on {describe('dataset', config.dataset)}{trained}."
