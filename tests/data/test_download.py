"""MNIST from openml.org: what comes is kept as the app reads it; what fails is said."""

import json
import socket
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from nnviz import data
from nnviz.data import DataError, download, images
from nnviz.data.families import FAMILIES

COUNT = 70  # of which 60 to train on: a thousandth of MNIST


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(download, "_FAMILY", replace(FAMILIES["mnist"], samples=(60, 10)))
    return tmp_path


def sent(count=COUNT, pixels=784, value=7.0):
    """What scikit-learn gives: numbers as float, classes as texts."""
    x = np.zeros((count, pixels), np.float32)
    x[:, 0] = value
    x[-1, -1] = 255
    return SimpleNamespace(data=x, target=(np.arange(count) % 10).astype(str).astype(object))


def test_what_comes_is_kept_and_found(folder, tmp_path):
    asked = {}

    def fetch(name, **options):
        asked.update(options, name=name)
        return sent()

    path = download.download(tmp_path / "home", fetch)
    assert asked == {
        "name": "mnist_784", "version": 1, "as_frame": False, "data_home": str(tmp_path / "home"),
    }
    assert path == folder / "mnist" / "mnist.npz"
    assert [each.name for each in path.parent.iterdir()] == ["mnist.npz"]
    assert data.DATASETS["mnist"].own_split() == (60, 10)
    dataset = images.load("mnist")
    assert (dataset.x[0, 0], dataset.x[-1, -1], dataset.x.max()) == (7, 255, 255)
    np.testing.assert_array_equal(dataset.labels[:12], [*range(10), 0, 1])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (sent(count=100), "should be 70 images of 784 pixels. Received: .100, 784"),
        (sent(pixels=64), "Received: .70, 64"),
        (sent(value=0.5), "holds other numbers than 0 to 255"),
        (sent(value=256), "holds other numbers than 0 to 255"),
        (sent(value=-1), "holds other numbers than 0 to 255"),
        (sent(value=np.nan), "holds other numbers than 0 to 255"),
    ],
)
def test_what_is_no_mnist_is_not_kept(folder, tmp_path, answer, reason):
    with pytest.raises(DataError, match=reason):
        download.download(tmp_path, lambda name, **options: answer)
    assert not images.is_here("mnist")


def test_without_a_network_it_says_so(folder, tmp_path, monkeypatch, capsys):
    def no_network(*arguments, **options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between its retries
    before = socket.getdefaulttimeout()
    try:
        assert download.main(str(tmp_path)) == 1
    finally:
        socket.setdefaulttimeout(before)
    reason = json.loads(capsys.readouterr().out)["reason"]
    assert reason == "openml.org could not be read: Name or service not known."
    assert not images.is_here("mnist")
