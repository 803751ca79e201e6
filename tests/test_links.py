"""Configurations as links, both ways, and what else an address may hold."""

import time
from dataclasses import fields
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnviz import links
from nnviz.data import DATASETS
from nnviz.links import from_query, is_link, text_form, to_query
from nnviz.runs.run import Run
from nnviz.settings import SETTINGS, RunConfig, SettingError
from nnviz.timing import MOST_EPOCHS, SPEEDS, TIMING, Timing
from tests.runs.samples import parameters, take
from tests.test_settings import configs

OWN_NAMES = ("run", "copy", "view", "hide", "lock", "embed", "embed_options")


def timings():
    """Any speed and stops that a run may have."""
    epochs = st.none() | st.integers(1, MOST_EPOCHS)
    return st.builds(
        Timing, speed=st.sampled_from(SPEEDS), stop_epochs=epochs,
        stop_accuracy=st.none() | st.floats(0, 1), stop_patience=epochs,
    )


def opened(address):
    """What a link with this query opens."""
    return from_query(parse_qs(address, keep_blank_values=True, max_num_fields=None))


@given(configs(), timings())
def test_a_link_opens_the_configuration_it_was_made_of(config, timing):
    assert opened(urlencode(to_query(config, timing))) == (config, timing, [])


@given(st.dictionaries(st.text() | st.sampled_from(sorted(links._BY_LINK_NAME)),
                       st.lists(st.text(), max_size=3)))
def test_anything_in_an_address_gives_a_configuration_and_sentences(query):
    config, timing, complaints = from_query(query)
    assert isinstance(config, RunConfig)
    assert isinstance(timing, Timing)
    assert len(complaints) <= links.MOST_COMPLAINTS + 1
    assert all(len(text) < 400 for text in complaints)
    assert complaints or all(name in links._BY_LINK_NAME or name == "v" for name in query)


@given(st.data())
def test_what_is_read_is_what_is_written_for_every_setting(data):
    for name, setting in SETTINGS.items():
        value = getattr(data.draw(configs()), name)
        form = text_form(setting)
        read = form.read(form.write(value))
        assert setting.check(setting, read) == read == value


def test_every_setting_has_a_short_name_of_its_own():
    names = [setting.link_name for setting in (SETTINGS | TIMING).values()]
    assert len({*names}) == len(names)
    assert not {*names} & {*OWN_NAMES, links.VERSION_NAME}
    assert all(name.isascii() and len(name) <= 20 for name in names)
    assert [field.name for field in fields(RunConfig)] == list(SETTINGS)


def test_a_link_is_readable_and_leaves_out_what_is_usual():
    assert to_query(RunConfig()) == {"v": "1"}
    config = RunConfig(
        hidden=((32, "relu"), (16, "tanh")), learning_rate=0.3, seed=7, loss="mse",
        output="sigmoid", batch_size=10, clip_norm=5.0,
    )
    assert urlencode(to_query(config)) == (
        "v=1&seed=7&hidden=32-relu.16-tanh&output=sigmoid&loss=mse&clip_norm=5&lr=0.3&batch=10"
    )
    assert to_query(RunConfig(hidden=()))["hidden"] == "none"
    timing = Timing(speed=10, stop_epochs=5, stop_accuracy=0.95)
    assert urlencode(to_query(RunConfig(), timing)) == (
        "v=1&speed=10&stop_epochs=5&stop_accuracy=0.95"
    )


def test_a_link_gives_the_same_weights_after_the_same_steps():
    config = RunConfig(
        hidden=((8, "tanh"),), optimizer="adam", learning_rate=0.01, dropout=0.1, seed=5,
    )
    linked, _, _ = opened(urlencode(to_query(config)))
    np.testing.assert_array_equal(
        parameters(take(Run(linked), 60)), parameters(take(Run(config), 60))
    )


@pytest.mark.parametrize(
    ("address", "start"),
    [
        ("hidden=9999999", "Hidden layers cannot be read from '9999999'."),
        ("hidden=9999999-relu", "Hidden layers cannot be ((9999999, 'relu')"),
        ("hidden=" + ".".join(["9-relu"] * 10_000), "Hidden layers cannot be read from 69,999 ch"),
        ("hidden=" + ".".join(["9-relu"] * 7), "Hidden layers cannot be "),
        ("hidden=0-relu", "Hidden layers cannot be "),
        ("hidden=8-softmax", "Hidden layers cannot be "),
        ("hidden=８-relu", "Hidden layers cannot be read"),
        ("hidden=", "Hidden layers cannot be read from ''. Give 32-relu.16-tanh, or none"),
        ("hidden=16-RELU", "Hidden layers cannot be read from '16-RELU'."),
        ("lr=nan", "Learning rate cannot be read from 'nan'."),
        ("lr=inf", "Learning rate cannot be read from 'inf'."),
        ("lr=1e999", "Learning rate cannot be read from '1e999'."),
        ("lr=-1", "Learning rate cannot be -1. Give a number from"),
        ("lr=-0", "Learning rate cannot be 0."),
        ("lr=1e-320", "Learning rate cannot be 1e-320."),
        ("lr=1_0", "Learning rate cannot be read"),
        ("lr=0x1", "Learning rate cannot be read"),
        ("lr=0.1&lr=0.2", "Learning rate is in the link 2 times."),
        ("seed=1.5", "Seed cannot be read from '1.5'."),
        ("seed=" + "9" * 5000, "Seed cannot be read from 5,000 characters."),
        ("seed=999999999999", "Seed cannot be 999999999999."),
        ("data=../../etc/passwd", "Data set cannot be '../../etc/passwd'."),
        ("batch=5000", "Batch size cannot be 5000."),
        ("batch=1439", "Batch size cannot be 1,439: there are 1,438"),
        ("output=linear", "cross-entropy does not fit a linear output."),
        ("<script>alert(1)</script>=1", "'<script>alert(1)</script>' is not the name"),
        ("learning_rate=0.1", "'learning_rate' is not the name of a setting."),
        ("%00=1", r"'\x00' is not the name"),
        ("speed=7", "Speed cannot be 7. Give one of 1, 3, 10"),
        ("speed=fast", "Speed cannot be read from 'fast'."),
        ("stop_patience=0", "Stop without gain for epochs cannot be 0."),
        ("stop_accuracy=95", "Stop at test accuracy cannot be 95. Give a number from 0 to 1"),
        ("stop_accuracy=nan", "Stop at test accuracy cannot be read from 'nan'."),
        ("v=2", "The link is of another version, '2'; this nnviz reads 1."),
        ("v=1&v=1", "The link is of another version, '1,1'"),
    ],
    ids=lambda text: text[:30],
)
def test_what_makes_no_sense_is_told_and_the_rest_is_used(address, start):
    config, timing, (complaint,) = opened(f"{address}&init=uniform&stop_epochs=3")
    assert complaint.startswith(start)
    assert (config, timing) == (RunConfig(initializer="uniform"), Timing(stop_epochs=3))


