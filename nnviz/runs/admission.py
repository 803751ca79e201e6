"""What a server can take: whether a run of some settings fits it, said before anything is made."""

from nnviz.bounds import SettingError
from nnviz.data import DATASETS
from nnviz.parameters import parameter_count
from nnviz.runs import limits
from nnviz.settings import RunConfig

_BYTES = 4  # of a float32
_ARRAYS_A_LAYER = 4  # pre-activations, activations, delta and scratch of `network.Pass`


def batch_bytes(config: RunConfig) -> int:
    """Return the memory of one mini-batch on its way through all layers."""
    inputs, *units = config.layer_sizes
    return config.batch_size * (inputs + _ARRAYS_A_LAYER * sum(units)) * _BYTES


def check(config: RunConfig) -> None:
    """See that a run of these settings can be made here, as far as a quick look tells.

    Raises
    ------
    SettingError
        If the files of its data set are missing, or it is too large (`check_size`).
    """
    reason = DATASETS[config.dataset].why_not()
    if reason is not None:
        raise SettingError("dataset", reason)
    check_size(config)


def check_size(config: RunConfig) -> None:
    """See that a run of these settings is not too large for this server.

    Raises
    ------
    SettingError
        If it has too many parameters, or its mini-batch takes too much memory.
    """
    parameters = parameter_count(config.layer_sizes)
    if parameters > limits.PARAMETERS:
        raise SettingError(
            "hidden",
            f"This network is too large for this server: {parameters:,} weights and biases, at "
            f"most {limits.PARAMETERS:,}. Give fewer units or layers.",
        )
    needed = batch_bytes(config)
    if needed > limits.BATCH_BYTES:
        fitting = config.batch_size * limits.BATCH_BYTES // needed
        raise SettingError(
            "batch_size",
            f"A batch of {config.batch_size:,} samples needs {needed / 1e6:,.0f} MB in this "
            f"network, at most {limits.BATCH_BYTES / 1e6:,.0f}. "
            f"Give a batch size of {max(1, fitting):,} or less, or fewer units.",
        )
