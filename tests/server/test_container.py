"""What the container image holds is what the app needs; built here as far as that goes."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.browser.server import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture
def image(tmp_path):
    """The image's /app: what the COPY lines bring, and nothing else."""
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *sources, target = line.split()
        for name in sources:
            source = ROOT / name
            place = tmp_path / target / (source.name if target == "./" else "")
            if source.is_dir():
                shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, place)
    return tmp_path


def test_the_app_starts_from_what_the_image_holds_on_a_read_only_file_system(image, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    subprocess.run([sys.executable, "-m", "compileall", "-q", "nnviz", "pages", "app.py"],
                   cwd=image, check=True)
    before = {path: path.stat().st_mtime_ns for path in (image / "nnviz").rglob("*")}
    code = (
        "import app\n"
        "from nnviz.runs.pool import shared_client\n"
        "from nnviz.settings import RunConfig\n"
        "shared_client().act(shared_client().create(RunConfig()), 'step')\n"
        "shared_client().close()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=image, capture_output=True, text=True, timeout=250,
        env={"PATH": "", "HOME": str(data), "NNVIZ_DATA_DIR": str(data)},
    )
    assert result.returncode == 0, result.stderr
    # Nothing was written beside the code, so it may be read-only.
    assert before == {path: path.stat().st_mtime_ns for path in (image / "nnviz").rglob("*")}
    assert any(data.iterdir())


def test_the_container_runs_as_nobody_in_particular_and_tells_its_health():
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)
    assert "HEALTHCHECK" in DOCKERFILE
    assert "/_stcore/health" in DOCKERFILE
    assert "OMP_NUM_THREADS=1" in DOCKERFILE


def test_the_image_installs_what_the_tests_install_for_postgresql():
    (wanted,) = re.findall(r'"(psycopg\[binary\][^"]*)"', DOCKERFILE)
    tested = (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert wanted in tested
