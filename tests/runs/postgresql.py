"""A PostgreSQL of the tests' own: Debian's programs, a folder that is thrown away, no network."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

START_SECONDS = 30
# Nothing here has to outlive a power cut, and a small server starts sooner.
OPTIONS = {
    "listen_addresses": "", "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
    "shared_buffers": "16MB", "max_connections": "30", "autovacuum": "off",
}


def programs():
    """The folder of initdb and postgres; None where they are not installed."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        folders.insert(0, os.path.dirname(os.path.realpath(found)))
    return next((Path(each) for each in folders if (Path(each) / "postgres").exists()), None)


@contextmanager
def running_server(folder):
    """Start a server in an empty folder; yields its process and address, and ends it."""
    bin_folder = programs()
    # It refuses to be root's.
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    if user:
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    data = folder / "data"
    subprocess.run(
        [bin_folder / "initdb", "-D", data, "-U", "nnviz", "--auth=trust", "--no-sync",
         "--no-locale", "-E", "UTF8"],
        check=True, stdout=subprocess.DEVNULL, **user,
    )
    options = [f"-c{name}={value}" for name, value in OPTIONS.items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [bin_folder / "postgres", "-D", data, "-k", folder, *options],
            stdout=log, stderr=subprocess.STDOUT, **user,
        )
    try:
        url = sa.make_url(f"postgresql+psycopg://nnviz@/postgres?host={folder}")
        wait_until_it_answers(url)
        yield process, url
    finally:
        process.send_signal(signal.SIGQUIT)  # the only signal that waits for nothing
        process.wait(START_SECONDS)


def wait_until_it_answers(url):
    """Wait until a connection can be made."""
    engine = sa.create_engine(url)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            engine.connect().close()
            engine.dispose()
            return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextmanager
def temporary_folder():
    """A folder in memory where there is such a place, with a path short enough for a socket."""
    memory = "/dev/shm"
    place = memory if os.access(memory, os.W_OK) and free_bytes(memory) > 500e6 else None
    folder = Path(tempfile.mkdtemp(prefix="nnviz-pg-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_bytes(path):
    """Bytes that are free where a path is."""
    return shutil.disk_usage(path).free


def execute(url, *statements):
    """Execute statements, each in a transaction of its own."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def emptied(url):
    """The database of a server that the tests use one after the other, without its tables."""
    execute(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
    )
    return url
