"""From a model file back to the settings of a run that begins with its weights."""

from nnviz.data import DATASETS, SCALINGS
from nnviz.export.model_file import ModelFileError, SavedModel
from nnviz.settings import (
    HIDDEN_ACTIVATIONS,
    LOSS_LABELS,
    RunConfig,
    SettingError,
    output_choices,
)


def config_of(model: SavedModel) -> RunConfig:
    """Return the settings of a run whose network is that of the file.

    Those that the file was saved with, where they fit; otherwise the defaults, on a data set with
    as many inputs and outputs.

    Raises
    ------
    ModelFileError
        If the lab has no run for such a network.
    """
    network = model.network
    functions = tuple(f.id for f in network.activations)
    for config in (_saved(model), _found(model)):
        if (
            config is not None
            and config.layer_sizes == network.layer_sizes
            and config.activations == functions
        ):
            return config
    sizes = "-".join(map(str, network.layer_sizes))
    known = "; ".join(
        f"{source.features} inputs and {source.outputs} outputs ({source.label})"
        for source in DATASETS.values()
    )
    raise ModelFileError(
        f"The lab has no data for this network, {sizes} ({', '.join(functions)}), or does not "
        f"offer its layers. Its data sets have {known}."
    )


def _saved(model: SavedModel) -> RunConfig | None:
    config = model.known["config"]
    try:
        return None if config is None else RunConfig.from_dict(config)
    except (SettingError, TypeError):
        return None


def _found(model: SavedModel) -> RunConfig | None:
    """Return the defaults on a data set that fits, that of the file first; None without one."""
    network = model.network
    *hidden, output = [f.id for f in network.activations]
    if not set(hidden) <= set(HIDDEN_ACTIVATIONS):
        return None
    layers = tuple(zip(network.layer_sizes[1:-1], hidden, strict=True))
    losses = [loss for loss in (model.known["loss"], *LOSS_LABELS) if loss in LOSS_LABELS]
    scaling = model.known["scaling"]
    sources = sorted(DATASETS.values(), key=lambda source: source.id != model.known["dataset"])
    for source in sources:
        if (source.features, source.outputs) != (network.layer_sizes[0], network.layer_sizes[-1]):
            continue
        for loss in losses:
            if output not in output_choices(loss, source.id):
                continue
            samples = source.training_samples(RunConfig.test_share)
            try:
                return RunConfig(
                    dataset=source.id, hidden=layers, output=output, loss=loss,
                    scaling=scaling if scaling in SCALINGS else RunConfig.scaling,
                    batch_size=min(RunConfig.batch_size, samples),
                )
            except SettingError:
                break  # too many layers or units, or the files of the data are not here
    return None
