"""From a model file to the settings of a run."""

import numpy as np
import pytest

from nnviz import ModelFileError, Network, load_model, save_model
from nnviz.export.restore import config_of
from nnviz.settings import RunConfig


def restored(network, **known):
    return config_of(load_model(save_model(network, **known)))


def network_of(config):
    return Network(config.layer_sizes, config.activations)


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(),
        RunConfig(hidden=((5, "elu"), (7, "gelu")), output="linear", loss="huber", seed=9,
                  optimizer="adam", scaling="standard", dropout=0.3),
        RunConfig(dataset="xor", hidden=((2, "tanh"),), output="sigmoid", batch_size=4),
        RunConfig(hidden=()),
    ],
)
def test_settings_saved_with_a_network_come_back(config):
    assert restored(network_of(config), config=config.to_dict()) == config


def test_a_network_of_the_library_gets_the_defaults_on_data_that_fit():
    network = Network((64, 15, 10), ("relu", "sigmoid"))
    assert restored(network) == RunConfig(hidden=((15, "relu"),), output="sigmoid")
    found = restored(network, loss="mse", scaling="none")
    assert (found.loss, found.scaling) == ("mse", "none")
    assert restored(Network((2, 3, 1), ("tanh", "sigmoid"))).dataset == "xor"


@pytest.mark.parametrize("config", [{"hidden": 5}, {"colour": 1}, {"seed": -1}, {"lr": np.pi}])
def test_settings_that_make_no_sense_are_left_for_the_defaults(config):
    network = network_of(RunConfig())
    assert restored(network, config=config) == RunConfig()


def test_settings_of_another_network_are_left_for_the_defaults():
    network = Network((64, 15, 10), ("tanh", "softmax"))
    found = restored(network, config=RunConfig().to_dict())
    assert found == RunConfig(hidden=((15, "tanh"),))


@pytest.mark.parametrize(
    "network",
    [
        Network((3, 2), ("softmax",)),
        Network((64, 600, 10), ("relu", "softmax")),
        Network((64, *(4,) * 7, 10), ("relu",) * 7 + ("softmax",)),
        Network((64, 8, 10), ("relu", "relu")),
    ],
)
def test_a_network_the_lab_has_no_run_for_is_refused(network):
    with pytest.raises(ModelFileError, match="no data for this network"):
        restored(network)