def test_a_loss_alone_gets_an_output_that_fits():
    assert opened("loss=mse") == (RunConfig(loss="mse", output="sigmoid"), Timing(), [])
    config, _, complaints = opened("loss=mse&output=softmax")
    assert config == RunConfig(loss="mse", output="sigmoid")
    assert len(complaints) == 1


def test_a_data_set_alone_gets_an_output_and_a_batch_size_that_fit():
    """Exclusive or has four samples, fewer than the usual batch size, and one output."""
    xor = RunConfig(dataset="xor", output="sigmoid", batch_size=4)
    assert opened("data=xor") == (xor, Timing(), [])
    assert opened("data=xor&hidden=2-tanh&lr=1") == (
        xor.changed(hidden=((2, "tanh"),), learning_rate=1.0), Timing(), []
    )
    config, _, (complaint,) = opened("data=xor&seed=5&batch=32")
    assert config == xor.changed(seed=5)
    assert complaint.endswith("Give 1 to 4. One that fits is used.")


def test_what_is_taken_instead_is_said():
    for address, said in (
        ("lr=nan", "Give a number such as 0.3. The default is used: 0.1."),
        ("hidden=many", "The default is used: 32-relu."),
        ("stop_epochs=soon", "Give a whole number such as 7. The default is used: never."),
    ):
        _, _, (complaint,) = opened(address)
        assert complaint.endswith(said)


def test_spaces_around_a_value_do_not_count():
    assert opened("lr=%200.3+&data=+digits") == (RunConfig(learning_rate=0.3), Timing(), [])


@given(configs(), timings(), st.sampled_from(["dataset", "hidden", "batch_size"]))
def test_what_cannot_be_had_here_costs_no_other_setting(config, timing, lacking):
    """A setting that a server refuses is told; all others stay that fit its default."""
    default, wanted = SETTINGS[lacking].default, getattr(config, lacking)
    samples = DATASETS[config.dataset].training_samples(config.test_share)
    # No server lacks room for a batch of this size, which is what is taken in another one's place.
    assume(lacking != "batch_size" or wanted == default or wanted != min(default, samples))

    def check(each):
        if getattr(each, lacking) == wanted != default:
            raise SettingError(lacking, "Not here.")

    asked = parse_qs(urlencode(to_query(config, timing)))
    found, same_timing, complaints = from_query(asked, check=check)
    assert same_timing == timing
    if wanted == default:
        assert (found, complaints) == (config, [])
        return
    assert complaints[0].startswith("Not here. ")
    told = " ".join(complaints)
    for name in SETTINGS:
        if name != lacking and getattr(found, name) != getattr(config, name):
            # What had been chosen for the other data set, and is told where it was asked for.
            assert lacking == "dataset"
            assert name in ("output", "batch_size", "augment")
            assert SETTINGS[name].label in told or name in ("output", "augment")


def test_names_that_mean_something_else_are_left_alone():
    query = {name: ["x"] for name in OWN_NAMES}
    asked = from_query(query | {"lr": ["0.3"]}, OWN_NAMES)
    assert asked == (RunConfig(learning_rate=0.3), Timing(), [])
    assert not is_link(query)
    assert is_link({"lr": ["0.3"]})
    assert is_link({"speed": ["10"]})
    assert is_link({"v": ["1"]})


def test_a_hundred_kilobytes_cost_nothing_and_are_told():
    long = {
        "names": {f"name{number}": ["1"] for number in range(10_000)},
        "values": {"lr": ["0.1"] * 30_000},
        "value": {"hidden": ["1-relu." * 15_000]},
        "name": {"x" * 100_000: ["1"]},
    }
    for query in long.values():
        started = time.process_time()
        config, _, complaints = from_query(query)
        assert time.process_time() - started < 0.05
        assert config == RunConfig()
        assert 1 <= len(complaints) <= links.MOST_COMPLAINTS + 1
        assert sum(map(len, complaints)) < 1000
