"""Every optimiser of the table against updates worked out by hand."""

import math

import numpy as np
import pytest

from nnviz import optimizers
from nnviz.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Momentum

EVERY = pytest.mark.parametrize("cls", OPTIMIZERS.values(), ids=list(OPTIMIZERS))

# Two steps from w = 1 with gradients 2 and then 1, learning rate 0.1, worked out by hand:
BY_HAND = {
    # 1 - 0.1 * 2 = 0.8; 0.8 - 0.1 * 1 = 0.7
    "sgd": (0.8, 0.7),
    # v = -0.2, w = 0.8; v = 0.9 * -0.2 - 0.1 = -0.28, w = 0.52
    "momentum": (0.8, 0.52),
    # v = -0.2, w = 1 + 0.9 * -0.2 - 0.2 = 0.62; v = -0.28, w = 0.62 + 0.9 * -0.28 - 0.1 = 0.268
    "nesterov": (0.62, 0.268),
    # s = 4, w = 1 - 0.1 * 2 / 2 = 0.9; s = 5, w = 0.9 - 0.1 / sqrt(5) = 0.9 - 0.0447213595
    "adagrad": (0.9, 0.8552786405),
    # s = 0.1 * 4 = 0.4, w = 1 - 0.2 / 0.6324555320 = 1 - 0.3162277660;
    # s = 0.9 * 0.4 + 0.1 * 1 = 0.46, w = 0.6837722340 - 0.1 / 0.6782329983 = ... - 0.1474419562
    "rmsprop": (0.6837722340, 0.5363302778),
    # m = 0.2, s = 0.004; corrected m = 2, s = 4, w = 1 - 0.1 * 2 / 2 = 0.9;
    # m = 0.28, s = 0.004996; corrected m = 0.28 / 0.19 = 1.4736842105,
    # s = 0.004996 / 0.001999 = 2.4992496248, root 1.5809015227;
    # w = 0.9 - 0.1 * 1.4736842105 / 1.5809015227 = 0.9 - 0.0932179639
    "adam": (0.9, 0.8067820361),
    # As Adam, less 0.1 * 0.01 * w each time: 0.9 - 0.001 = 0.899;
    # 0.899 - 0.0932179639 - 0.000899 = 0.8048830361
    "adamw": (0.899, 0.8048830361),
}


@EVERY
@pytest.mark.parametrize(("dtype", "rel"), [("float64", 1e-7), ("float32", 1e-6)])
def test_two_steps_worked_out_by_hand(cls, dtype, rel):
    optimizer, w = cls(0.1), np.array([1.0], dtype)
    for gradient, expected in zip((2.0, 1.0), BY_HAND[cls.id], strict=True):
        before = w.copy()
        optimizer.step(w, np.array([gradient], dtype))
        assert w[0] == pytest.approx(expected, rel=rel)
        assert optimizer.update[0] == pytest.approx(w[0] - before[0], rel=1e-5)
        assert optimizer.update.dtype == w.dtype == dtype
    assert optimizer.step_count == 2


@EVERY
def test_each_parameter_is_updated_by_its_own_gradient(cls):
    gradients = np.array([[2.0, -1.0, 0.0], [1.0, 3.0, 0.0]])
    together, optimizer = np.array([1.0, -2.0, 0.5]), cls(0.1)
    alone = [(np.array([w]), cls(0.1)) for w in together]
    for row in gradients:
        optimizer.step(together, row.copy())
        for (w, own), g in zip(alone, row, strict=True):
            own.step(w, np.array([g]))
    np.testing.assert_allclose(together, [w[0] for w, _ in alone], rtol=1e-12)


@EVERY
def test_the_gradients_are_left_as_they_are(cls):
    gradients = np.array([2.0, -1.0])
    optimizer = cls(0.1)
    optimizer.step(np.ones(2), gradients)
    np.testing.assert_array_equal(gradients, [2.0, -1.0])


