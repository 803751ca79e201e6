"""Set up what the tests need and run them: `python3 tests/run.py [pytest arguments]`.

Finds a browser or installs Debian's, makes `.venv` in the project's folder (or completes the one
that is there), installs the requirements, then runs ruff and pytest. Standard library only: this
is what runs before anything is installed.
"""

from __future__ import annotations  # an old Python must get as far as the message in main()

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from browser.find_browser import VARIABLE, BrowserNotFoundError, find_browser

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt")
STAMP = VENV / "installed-for-tests"
OLDEST_PYTHON = (3, 11)
# A browser without fonts draws empty boxes; DejaVu has the superscripts and mathematical signs.
DEBIAN_BROWSER = ("chromium", "fonts-dejavu-core")
# What several servers of the app share: their store, and the balancer before them.
DEBIAN_SERVERS = ("postgresql", "nginx-light")


class SetupError(Exception):
    """The tests cannot be started; the message says why and what to do."""


def say(text):
    """Print at once, so that the lines stay in order with those of the programs started here."""
    print(f"[tests] {text}", flush=True)


def apt_install(packages):
    """Install Debian packages, as root or through a sudo that asks nothing; whether it worked."""
    if shutil.which("apt-get") is None:
        return False
    is_root = os.geteuid() == 0
    if not is_root and shutil.which("sudo") is None:
        return False
    privilege = [] if is_root else ["sudo", "-n"]
    apt = [*privilege, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    say(f"installing {' '.join(packages)} with apt-get")
    subprocess.call([*apt, "update"])  # where it fails the lists may still be good enough
    return subprocess.call([*apt, "install", "-y", "--no-install-recommends", *packages]) == 0


def fingerprint():
    """Hash of everything that decides what is installed."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in REQUIREMENTS)).hexdigest()


def venv_works():
    """Whether `.venv` has an interpreter that starts, is new enough and has pip."""
    if not PYTHON.exists():
        return False
    check = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.call([str(PYTHON), "-c", check], stderr=subprocess.DEVNULL) == 0


def make_venv():
    """Make `.venv` anew with the interpreter that runs this file."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    # Debian and Ubuntu split this module off the interpreter.
    if importlib.util.find_spec("ensurepip") is None and not apt_install([f"python{version}-venv"]):
        raise SetupError(
            f"This Python cannot make virtual environments. Install python{version}-venv."
        )
    say(f"making {VENV.name} with Python {version}")
    venv.EnvBuilder(clear=True, with_pip=True, symlinks=os.name != "nt").create(VENV)


def install_requirements():
    """Bring `.venv` to the state that the requirements files ask for."""
    wanted = fingerprint()
    if venv_works():
        if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
            return
    else:
        make_venv()
    say("installing the requirements (a few minutes the first time)")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input"]
    if subprocess.call([*pip, "-r", str(REQUIREMENTS[-1])]) != 0:
        raise SetupError(f"pip could not install {REQUIREMENTS[-1].relative_to(ROOT)}; see above.")
    STAMP.write_text(wanted, encoding="utf-8")


def provide_browser():
    """Path of a browser, after installing Debian's where there is none and apt-get is there."""
    try:
        return find_browser()
    except BrowserNotFoundError:
        if os.environ.get(VARIABLE) or not apt_install(DEBIAN_BROWSER):
            raise
    return find_browser()


def provide_servers():
    """Install Debian's PostgreSQL and nginx where they are missing; without, tests are skipped."""
    has_database = shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    has_balancer = shutil.which("nginx") or Path("/usr/sbin/nginx").exists()
    if not (has_database and has_balancer) and not apt_install(DEBIAN_SERVERS):
        say("no PostgreSQL or no nginx: the tests of several servers will be skipped")


def main(arguments):
    """Set up, run ruff and pytest; the first exit code that is not 0."""
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        raise SetupError(f"Python {needed} or newer is needed; this is {sys.version.split()[0]}.")
    browser = provide_browser()
    say(f"browser: {browser}")
    provide_servers()
    install_requirements()
    say("ruff")
    lint = subprocess.call([str(PYTHON), "-m", "ruff", "check", "."], cwd=ROOT)
    say("pytest")
    environment = {**os.environ, VARIABLE: browser}
    tests = subprocess.call([str(PYTHON), "-m", "pytest", *arguments], cwd=ROOT, env=environment)
    say("passed" if not (lint or tests) else f"FAILED (ruff {lint}, pytest {tests})")
    return tests or lint


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (SetupError, BrowserNotFoundError) as error:
        sys.exit(f"[tests] {error}")
