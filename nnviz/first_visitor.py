"""The network that reads the drawings of someone who has trained nothing yet."""

from nnviz.settings import RunConfig

_ADAM = {"optimizer": "adam", "learning_rate": 0.003, "batch_size": 64}
_KNOWN = {
    "digits": (
        RunConfig(hidden=((64, "relu"),), schedule="cosine", schedule_epochs=30, **_ADAM), 30,
    ),
    "mnist": (
        RunConfig(
            dataset="mnist", hidden=((128, "relu"), (128, "relu")), schedule="cosine",
            schedule_epochs=6, **_ADAM,
        ), 6,
    ),
}


def first_visitor_config(target: str) -> tuple[RunConfig, int]:
    """Return the settings of the network for a data set, and how many epochs it is trained."""
    return _KNOWN[target]
