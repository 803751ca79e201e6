"""Packed messages: what goes in comes out, and damage is noticed."""

import contextlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from nnviz.runs import wire

META = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ARRAY = st.sampled_from(["<f4", "<f8", "<i4", "<i8", "|u1"]).flatmap(
    lambda dtype: nps.arrays(dtype, nps.array_shapes(min_dims=0, min_side=0, max_side=5))
)
ARRAYS = st.dictionaries(st.text(), ARRAY, max_size=4)


def message(header, data=b""):
    """A message whose header is any JSON."""
    encoded = json.dumps(header).encode()
    return struct.pack("<I", len(encoded)) + encoded + data


@given(st.dictionaries(st.text(), META, max_size=4), ARRAYS)
def test_what_goes_in_comes_out(meta, arrays):
    packed = wire.pack(meta, arrays)
    meta_, arrays_ = wire.unpack(packed)
    assert meta_ == meta
    assert list(arrays_) == list(arrays)
    for name, array in arrays.items():
        assert arrays_[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays_[name], array)
    assert wire.pack(meta_, arrays_) == packed


@given(st.dictionaries(st.text(), META, max_size=2), ARRAYS)
def test_every_array_is_aligned_for_the_browser(meta, arrays):
    packed = wire.pack(meta, arrays)
    (length,) = struct.unpack_from("<I", packed)
    header = json.loads(packed[4 : 4 + length])
    assert (4 + length) % 8 == 0
    assert len(packed) % 8 == 0
    assert all(entry["offset"] % 8 == 0 for entry in header["arrays"])


def test_views_are_packed_row_by_row():
    matrix = np.arange(12, dtype=np.float32).reshape(3, 4)
    arrays = {"turned": matrix.T, "part": matrix[::2, 1:3], "fortran": np.asfortranarray(matrix)}
    for name, array in wire.unpack(wire.pack({}, arrays))[1].items():
        np.testing.assert_array_equal(array, arrays[name])


def test_unpacked_arrays_are_read_only():
    array = wire.unpack(wire.pack({}, {"a": np.zeros(3)}))[1]["a"]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


@pytest.mark.parametrize("array", [np.zeros(2, np.float16), np.array(["a"]), np.array([None])])
def test_other_dtypes_are_refused(array):
    with pytest.raises(ValueError, match="Array 'a' has dtype"):
        wire.pack({}, {"a": array})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_lacks_are_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        wire.pack({"loss": value}, {})


@given(st.dictionaries(st.text(max_size=3), META, max_size=2), ARRAYS, st.data())
def test_a_message_cut_short_is_refused(meta, arrays, data):
    whole = wire.pack(meta, {**arrays, "last": np.arange(3.0)})
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ValueError, match="Damaged message"):
        wire.unpack(whole[:cut])


@given(st.binary(max_size=200))
def test_noise_is_refused(noise):
    with pytest.raises(ValueError, match="Damaged message"):
        wire.unpack(noise)


@pytest.mark.parametrize(
    "header",
    [
        [],
        {},
        {"arrays": []},
        {"meta": {}},
        {"meta": {}, "arrays": [3]},
        {"meta": {}, "arrays": [{"name": "a"}]},
        {"meta": {}, "arrays": {"a": 1}},
        *(
            {"meta": {}, "arrays": [{"name": "a", "dtype": "<f8", "shape": [2], "offset": 0} | bad]}
            for bad in (
                {"dtype": "|O"}, {"dtype": "object"}, {"dtype": ["<f8"]}, {"name": ["a"]},
                {"shape": [3]}, {"shape": [-1]}, {"shape": [10**30]}, {"shape": "ab"},
                {"shape": [1.5]}, {"shape": None}, {"shape": [2**32, 2**32]}, {"offset": 8},
                {"offset": -8}, {"offset": 10**30}, {"offset": "0"},
            )
        ),
    ],
    ids=str,
)
def test_a_header_that_describes_something_else_is_refused(header):
    with pytest.raises(ValueError, match="Damaged message"):
        wire.unpack(message(header, np.zeros(2).tobytes()))


def test_a_header_nested_too_deep_is_refused():
    deep = b"[" * 100_000
    with pytest.raises(ValueError, match="Damaged message"):
        wire.unpack(struct.pack("<I", len(deep)) + deep)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_raises_nothing_else(place, value):
    whole = bytearray(wire.pack({"a": 1}, {"b": np.arange(5), "c": np.zeros((2, 2))}))
    whole[place % len(whole)] = value
    with contextlib.suppress(ValueError):
        wire.unpack(bytes(whole))
