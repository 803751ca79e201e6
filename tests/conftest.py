"""What every test shares: a data folder of its own, the MNIST files, Hypothesis's settings."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

# As in the worker process (`nnviz.runs.client`): small products are faster on one thread, and
# results are the same bit for bit. NumPy reads it when it is first imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# No deadline: on a shared machine the time of one example says nothing about the code. The same
# examples every time, so that what passed passes again; new ones where NNVIZ_NEW_EXAMPLES is set.
settings.register_profile(
    "nnviz", deadline=None, derandomize="NNVIZ_NEW_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("nnviz")


def pytest_configure(config):
    """Point the app's data folder at a temporary one, before any test module is imported."""
    # A leftover handle keeps a file in place on Windows; that must not fail the run.
    folder = tempfile.TemporaryDirectory(prefix="nnviz-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    os.environ["NNVIZ_DATA_DIR"] = folder.name


def has_mnist(folder):
    """Whether the four IDX files are there, each plain or gzipped."""
    return all(
        any((folder / f"{name}{suffix}").is_file() for suffix in ("", ".gz"))
        for name in MNIST_FILES
    )


@pytest.fixture(scope="session")
def mnist_dir():
    """Folder with MNIST's four IDX files: NNVIZ_MNIST_DIR, else the one shared beside the project.

    A named folder without the files is a mistake and fails; no folder at all skips the test.
    """
    named = os.environ.get("NNVIZ_MNIST_DIR")
    folder = Path(named) if named else ROOT.parent / "shared" / "data" / "mnist"
    if has_mnist(folder):
        return folder
    if named:
        pytest.fail(f"NNVIZ_MNIST_DIR={named} does not hold the files {', '.join(MNIST_FILES)}.")
    pytest.skip(f"MNIST is not at {folder}; name its folder with NNVIZ_MNIST_DIR.")
