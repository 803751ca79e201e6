"""MNIST and its relatives from files: found, checked, refused by name, and shared."""

import contextlib
import gzip
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz import data
from nnviz.data import DATASETS, DataError, families, idx, images
from nnviz.data.families import FAMILIES
from tests import mnist_files
from tests.data import image_files

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder."""
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    return tmp_path


def check(dataset, parts):
    """See that a loaded data set is what was written."""
    (x, labels), (x_test, labels_test) = parts
    training, test = dataset.own_split
    for rows, expected in ((training, x), (test, x_test)):
        np.testing.assert_array_equal(dataset.x[rows], expected.reshape(len(expected), 784))
    np.testing.assert_array_equal(dataset.labels[training], labels)
    np.testing.assert_array_equal(dataset.labels[test], labels_test)


@pytest.mark.parametrize("place", ["mnist", "."])
@pytest.mark.parametrize("zipped", [True, False])
def test_four_files_are_found(folder, place, zipped):
    parts = image_files.write(folder / place, zipped=zipped)
    assert DATASETS["mnist"].why_not() is None
    assert DATASETS["mnist"].own_split() == (300, 100)
    dataset = images.load("mnist")
    check(dataset, parts)
    assert dataset.x.dtype == np.uint8
    assert (dataset.image_shape, dataset.maximum) == ((28, 28), 255)


def test_names_with_a_dot_and_files_beside_other_things(folder):
    parts = image_files.write(folder / "mnist", zipped=False)
    for path in list((folder / "mnist").iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    (folder / "mnist" / "readme.txt").write_text("hello")
    check(images.load("mnist"), parts)


@pytest.mark.parametrize("flat", [True, False])
def test_an_npz_is_found(folder, flat):
    parts = (x, labels), (x_test, labels_test) = image_files.images(40), image_files.images(20)
    (folder / "mnist").mkdir()
    np.savez(
        folder / "mnist" / "mnist.npz", x_train=x.reshape(40, 784) if flat else x,
        y_train=labels.astype(np.int64), x_test=x_test, y_test=labels_test,
    )
    assert DATASETS["mnist"].own_split() == (40, 20)
    check(images.load("mnist"), parts)


@pytest.mark.parametrize(
    ("family", "place", "names"),
    [
        ("fashion-mnist", "fashion-mnist", {}),
        ("fashion-mnist", ".", {"prefix": "fashion-mnist-"}),
        ("emnist-digits", "emnist-digits", {}),
        ("emnist-digits", "emnist", {"prefix": "emnist-digits-", "test_word": "test"}),
        ("emnist-letters", "emnist", {"prefix": "emnist-letters-", "test_word": "test"}),
        ("emnist-letters", ".", {"prefix": "emnist-letters-", "test_word": "test"}),
    ],
)
def test_relatives_have_their_own_names(folder, family, place, names):
    about = FAMILIES[family]
    assert family not in data.offered()
    (x, labels), _ = image_files.write(
        folder / place, classes=len(about.classes), first_label=about.first_label, **names
    )
    assert family in data.offered()
    dataset = images.load(family)
    if about.is_transposed:
        x = x.transpose(0, 2, 1)
    np.testing.assert_array_equal(dataset.x[:300], x.reshape(300, 784))
    np.testing.assert_array_equal(dataset.labels[:300] + about.first_label, labels)
    assert dataset.classes == about.classes
    assert set(dataset.labels) == set(range(len(about.classes)))
    # Files in the main folder under MNIST's plain names are MNIST's alone.
    assert images.is_here("mnist") is False


def test_without_files_mnist_is_offered_and_says_what_to_do(folder):
    assert data.offered() == ["digits", "xor", "mnist"]
    source = DATASETS["mnist"]
    assert source.own_split() == (60_000, 10_000)
    text = source.why_not()
    assert text.startswith("MNIST is not on this computer")
    assert str(folder / "mnist") in text
    with pytest.raises(DataError, match="not on this computer"):
        data.load("mnist")


def test_a_file_that_lacks_is_named(folder):
    image_files.write(folder / "mnist")
    (folder / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert "MNIST lacks t10k-labels-idx1-ubyte.gz" in DATASETS["mnist"].why_not()


def spoil(folder, name, content, zipped=True):
    path = folder / "mnist" / f"{name}.gz"
    if zipped:
        path.write_bytes(gzip.compress(content, 1))
    else:
        path.write_bytes(content)


def header(*sizes, kind=8):
    return bytes([0, 0, kind, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)


GOOD = image_files.images(300, seed=1)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (IMAGES, b"", "is no IDX file.*Received: nothing"),
        (IMAGES, b"<html>Not found</html>", "is no IDX file.*Received: 3c 68 74 6d"),
        (IMAGES, image_files.idx_bytes(GOOD[1]), "should hold images. Received: labels"),
        (LABELS, image_files.idx_bytes(GOOD[0]), "should hold labels. Received: images"),
        (IMAGES, header(300, 28, 28, kind=13), "does not hold bytes .type 08.. Received: 0d"),
        (IMAGES, header(300, 28), "should hold images. Received: 2 dimensions"),
        (IMAGES, header(300, 28, 28)[:9], "ends before its values"),
        (IMAGES, header(300, 32, 32), "should hold images of 28 x 28. Received: 32 x 32"),
        (IMAGES, header(0, 28, 28), "300 labels: they do not belong together"),
        (IMAGES, image_files.idx_bytes(GOOD[0][:299]), "299 images, but train-labels.* 300 labels"),
        (IMAGES, header(2**32 - 1, 28, 28), "4,294,967,295 images, but"),
    ],
)
def test_a_wrong_file_is_refused_at_a_glance(folder, name, content, reason):
    image_files.write(folder / "mnist")
    spoil(folder, name, content)
    with pytest.raises(DataError, match=rf"^{name}.gz .*{reason}"):
        data.load("mnist")
    assert DATASETS["mnist"].why_not().startswith(f"{name}.gz")


@pytest.mark.parametrize(
    ("name", "content", "zipped", "reason"),
    [
        (IMAGES, image_files.idx_bytes(GOOD[0])[:-1], True, "235,200 .* holds only 235,199"),
        (IMAGES, image_files.idx_bytes(GOOD[0]) + b"x", True, "235,200 values and holds more"),
        (IMAGES, gzip.compress(image_files.idx_bytes(GOOD[0]))[:-500], False, "not a whole gzip"),
        (LABELS, image_files.idx_bytes(np.full(300, 26)), True,
         "does not belong to MNIST.*go from 0 to 9. Received: 26 for image 1"),
        (LABELS, image_files.idx_bytes(np.append(GOOD[1][:-1], 10)), True,
         "Received: 10 for image 300"),
    ],
)
def test_a_damaged_file_is_refused_when_it_is_read(folder, name, content, zipped, reason):
    image_files.write(folder / "mnist")
    spoil(folder, name, content, zipped)
    with pytest.raises(DataError, match=rf"^{name}.gz .*{reason}"):
        data.load("mnist")
    # Put right, it is read again.
    image_files.write(folder / "mnist")
    assert len(data.load("mnist").x) == 400


def test_a_file_that_unpacks_to_more_than_it_states_is_not_unpacked(folder):
    image_files.write(folder / "mnist")
    zeros = bytes(2**20)
    with gzip.open(folder / "mnist" / f"{IMAGES}.gz", "wb", 9) as file:
        file.write(header(300, 28, 28))
        for _ in range(64):
            file.write(zeros)
    with pytest.raises(DataError, match="holds more"):
        data.load("mnist")


def test_more_images_than_are_read(folder, monkeypatch):
    image_files.write(folder / "mnist")
    monkeypatch.setattr(images, "MOST_IMAGES", 399)
    images._stated.cache_clear()
    with pytest.raises(DataError, match="400 images with the test images, at most 399"):
        data.load("mnist")
    images._stated.cache_clear()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"y_test": None}, "mnist.npz lacks y_test"),
        ({"x_train": np.zeros((40, 28, 28))}, "x_train in mnist.npz should be of bytes"),
        ({"x_train": np.zeros((40, 28, 28, 3), np.uint8)}, "x_train in mnist.npz has the shape"),
        ({"x_train": np.zeros((40, 27, 28), np.uint8)}, "should hold images of 28 x 28"),
        ({"y_train": np.full(40, 10)}, "does not belong to MNIST.*Received: 10"),
        ({"y_train": np.full(40, -1)}, "does not belong to MNIST.*Received: -1"),
        ({"y_train": np.array([{}] * 40, object)}, "y_train in mnist.npz should be of bytes"),
        ({"y_train": np.zeros(39, np.uint8)}, "40 images, but mnist.npz 39 labels"),
    ],
)
def test_a_wrong_npz_is_refused(folder, change, reason):
    x, labels = image_files.images(40)
    arrays = {"x_train": x, "y_train": labels, "x_test": x, "y_test": labels} | change
    np.savez(
        folder / "mnist.npz", **{name: a for name, a in arrays.items() if a is not None}
    )
    with pytest.raises(DataError, match=reason):
        data.load("mnist")


@pytest.mark.parametrize("keep", [0, 10, 2000])
def test_a_broken_npz_is_refused(folder, keep):
    x, labels = image_files.images(40)
    path = folder / "mnist.npz"
    np.savez(path, x_train=x, y_train=labels, x_test=x, y_test=labels)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"mnist.npz is no .npz that can be read"):
        data.load("mnist")


@settings(max_examples=200)
@given(st.binary(max_size=64), st.booleans())
def test_any_bytes_give_values_or_a_reason(tmp_path_factory, content, zipped):
    path = tmp_path_factory.mktemp("idx") / ("file.gz" if zipped else "file")
    path.write_bytes(gzip.compress(content) if zipped else content)
    with contextlib.suppress(DataError):  # any other error fails
        assert image_files.idx_bytes(idx.read(path, 3, 1000)) == content


@settings(max_examples=50)
@given(st.lists(st.integers(0, 255), min_size=0, max_size=40))
def test_what_is_written_is_read(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(image_files.idx_bytes(values))
    assert idx.read(path, 1, 100).tolist() == values
    assert idx.read_shape(path, 1) == (len(values),)


def test_the_unpacked_images_are_written_once_and_follow_the_files(folder):
    image_files.write(folder / "mnist")
    first = images.load("mnist")
    (unpacked,) = (folder / "unpacked").iterdir()
    written = unpacked.stat().st_mtime_ns
    again = images.load("mnist")
    np.testing.assert_array_equal(first.x, again.x)
    assert unpacked.stat().st_mtime_ns == written
    del first, again
    parts = image_files.write(folder / "mnist", training=310)
    check(images.load("mnist"), parts)
    # A spoilt copy is made again.
    (unpacked,) = (folder / "unpacked").iterdir()
    unpacked.write_bytes(b"short")
    check(images.load("mnist"), parts)


def test_images_load_where_nothing_can_be_written(folder):
    parts = image_files.write(folder / "mnist")
    (folder / "unpacked").write_text("in the way")
    check(images.load("mnist"), parts)


def test_scaling_of_bytes_is_that_of_numbers(folder):
    image_files.write(folder / "mnist", training=2500, test=2100)
    dataset = data.load("mnist")
    raw = dataset.x.astype(np.float64)
    mean, deviation = raw[:2500].mean(axis=0), raw[:2500].std(axis=0)
    expected = {
        "unit": raw / 255,
        "standard": (raw - mean) / np.where(deviation > 0, deviation, 1),
        "none": raw,
    }
    rows = np.array([3, 2499, 7, 7])
    for scaling, scaled in expected.items():
        split = data.load_split("mnist", 0.2, scaling)
        x = split.training[0]
        assert (x.shape, x.dtype, len(x)) == ((2500, 784), np.float32, 2500)
        np.testing.assert_allclose(x.take(rows), scaled[rows], rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(x[3], x.take(rows)[0])
        np.testing.assert_allclose(split.test[0][5:9], scaled[2505:2509], rtol=1e-4, atol=1e-5)
        assert split.is_sampled
        measured, _, labels = split.measured_test
        assert measured.shape == (2000, 784)
        assert len(labels) == 2000
    assert data.load_split("mnist", 0.5, "none") is split  # its own split: a share has no say


def test_the_real_mnist(mnist_dir, folder):
    (folder / "mnist").symlink_to(mnist_dir)
    dataset = data.load("mnist")
    for rows, part in zip(dataset.own_split, ("train", "t10k"), strict=True):
        x, labels = mnist_files.load(mnist_dir, part)
        np.testing.assert_array_equal(dataset.x[rows], x)
        np.testing.assert_array_equal(dataset.labels[rows], labels)


def test_every_family_has_room_for_its_labels():
    for family in FAMILIES.values():
        assert family.first_label + len(family.classes) <= 256
        assert len(set(family.classes)) == len(family.classes)
        assert sum(family.samples) <= images.MOST_IMAGES
        assert families.find(family, images.data_folder())[1] == []
