"""What the tests of pages share: a server's client, and the lab as it opens."""

import pytest

from tests.pages.app import served, visit


@pytest.fixture(scope="package")
def client(tmp_path_factory):
    """The server's client, as the pages find it, with a data folder of its own."""
    with served(tmp_path_factory) as client:
        yield client


@pytest.fixture
def page(client):
    """The page of a new run."""
    return visit()
