"""Start the lab: ``streamlit run app.py``."""

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parent
SIDEBAR_PIXELS = 320  # room for a layer's units and its activation side by side


def show_page() -> None:
    """Run the page that the address names."""
    # An icon of our own: Streamlit fetches named icons from the internet.
    icon = str(ROOT / "nnviz" / "ui" / "icon.svg")
    st.set_page_config(
        page_title="nnviz", page_icon=icon, layout="wide", initial_sidebar_state=SIDEBAR_PIXELS
    )
    pages = [
        st.Page(ROOT / "pages" / "lab.py", title="Lab", default=True),
        st.Page(ROOT / "pages" / "draw.py", title="Draw a digit"),
        st.Page(ROOT / "pages" / "inside.py", title="Inside one step"),
        st.Page(ROOT / "pages" / "landscape.py", title="Loss landscape"),
        st.Page(ROOT / "pages" / "runs.py", title="My runs"),
        st.Page(ROOT / "pages" / "functions.py", title="Building blocks"),
        st.Page(ROOT / "pages" / "texts.py", title="Three texts"),
    ]
    # A frame in somebody's page holds the lab alone.
    position = "hidden" if st.context.is_embedded else "top"
    st.navigation(pages, position=position).run()


if __name__ == "__main__":
    show_page()
else:
    # The server imports this file once, for the routes beside the page and the worker's life;
    # Streamlit then runs it as a script for every page view. What a page needs is imported here
    # already, so that the first visitor does not wait for it.
    from starlette.middleware import Middleware
    from streamlit.runtime.pages_manager import PagesManager

    from nnviz.runs.errors import RunError
    from nnviz.runs.pool import shared_client
    from nnviz.ui import canvas, controls, inside, live, runs, share, takeaway  # noqa: F401
    from nnviz.ui.browser_key import GiveBrowserKey
    from nnviz.ui.canvas import picture
    from nnviz.ui.live import routes as live_routes
    from nnviz.ui.takeaway import routes as takeaway_routes

    # Streamlit takes the folder pages/ for an app of its older kind until st.navigation has been
    # called once: who opened a link to a page first after a start would get that page alone.
    PagesManager.uses_pages_directory = False

    @asynccontextmanager
    async def worker_alive(app):
        """Have the worker ready before the first visitor, and end it with the server."""
        live.figures()
        try:
            await asyncio.to_thread(shared_client().ask, "status")
        except RunError as error:
            print(f"{error} The first page tries again.", file=sys.stderr)
        yield {}
        await asyncio.to_thread(shared_client().close)

    def show_fault(error: Exception) -> bool:
        """Show a sentence instead of the traceback, which is in the log."""
        st.error(
            "The page met a fault of the program; the log has it. Your run is kept: reload it."
        )
        return True

    app = st.App(
        __file__,
        routes=[*live_routes.routes(), *picture.routes(), *takeaway_routes.routes()],
        lifespan=worker_alive,
        middleware=[Middleware(GiveBrowserKey)],
        on_script_error=show_fault,
    )
