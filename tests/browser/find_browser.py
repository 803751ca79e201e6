"""Where an installed Chromium, Chrome or Edge is; standard library only, for run.py needs it."""

from __future__ import annotations  # run.py must get as far as its own message on an old Python

import ntpath
import os
import posixpath
import shutil
import sys

VARIABLE = "NNVIZ_BROWSER"

COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
)
MAC_FOLDERS = ("/Applications", "~/Applications")
MAC_PROGRAMS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
WINDOWS_FOLDER_VARIABLES = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
WINDOWS_PROGRAMS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)

HOW_TO_GET_ONE = f"""\
The browser tests need Chromium, Google Chrome or Microsoft Edge, and none was found.
  Debian:  sudo apt-get install chromium
  Ubuntu:  the .deb package from https://www.google.com/chrome/
  Fedora:  sudo dnf install chromium
  macOS:   brew install --cask google-chrome
  Windows: winget install Google.Chrome
One that is installed elsewhere is named with {VARIABLE}=/path/to/the/program."""


class BrowserNotFoundError(LookupError):
    """No usable browser; the message says how to get one."""


def usual_places(platform, environ):
    """Full paths where an installer of this platform puts a browser, best first."""
    if platform == "darwin":
        folders = [posixpath.expanduser(folder) for folder in MAC_FOLDERS]
        return [posixpath.join(folder, name) for folder in folders for name in MAC_PROGRAMS]
    if platform == "win32":
        folders = [environ[name] for name in WINDOWS_FOLDER_VARIABLES if environ.get(name)]
        return [ntpath.join(folder, name) for folder in folders for name in WINDOWS_PROGRAMS]
    return []


def find_browser(environ=os.environ, platform=sys.platform):
    """Path of the browser for the tests: the one named in NNVIZ_BROWSER, else an installed one."""
    named = environ.get(VARIABLE)
    if named:
        found = shutil.which(named, path=environ.get("PATH", ""))
        if found is None:
            raise BrowserNotFoundError(f"{VARIABLE}={named} is not a program that can be started.")
        return found
    search_path = environ.get("PATH", "")
    for name in (*COMMANDS, *usual_places(platform, environ)):
        found = shutil.which(name, path=search_path)
        if found is not None:
            return found
    raise BrowserNotFoundError(HOW_TO_GET_ONE)
