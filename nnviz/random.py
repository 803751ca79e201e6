"""Random generators of both kinds: NumPy's present one and the legacy one of older texts."""

import numpy as np
from sklearn.utils import check_random_state

# Both kinds offer `standard_normal`, `uniform`, `random` and `permutation`.
Random = np.random.Generator | np.random.RandomState


def as_random(seed: int | Random | None) -> Random:
    """Return a random generator: `seed` itself where it is one already.

    A number seeds a legacy `RandomState`, and None means the one behind ``np.random.seed``, as in
    scikit-learn: so the first article's seed gives the first article's weights.

    Raises
    ------
    ValueError
        If `seed` is none of these, or a number below 0 or of more than 32 bits.
    """
    return seed if isinstance(seed, np.random.Generator) else check_random_state(seed)


def random_state(rng: Random) -> dict | tuple:
    """Return the state of a generator of either kind."""
    return rng.bit_generator.state if isinstance(rng, np.random.Generator) else rng.get_state()


def set_random_state(rng: Random, state: dict | tuple) -> None:
    """Set a generator back to a `random_state`."""
    if isinstance(rng, np.random.Generator):
        rng.bit_generator.state = state
    else:
        rng.set_state(state)
