"""Downloads: each file of a run at an address of its own, made when it is asked for.

They pass by Streamlit: no script run, and nothing is kept in a session's memory.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from nnviz.runs import takeaway
from nnviz.runs.errors import RunError, UnknownRun
from nnviz.runs.pool import shared_client
from nnviz.ui.takeaway.files import FILES, File

# Nothing of what a file holds is run or fetched, should a browser open it after all.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def routes() -> list[BaseRoute]:
    """Return the route of the downloads, ``/nnviz/runs/{run}/files/{file}``."""
    return [Route("/nnviz/runs/{run}/files/{file}", _download, methods=["GET"])]


async def _download(request: Request) -> Response:
    file = FILES.get(request.path_params["file"])
    if file is None:
        return PlainTextResponse(
            f"There is no such file of a run. Known: {', '.join(FILES)}.", 404, _HEADERS
        )
    try:
        # Making a report takes a tenth of a second: on a thread, or every page would wait.
        name, content = await asyncio.to_thread(_made, request.path_params["run"], file)
    except RunError as error:
        status = 404 if isinstance(error, UnknownRun) else 503
        return PlainTextResponse(str(error), status, _HEADERS)
    headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=file.media_type, headers=headers)


def _made(run: str, file: File) -> tuple[str, bytes]:
    """Return the name and the content of a file of a run."""
    message = shared_client().ask("question", run=run, question="record", arguments={})
    record = takeaway.unpacked(message)
    return record.name + file.suffix, file.make(record)
