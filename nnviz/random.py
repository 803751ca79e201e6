"""Random generators of both kinds: NumPy's present one and the legacy one of older texts."""

import numpy as np

# Both kinds offer `standard_normal`, `uniform`, `random` and `permutation`.
Random = np.random.Generator | np.random.RandomState


def as_random(seed: int | Random | None) -> Random:
    """Return a random generator: `seed` itself where it is one already.

    A number seeds a legacy `RandomState`, and None means the one behind ``np.random.seed``, as in
    scikit-learn: so the first article's seed gives the first article's weights.

    Raises
    ------
    ValueError
        If `seed` is none of these, or a number that does not fit into 32 bits.
    """
    if isinstance(seed, np.random.Generator | np.random.RandomState):
        return seed
    if seed is None:
        return np.random.mtrand._rand
    try:
        if isinstance(seed, bool | np.bool_):
            raise TypeError("a truth value is no seed")
        return np.random.RandomState(seed)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "A seed must be a whole number from 0 to 2**32 - 1, a generator or None. "
            f"Received: {seed!r}."
        ) from error


def random_state(rng: Random) -> dict | tuple:
    """Return the state of a generator of either kind."""
    return rng.bit_generator.state if isinstance(rng, np.random.Generator) else rng.get_state()


def set_random_state(rng: Random, state: dict | tuple) -> None:
    """Set a generator back to a `random_state`."""
    if isinstance(rng, np.random.Generator):
        rng.bit_generator.state = state
    else:
        rng.set_state(state)
