"""What the tests of the store share: databases of both kinds, and stores over them."""

import pytest

from nnviz.runs.database import sqlite_url
from nnviz.runs.store import RunStore
from tests.runs import postgresql


@pytest.fixture(scope="session")
def postgresql_server():
    """The address of a PostgreSQL server of this session's own."""
    if postgresql.programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql).")
    with (
        postgresql.temporary_folder() as folder,
        postgresql.running_server(folder) as (_, url),
    ):
        yield url


@pytest.fixture
def path(tmp_path):
    """The file of an SQLite store, in a folder that is not there yet."""
    return tmp_path / "folder" / "runs.sqlite3"


@pytest.fixture
def postgresql_url(postgresql_server):
    """The address of an empty database on PostgreSQL."""
    return postgresql.emptied(postgresql_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, path):
    """The address of an empty database, of each kind."""
    if request.param == "sqlite":
        return sqlite_url(path)
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
def open_store():
    """Make stores that end with the test: `open_store(url)`."""
    made = []

    def make(url, **options):
        made.append(RunStore(url, **options))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(url, open_store):
    """A store over an empty database."""
    return open_store(url)
