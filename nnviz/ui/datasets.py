"""What a page says of a data set that is not there, and how it gets it."""

import streamlit as st

from nnviz.data import DATASETS, download, images
from nnviz.runs.downloads import Download, shared_download


def show_missing(dataset: str, why: str) -> None:
    """Show why a chosen data set cannot be used, and offer to download it where that may help."""
    st.warning(f"{why} The run below goes on with what it has.", icon=":material/info:")
    if dataset != "mnist" or images.is_here(dataset):
        return
    under_way = shared_download()
    if under_way.is_running():
        _show_progress(under_way)
        return
    if under_way.reason:
        st.error(f"{under_way.reason} The files can also be put there by hand.",
                 icon=":material/error:")
    st.button(
        "Download MNIST", on_click=under_way.start,
        help=f"About {download.MEGABYTES} MB from openml.org, once for this server.",
    )


@st.fragment(run_every=1.0)
def _show_progress(under_way: Download) -> None:
    if not under_way.is_running():
        st.rerun()
    megabytes = under_way.megabytes
    st.progress(
        min(megabytes / download.MEGABYTES, 1.0),
        text=f"{DATASETS['mnist'].label}: {megabytes:.1f} of about {download.MEGABYTES} MB from "
        f"openml.org, {under_way.seconds:.0f} s. Training goes on meanwhile.",
    )
    st.button("Stop the download", on_click=under_way.stop)
