"""Model files: what is saved loads again, and nothing else does harm."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnviz
from nnviz import ModelFileError, Network, load_model, save_model
from nnviz.activations import ACTIVATIONS, LeakyRelu
from nnviz.export import archive, model_file
from tests.samples import HIDDEN, OUTPUT_AND_LOSS

KNOWN = {
    "loss": "cross_entropy", "dataset": "digits", "scaling": "unit", "classes": ["a", "<b>", "c"],
    "seed": 7, "step": 1234, "config": {"hidden": [[4, "relu"]]},
}


def network(dtype=np.float32):
    return Network((5, 4, 3), ("relu", "softmax"), seed=1, dtype=dtype)


def samples(n=6):
    return np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)


def saved(**changes):
    """A whole model file."""
    return save_model(
        network(), input_scaling=(np.zeros(5), np.full(5, 16.0)), examples=samples(), **KNOWN
    )


def repacked(change, data=None, **zip_options):
    """A model file whose members `change` has had in hand, as a dict of bytes."""
    with zipfile.ZipFile(io.BytesIO(data or saved())) as before:
        members = {name: before.read(name) for name in before.namelist()}
    change(members)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **zip_options) as after:
        for name, content in members.items():
            after.writestr(name, content)
    return file.getvalue()


def with_header(**changes):
    def change(members):
        members["header.json"] = json.dumps(json.loads(members["header.json"]) | changes).encode()

    return repacked(change)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_network_comes_back_bit_for_bit(hidden, dtype):
    for output, loss in OUTPUT_AND_LOSS:
        before = Network((5, 4, 4, 3), (hidden, hidden, output), seed=2, dtype=dtype)
        before.parameters += 0.1
        after = load_model(save_model(before, loss=loss))
        np.testing.assert_array_equal(after.network.parameters, before.parameters)
        assert after.network.dtype == before.dtype
        assert [f.id for f in after.network.activations] == [hidden, hidden, output]
        assert after.known["loss"] == loss


def test_all_that_is_known_comes_back():
    model = load_model(saved())
    assert model.known == KNOWN
    x, y = model.examples
    np.testing.assert_array_equal(x, samples())
    np.testing.assert_array_equal(y, model.network.predict(x))
    np.testing.assert_array_equal(model.scaled(np.full((1, 5), 8)), np.full((1, 5), 0.5))


def test_nothing_but_the_network_is_needed(tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(save_model(network()))
    model = load_model(path)
    assert set(model.known.values()) == {None}
    assert model.examples is None
    np.testing.assert_array_equal(model.scaled([[1, 2, 3, 4, 5]]), [[1, 2, 3, 4, 5]])


def test_numpy_reads_the_file_without_pickle():
    with np.load(io.BytesIO(saved()), allow_pickle=False) as file:
        np.testing.assert_array_equal(file["W1"], network().weights[0])
        assert json.loads(file["header.json"])["layer_sizes"] == [5, 4, 3]


def test_the_same_network_gives_the_same_file():
    assert saved() == saved()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"loss": "hinge"}, "loss of a model cannot be 'hinge'"),
        ({"seed": -1}, "seed of a model cannot be -1"),
        ({"colour": "red"}, "Unknown: 'colour'"),
        ({"input_scaling": (np.zeros(5), np.full(5, np.inf))}, "input_divisor holds others"),
    ],
)
def test_what_cannot_be_saved_is_named(options, words):
    with pytest.raises(ModelFileError, match=words):
        save_model(network(), **options)


def test_weights_and_activations_that_cannot_be_saved_are_named():
    broken = network()
    broken.weights[1][0, 0] = np.nan
    with pytest.raises(ModelFileError, match="W2 holds others"):
        save_model(broken)
    with pytest.raises(ModelFileError, match="activations of the table"):
        save_model(Network((2, 2, 1), (LeakyRelu(0.3), "linear")))


# ---------------------------------------------------------------- what is refused


def npy(array, **options):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), **options)
    return file.getvalue()


def replaced(name, content):
    return repacked(lambda members: members.__setitem__(name, content))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a whole zip archive"),
        (b"PK", "not a whole zip archive"),
        (b"a,b\n1,2\n", "not a whole zip archive"),
        (saved()[:-1], "not a whole zip archive"),
        (archive.pack({"W1.npy": b""}), "missing or too long"),
        (replaced("header.json", b"x" * 70_000), "missing or too long"),
        (replaced("header.json", b"[" * 60_000), "cannot be read"),
        (replaced("header.json", b"\xff"), "cannot be read"),
        (replaced("header.json", b"[]"), "does not say"),
        (with_header(format="other"), "does not say"),
        (with_header(version=2), "format version 2; this nnviz reads 1"),
        (with_header(version="9" * 500), "format version '999"),
        (with_header(layer_sizes=[5]), "layer_sizes of a model cannot be"),
        (with_header(layer_sizes=[5, 10**9, 3]), "layer_sizes of a model cannot be"),
        (with_header(layer_sizes=[4096, 4096, 4096]), "layer_sizes of a model cannot be"),
        (with_header(layer_sizes=[5, True, 3]), "layer_sizes of a model cannot be"),
        (with_header(layer_sizes=[1] * 1000), "layer_sizes of a model cannot be"),
        (with_header(activations=["relu", "eval"]), "activations of a model cannot be"),
        (with_header(activations=["relu"]), "makes no network"),
        (with_header(activations=["softmax", "relu"]), "makes no network"),
        (with_header(dtype="object"), "dtype of a model cannot be"),
        (with_header(dtype="float64"), "dtype float32; expected"),
        (with_header(layer_sizes=[5, 4, 2]), r"W2 has shape \(4, 3\).*expected \(4, 2\)"),
        (with_header(classes=["a" * 1000]), "classes of a model cannot be"),
        (with_header(step=-5), "step of a model cannot be -5"),
        (repacked(lambda members: members.pop("b2.npy")), "lacks b2.npy"),
        (repacked(lambda members: members.pop("example_outputs.npy")), "lacks example_outputs"),
        (repacked(lambda members: members.update({"../x.npy": b""})), "'../x.npy', unexpected"),
        (replaced("W1.npy", npy(np.zeros((5, 4), object))), "not an array of floats"),
        (replaced("W1.npy", npy(np.zeros((5, 4), int))), "not an array of floats"),
        (replaced("W1.npy", npy(np.zeros((5, 4), "f4", order="F"))), "not an array of floats"),
        (replaced("W1.npy", npy(np.zeros((5, 4, 1), "f4"))), "not an array of floats"),
        (replaced("W1.npy", npy(np.zeros((5, 4), "f4"))[:-1]), "as many numbers as its shape"),
        (replaced("W1.npy", npy(np.full((5, 4), np.nan, "f4"))), "not finite"),
        (replaced("input_divisor.npy", npy(np.zeros(5, "f4"))), "holds a 0"),
        (repacked(lambda _: None, compression=zipfile.ZIP_DEFLATED), "is compressed"),
    ],
)
def test_a_file_with_something_wrong_is_refused_by_name(data, words):
    with pytest.raises(ModelFileError, match=words):
        load_model(data)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    bomb = repacked(
        lambda members: members.update({"W1.npy": bytes(50_000_000)}),
        compression=zipfile.ZIP_DEFLATED,
    )
    assert len(bomb) < 100_000
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("was unpacked"))
    with pytest.raises(ModelFileError, match="is compressed"):
        load_model(bomb)


def test_a_directory_of_many_entries_is_refused_before_it_is_read(monkeypatch):
    many = archive.pack({str(k): b"" for k in range(1000)})
    # The count may lie; the size of the directory is what makes objects.
    lying = many[:-14] + struct.pack("<HH", 1, 1) + many[-10:]
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("was read"))
    for data in (many, lying):
        with pytest.raises(ModelFileError, match="at most"):
            load_model(data)


def test_members_that_share_a_name_or_their_bytes_are_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as twice:
        twice.writestr("header.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            twice.writestr("header.json", b"{}")
    with pytest.raises(ModelFileError, match="same name"):
        load_model(file.getvalue())

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as overlapping:
        overlapping.writestr("0", bytes(5000))
        for name in "123":
            again = zipfile.ZipInfo(name)
            again.header_offset = again.CRC = 0
            again.file_size = again.compress_size = 5000
            overlapping.filelist.append(again)
    with pytest.raises(ModelFileError, match="larger than the file"):
        load_model(file.getvalue())


def test_a_file_over_the_limit_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "MAX_FILE_BYTES", 100)
    path = tmp_path / "large.npz"
    path.write_bytes(saved())
    for source in (path, saved()):
        with pytest.raises(ModelFileError, match="too large"):
            load_model(source)


def loads_or_says_why(data):
    try:
        model = load_model(data)
    except ModelFileError:
        return
    assert np.isfinite(model.network.parameters).all()


@given(st.binary(max_size=300))
def test_any_bytes_give_a_network_or_a_reason(data):
    loads_or_says_why(data)


@given(st.data())
def test_any_damage_gives_a_network_or_a_reason(data):
    damaged = bytearray(saved())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    loads_or_says_why(bytes(damaged[: data.draw(st.integers(0, len(damaged)))] or damaged))
    loads_or_says_why(bytes(damaged))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from([*model_file._REQUIRED, *model_file._OPTIONAL, "version"]), json_values)
def test_any_header_gives_a_network_or_a_reason(name, value):
    loads_or_says_why(with_header(**{name: value}))


def test_the_library_offers_it_under_one_name_each():
    assert nnviz.save_model is model_file.save
    assert nnviz.load_model is model_file.load
    assert set(ACTIVATIONS) == {*HIDDEN, "softmax"}


@pytest.mark.parametrize("other", ["net.npz", None, 3])
def test_only_a_network_is_saved(other):
    with pytest.raises(TypeError, match="Only a Network can be saved"):
        save_model(other)


def test_input_scaling_is_a_pair():
    with pytest.raises(ModelFileError, match="input_scaling is the pair"):
        save_model(network(), input_scaling=(np.zeros(5),))


@pytest.mark.parametrize("source", [None, 3, ["model.npz"]])
def test_what_is_neither_bytes_nor_a_path_is_refused(source):
    with pytest.raises(TypeError, match="A model file is bytes, or a path"):
        load_model(source)