@EVERY
@pytest.mark.parametrize("taken", [0, 3])
def test_a_state_continues_bit_for_bit(cls, taken):
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(8, 5))
    one, w = cls(0.05), np.ones(5)
    for g in gradients[:taken]:
        one.step(w, g)
    state = {name: array.copy() for name, array in one.state().items()}
    other, v = cls(0.05), w.copy()
    other.step(np.ones(5), gradients[7])  # something to be forgotten
    other.restore(state)
    for g in gradients[taken:]:
        one.step(w, g)
        other.step(v, g)
    np.testing.assert_array_equal(w, v)
    assert one.step_count == other.step_count == 8


@EVERY
def test_zero_gradients_move_nothing_but_decaying_weights(cls):
    w = np.ones(3)
    cls(0.1).step(w, np.zeros(3))
    np.testing.assert_allclose(w, 0.999 if cls is AdamW else 1.0)


@EVERY
@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1e4, 1e15])
def test_any_size_of_gradient_gives_a_finite_update(cls, scale):
    w = np.zeros(4, np.float32)
    cls(0.1).step(w, np.full(4, scale, np.float32))
    assert np.isfinite(w).all()


@EVERY
def test_the_minimum_of_a_quadratic_is_found(cls):
    optimizer, w = cls(), np.array([3.0, -2.0])
    optimizer.learning_rate = {"adagrad": 1.0}.get(cls.id, 0.02)
    for _ in range(1500):
        optimizer.step(w, np.array([1.0, 4.0]) * w)
    # Steps of a fixed length (RMSprop) stay about that far from it.
    assert np.abs(w).max() < 0.03


@pytest.mark.parametrize("count", [1, 8191, 8192, 8193, 20000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sgd_updates_vectors_of_any_length(count, dtype):
    rng = np.random.default_rng(0)
    w, g = rng.normal(size=(2, count)).astype(dtype)
    expected = w - np.asarray(0.3, dtype) * g
    SGD(0.3).step(w, g)
    np.testing.assert_allclose(w, expected, rtol=1e-4, atol=1e-6)


def test_before_the_first_step_there_is_no_update():
    assert all(cls().update is None for cls in OPTIMIZERS.values())
    sgd, w = SGD(0.5), np.ones(2)
    sgd.step(w, np.ones(2))
    sgd.update = None
    assert sgd.update is None


def test_a_factor_scales_the_rate():
    sgd, w = SGD(0.5), np.ones(1)
    sgd.factor = 0.1
    sgd.step(w, np.ones(1))
    assert w[0] == pytest.approx(0.95)
    assert sgd.learning_rate == 0.5


def test_optimizers_are_had_by_id_class_or_instance():
    assert optimizers.get("adam").learning_rate == 0.001
    assert optimizers.get("adam", 0.02).learning_rate == 0.02
    assert optimizers.get(Momentum, 0.3).learning_rate == 0.3
    given = Adam(0.004, beta1=0.8)
    assert optimizers.get(given) is given
    assert given.learning_rate == 0.004
    assert optimizers.get("sgd") is not optimizers.get("sgd")
    with pytest.raises(ValueError, match=r"Unknown optimizer\. Received: 'adma'"):
        optimizers.get("adma")


@pytest.mark.parametrize(
    "make",
    [
        lambda: SGD(-1), lambda: SGD(math.nan), lambda: Momentum(0.1, momentum=1.0),
        lambda: Adam(beta1=-0.1), lambda: Adam(beta2=1), lambda: AdamW(weight_decay=math.inf),
    ],
)
def test_impossible_settings_are_refused(make):
    with pytest.raises(ValueError, match=r"must be a finite number of 0 or more.*Received: "):
        make()


@EVERY
def test_each_says_its_rate(cls):
    assert repr(cls(0.5)).startswith(f"{cls.__name__}(learning_rate=0.5")


@EVERY
def test_what_is_no_vector_of_floats_is_refused(cls):
    ones = np.ones(3)
    for parameters, gradients in (
        ([1.0, 2.0], [1.0, 2.0]), (np.ones(3, int), ones), (ones, np.ones(3, int)),
    ):
        with pytest.raises(TypeError, match="must be an array of floats"):
            cls().step(parameters, gradients)
    for gradients in (np.ones(4), np.ones(1)):
        with pytest.raises(ValueError, match="must have the same shape"):
            cls().step(ones, gradients)
    assert ones.tolist() == [1, 1, 1]
