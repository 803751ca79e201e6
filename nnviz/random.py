"""Random generators of both kinds: NumPy's present one and the legacy one of older texts."""

import numpy as np

# A legacy RandomState reproduces the first article's weights; both kinds offer
# `standard_normal`, `uniform`, `random_sample`/`random` and `permutation`.
Random = np.random.Generator | np.random.RandomState


def as_random(seed: int | Random | None) -> Random:
    """Return a random generator: `seed` itself where it is one already."""
    if isinstance(seed, np.random.Generator | np.random.RandomState):
        return seed
    return np.random.default_rng(seed)


def random_state(rng: Random) -> dict | tuple:
    """Return the state of a generator of either kind."""
    return rng.bit_generator.state if isinstance(rng, np.random.Generator) else rng.get_state()


def set_random_state(rng: Random, state: dict | tuple) -> None:
    """Set a generator back to a `random_state`."""
    if isinstance(rng, np.random.Generator):
        rng.bit_generator.state = state
    else:
        rng.set_state(state)
