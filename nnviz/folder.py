"""Where nnviz keeps what outlives it: runs, and the data sets that are not part of a library."""

import os
from pathlib import Path

from platformdirs import user_data_path

FOLDER_VARIABLE = "NNVIZ_DATA_DIR"


def data_folder() -> Path:
    """Return the folder that ``NNVIZ_DATA_DIR`` names, else the user's own for this app."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else user_data_path("nnviz", appauthor=False)
