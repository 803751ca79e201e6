"""What the tests of routes share: a server's client."""

import pytest

from tests.pages.app import served


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The server's client, as the routes find it, with a data folder of its own."""
    with served(tmp_path_factory) as client:
        yield client
