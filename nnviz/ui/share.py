"""The links of a run: its settings, a copy of it, a look at it."""

from urllib.parse import quote, urlencode

import streamlit as st

from nnviz import links
from nnviz.runs.client import Requests
from nnviz.runs.identity import is_share_id, share_id
from nnviz.settings import SETTINGS, RunConfig
from nnviz.ui import address, session

TOOL_LABELS = {
    "start": "Start from, model files", "run": "Run", "step": "Step", "epoch": "Epoch",
    "back": "Back", "reset": "Reset", "new_weights": "New weights", "speed": "Speed",
    "stops": "Stops", "timeline": "Timeline",
}
_LABELS = {setting.link_name: setting.label for setting in SETTINGS.values()} | TOOL_LABELS


def offer(client: Requests, run: str, config: RunConfig) -> None:
    """Show the button with the links of a run."""
    # Drawn again when it is opened: speed and stops change without a run of the script.
    with st.popover("Share", icon=":material/share:", key="share", on_change="rerun"):
        st.markdown("**The settings**, for a new run of whoever opens the link")
        restricted = _restrictions()
        settings = links.to_query(config, client.timing(run)) | restricted
        _show_link(settings)
        share = run if is_share_id(run) else share_id(run)
        st.markdown("**A copy of this run**, as it is when the link is opened")
        _show_link({address.COPY: share} | restricted)
        st.markdown("**This run, to look at**: whoever opens it sees it train and changes nothing")
        _show_link({address.VIEW: share})
        st.markdown("**In a web page of your own**")
        source = _link(settings | {"embed": "true"})
        st.code(
            f'<iframe src="{source.replace("&", "&amp;")}" title="nnviz" width="100%" '
            'height="1000"></iframe>',
            language=None, wrap_lines=True,
        )
        if not is_share_id(run):
            st.caption("Who has the address of this page itself can do everything with this run.")


def _restrictions() -> dict[str, str]:
    """Draw the lists of what a link hides and locks; return what they add to its query."""
    # What this page's own link hides and locks goes on with it, unless it is taken away here.
    now = address.Locks() if session.locks() == address.VIEWING else session.locks()
    chosen = {
        name: column.multiselect(
            label, list(_LABELS), [each for each in _LABELS if address.name_of(each) in names],
            format_func=_LABELS.get,
        )
        for column, name, label, names in zip(
            st.columns(2), (address.HIDE, address.LOCK), ("Hide", "Lock"),
            (now.hidden, now.locked), strict=True,
        )
    }
    return {name: ",".join(parts) for name, parts in chosen.items() if parts}


def _show_link(query: dict[str, str]) -> None:
    st.code(_link(query), language=None, wrap_lines=True)


def _link(query: dict[str, str]) -> str:
    # On a page of its own the address of the app has no path at all.
    base = (st.context.url or "").rstrip("/")
    return f"{base}/?{urlencode(query, safe=',~', quote_via=quote)}"


def show_view(client: Requests, run: str) -> None:
    """Say that this page only shows its run, and offer a copy."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown("You are looking at somebody's run. It is theirs to train.")
        if st.button("Open a copy"):
            session.open_copy(client, run)
            st.rerun()
