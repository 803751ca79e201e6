"""Imports run one way, and nothing unpickles: read from the source, nothing is run for it."""

import ast
import subprocess
import sys
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("app.py", "nnviz", "pages", "benchmarks", "tests")

PAGE_LIBRARIES = ("streamlit", "starlette")
PLOTS_AND_PAGES = ("plotly", *PAGE_LIBRARIES)
# What the modules under a name must not import; the longest name that fits a module decides.
FORBIDDEN = {
    "nnviz": (*PLOTS_AND_PAGES, "nnviz.figures", "nnviz.runs", "nnviz.ui", "pages", "app"),
    "nnviz.figures": (*PAGE_LIBRARIES, "nnviz.runs", "nnviz.ui", "pages", "app"),
    "nnviz.runs": (*PLOTS_AND_PAGES, "nnviz.figures", "nnviz.ui", "pages", "app"),
    "nnviz.ui": ("pages", "app"),
    "pages": ("app",),
}
# Loading what these have written can run any code.
UNPICKLERS = ("pickle", "_pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve")


def is_under(name, prefix):
    """Whether a dotted name is `prefix` or lies below it."""
    return name == prefix or name.startswith(f"{prefix}.")


def module_name(path, root):
    """Dotted name of a source file, and whether it is a package's own file."""
    parts = path.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    return ".".join(parts[:-1] if is_package else parts), is_package


def imports(tree, module, is_package):
    """Yield (line, absolute dotted name) of everything a module imports, wherever it does."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=source, names=names, level=level):
                package = module if is_package else module.rpartition(".")[0]
                base = resolve_name("." * level + (source or ""), package)
                # The name may be a module of that package: from nnviz import runs.
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def allowed_pickles(tree):
    """Yield (line, what) where NumPy is told to unpickle."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="allow_pickle", value=value) if not (
                isinstance(value, ast.Constant) and value.value is False
            ):
                yield value.lineno, "allow_pickle"


def forbidden_for(module):
    """What a module must not import."""
    fitting = [name for name in FORBIDDEN if is_under(module, name)]
    return (*UNPICKLERS, *(FORBIDDEN[max(fitting, key=len)] if fitting else ()))


def violations(root):
    """Yield 'file:line imports name' for every broken rule in the project at `root`."""
    for part in PARTS:
        place = root / part
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            module, is_package = module_name(path, root)
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            where = path.relative_to(root).as_posix()
            for line, name in imports(tree, module, is_package):
                if any(is_under(name, prefix) for prefix in forbidden_for(module)):
                    yield f"{where}:{line} imports {name}"
            for line, what in allowed_pickles(tree):
                yield f"{where}:{line} sets {what}"


def test_the_imports_run_one_way_and_nothing_unpickles():
    assert list(violations(ROOT)) == []


def test_every_folder_of_source_is_read():
    assert all((ROOT / part).exists() for part in PARTS)


@pytest.mark.parametrize(
    ("path", "source", "found"),
    [
        ("nnviz/network.py", "import streamlit as st", "streamlit"),
        ("nnviz/network.py", "def plot():\n    from plotly import graph_objects", "plotly"),
        ("nnviz/network.py", "from nnviz import runs", "nnviz.runs"),
        ("nnviz/network.py", "from . import ui", "nnviz.ui"),
        ("nnviz/__init__.py", "from .figures import loss", "nnviz.figures"),
        ("nnviz/data/__init__.py", "from ..runs.store import Store", "nnviz.runs"),
        ("nnviz/data/table.py", "from ..ui import session", "nnviz.ui"),
        ("nnviz/data/table.py", "import importlib\nimportlib.import_module('app')", "app"),
        ("nnviz/figures/loss.py", "from streamlit import session_state", "streamlit"),
        ("nnviz/figures/loss.py", "import nnviz.runs.client", "nnviz.runs"),
        ("nnviz/runs/worker.py", "import plotly.graph_objects as go", "plotly"),
        ("nnviz/runs/worker.py", "from ..figures import theme", "nnviz.figures"),
        ("nnviz/ui/session.py", "from pages import lab", "pages"),
        ("pages/lab.py", "import app", "app"),
        ("app.py", "import pickle", "pickle"),
        ("tests/test_models.py", "numpy.load(path, allow_pickle=True)", "allow_pickle"),
    ],
)
def test_a_broken_rule_is_found(tmp_path, path, source, found):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    (violation,) = violations(tmp_path)
    assert violation.startswith(f"{path}:{len(source.splitlines())} ")
    assert found in violation


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("nnviz/network.py", "import numpy\nfrom .losses import MSE\nfrom nnviz import data"),
        ("nnviz/figures/loss.py", "import plotly.graph_objects as go\nfrom .theme import COLORS"),
        ("nnviz/figures/loss.py", "from ..training import History"),
        ("nnviz/runs/store.py", "import sqlite3\nfrom ..network import Network"),
        ("nnviz/ui/live/__init__.py", "import streamlit\nfrom ...runs import client"),
        ("pages/lab.py", "import streamlit\nfrom nnviz import figures\nfrom nnviz.ui import x"),
        ("nnviz/models.py", "numpy.load(path, allow_pickle=False)"),
        ("nnviz/models.py", "import streamlit_like\nimport pickles"),
    ],
)
def test_what_is_allowed_passes(tmp_path, path, source):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    assert list(violations(tmp_path)) == []


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("nnviz", ("streamlit", "plotly", "nnviz.ui")),
        ("nnviz.runs", ("streamlit", "plotly", "nnviz.ui")),
        ("nnviz.figures", ("streamlit", "nnviz.ui")),
    ],
)
def test_importing_a_layer_loads_none_above_it(module, absent):
    code = f"import sys, {module}; print(*sorted(set({absent}) & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (result.stdout.strip(), result.stderr) == ("", "")
