"""What protects a server: its settings, bounded requirements, nothing vulnerable that is known."""

import ast
import importlib.util
import json
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from streamlit import config as streamlit_config

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt")
AUDIT_SERVICE = ("api.osv.dev", 443)
AUDIT_SECONDS = 100
# They install packages and are no part of what runs.
INSTALLERS = ("pip", "setuptools", "wheel")


def required(path):
    """The requirements of a file."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-r ")]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.parent.name)
def test_every_requirement_has_a_bound_on_either_side(path):
    for requirement in required(path):
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators & {">=", ">"}, requirement
        assert operators & {"<", "<=", "=="}, requirement


def test_the_server_refuses_pages_of_other_sites_and_large_uploads():
    own = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    for option in ("enableCORS", "enableXsrfProtection"):
        default = streamlit_config._config_options_template[f"server.{option}"].default_val
        assert own["server"].get(option, default) is True
    assert own["server"]["maxUploadSize"] <= 20  # megabytes
    assert own["browser"]["gatherUsageStats"] is False


def test_the_readme_names_tests_that_are_there():
    text = (ROOT / "README.md").read_text("utf-8")
    named = re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", text)
    assert len(named) > 10
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text("utf-8"), (path, test)


def source_files():
    return [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "nnviz").rglob("*.py")]


def test_nothing_is_evaluated_and_no_shell_is_started():
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in ("eval", "exec", "compile", "os.system", "os.popen"), path
            if isinstance(node, ast.keyword):
                is_true = isinstance(node.value, ast.Constant) and node.value.value is True
                assert not (node.arg in ("shell", "unsafe_allow_html") and is_true), path


def test_no_script_of_a_page_writes_markup():
    # `innerHTML = ""` and the like would be safe; none is needed.
    pattern = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    )
    for path in (ROOT / "nnviz").rglob("*.js"):
        assert not pattern.search(path.read_text(encoding="utf-8")), path


def is_reachable(address):
    try:
        socket.create_connection(address, timeout=3).close()
    except OSError:
        return False
    return True


def test_no_installed_package_has_a_known_weakness():
    # Offline this says nothing: the test is then skipped, and passes for no audit.
    if importlib.util.find_spec("pip_audit") is None:
        pytest.skip("pip-audit is not installed: nothing was audited.")
    if not is_reachable(AUDIT_SERVICE):
        pytest.skip(f"{AUDIT_SERVICE[0]} cannot be reached: nothing was audited.")
    try:
        audit = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--format",
             "json", "--progress-spinner", "off"],
            capture_output=True, text=True, timeout=AUDIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{AUDIT_SERVICE[0]} did not answer in time: nothing was audited.")
    if not audit.stdout:
        pytest.skip(f"The audit did not come about: {audit.stderr[-300:]}")
    found = [
        f"{package['name']} {package['version']}: {weakness['id']}"
        for package in json.loads(audit.stdout)["dependencies"]
        for weakness in package.get("vulns", ())
        if package["name"] not in INSTALLERS
    ]
    assert found == []
