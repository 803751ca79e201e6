"""The NumPy script, executed for all that the lab offers: it must end at the very same weights."""

import ast
import dataclasses

import numpy as np
import pytest

from nnviz import losses
from nnviz.activations import ACTIVATIONS
from nnviz.data import DATASETS, SCALINGS
from nnviz.export import numpy_code, snippets
from nnviz.export.record import Moment
from nnviz.initializers import INITIALIZERS
from nnviz.optimizers import OPTIMIZERS
from nnviz.runs.questions import answer
from nnviz.runs.run import GivenWeights, Run
from nnviz.schedules import SCHEDULES
from nnviz.settings import HIDDEN_ACTIVATIONS, LOSS_LABELS, SETTINGS, output_choices
from tests.export.scripts import BIT_FOR_BIT, execute, record_of, trained
from tests.runs.drawings import own
from tests.runs.samples import run_of, take

OUTPUTS = [(loss, output) for loss in LOSS_LABELS for output in output_choices(loss, "digits")]


def assert_repeats(record, folder, capsys):
    """Execute the script of a record and see that it says the weights are the same."""
    execute(record, folder)
    assert BIT_FOR_BIT in capsys.readouterr().out


@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
def test_every_activation(tmp_path, capsys, activation):
    hidden = ((12, activation), (9, activation))
    assert_repeats(trained(40, hidden=hidden, optimizer="momentum"), tmp_path, capsys)


@pytest.mark.parametrize(("loss", "output"), OUTPUTS)
def test_every_loss_with_every_output(tmp_path, capsys, loss, output):
    record = trained(40, loss=loss, output=output, learning_rate=0.01)
    assert_repeats(record, tmp_path, capsys)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimiser(tmp_path, capsys, optimizer):
    rate = OPTIMIZERS[optimizer].usual_rate
    assert_repeats(trained(60, optimizer=optimizer, learning_rate=rate), tmp_path, capsys)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_every_initialiser(tmp_path, capsys, initializer):
    hidden = ((80, "relu"), (20, "tanh"))
    record = trained(10, initializer=initializer, hidden=hidden, learning_rate=0.001)
    assert_repeats(record, tmp_path, capsys)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule(tmp_path, capsys, schedule):
    record = trained(60, schedule=schedule, schedule_epochs=0.7, batch_size=100)
    assert_repeats(record, tmp_path, capsys)


@pytest.mark.parametrize(
    "settings",
    [
        {"l1": 0.001}, {"l2": 0.01}, {"clip_norm": 0.3}, {"dropout": 0.4},
        {"l1": 1e-4, "l2": 1e-3, "clip_norm": 0.5, "dropout": 0.2, "optimizer": "adam",
         "hidden": ((20, "sigmoid"), (10, "gelu"))},
    ],
)
def test_what_holds_training_back(tmp_path, capsys, settings):
    assert_repeats(trained(60, **settings), tmp_path, capsys)


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden": ()},
        {"seed": 12345, "test_share": 0.5},
        {"batch_size": 1},
        {"batch_size": 1438},
        {"dataset": "xor", "hidden": ((2, "tanh"),), "output": "sigmoid", "batch_size": 4},
        {"dataset": "xor", "hidden": ((3, "relu"),), "output": "sigmoid", "loss": "mse",
         "batch_size": 3},
    ],
)
def test_other_shapes_and_data(tmp_path, capsys, settings):
    assert_repeats(trained(30, **settings), tmp_path, capsys)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_every_scaling(tmp_path, capsys, scaling):
    assert_repeats(trained(30, scaling=scaling, learning_rate=0.01), tmp_path, capsys)


@pytest.fixture
def mnist(mnist_dir, tmp_path, monkeypatch):
    """MNIST in the data folder, and beside the script."""
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path / "data"))
    for folder in (tmp_path / "data" / "mnist", tmp_path / "mnist"):
        folder.mkdir(parents=True)
        for file in mnist_dir.iterdir():
            if "ubyte" in file.name:
                (folder / file.name).symlink_to(file)


@pytest.mark.parametrize("scaling", ["unit", "standard"])
def test_images_in_files(tmp_path, capsys, mnist, scaling):
    settings = {"dataset": "mnist", "scaling": scaling, "hidden": ((16, "relu"),)}
    assert_repeats(trained(20, **settings, batch_size=100), tmp_path, capsys)


def test_before_the_first_step(tmp_path, capsys):
    assert_repeats(trained(0), tmp_path, capsys)


def test_learning_rate_and_batch_size_changed_on_the_way(tmp_path, capsys):
    run = take(run_of(), 20)
    for rate, size, steps in ((0.3, 32, 30), (0.03, 50, 25), (0.05, 7, 40), (0.05, 1000, 3)):
        run.act("change", {"learning_rate": rate, "batch_size": size})
        take(run, steps)
    record = record_of(run)
    assert list(record.changes) == [0, 20, 50, 75, 115]
    assert_repeats(record, tmp_path, capsys)


def test_steps_taken_back(tmp_path, capsys):
    run = take(run_of(), 12)
    run.act("change", {"learning_rate": 0.5})
    take(run, 4)
    for _ in range(6):
        run.act("back")
    record = record_of(take(run, 5))
    assert record.changes == {0: (0.1, 32), 10: (0.5, 32)}
    assert_repeats(record, tmp_path, capsys)


def test_thousands_of_steps(tmp_path, capsys):
    run = run_of(hidden=((16, "relu"),), learning_rate=0.5)
    while run.trainer.step_count < 5000:
        run.train(500)
    assert_repeats(record_of(run), tmp_path, capsys)


# ---------------------------------------------------------------- what it would not let pass


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("default_rng(0)\nfor", "default_rng(1)\nfor"),
        ("0: (0.1, 32)", "0: (0.11, 32)"),
        ("Z > 0", "Z > 0.01"),
        ("(2 / fan_in) ** 0.5", "(1 / fan_in) ** 0.5"),
    ],
)
def test_another_run_fails_the_comparison(tmp_path, right, wrong):
    def change(code):
        assert code.count(right) == 1
        return code.replace(right, wrong)

    with pytest.raises(AssertionError, match="not the weights of the run"):
        execute(trained(200), tmp_path, change=change)


OTHER_PRODUCT = """
def product(A, B, scale=1.0, add_to=None, turn_A=False, turn_B=False):
    A, B = A.T if turn_A else A, B.T if turn_B else B
    AB = np.asfortranarray(np.einsum("ij,jk->ik", A, B))
    if add_to is not None:
        add_to += scale * AB
    return AB


"""


def test_another_way_of_rounding_passes_and_is_said(tmp_path, capsys):
    """As on another machine: products summed in another order, over a thousand steps."""
    run = run_of()
    run.train(1000)

    def change(code):
        start = code.index("def product")
        end = code.index("def forward")
        return code[:start] + OTHER_PRODUCT + code[end:]

    execute(record_of(run), tmp_path, change=change)
    said = capsys.readouterr().out
    assert "The weights differ from those of the run by" in said
    assert 0 < float(said.split(" by ")[1].split()[0]) < numpy_code.TOLERANCE / 100


def test_the_script_reads_as_a_lesson():
    code = numpy_code.script(trained(3))
    assert "import nnviz" not in code
    assert len(code.splitlines()) < 160
    assert max(map(len, code.splitlines())) <= 100
    for name in ("leaky", "softplus", "mask", "l1", "begin"):
        assert name not in code


def test_the_tables_have_all_that_the_lab_offers():
    assert set(snippets.ACTIVATIONS) == set(ACTIVATIONS)
    assert set(snippets.LOSSES) == set(losses.LOSSES)
    assert set(snippets.OPTIMIZERS) == set(OPTIMIZERS)
    assert set(snippets.INITIALIZERS) == set(INITIALIZERS)
    assert set(snippets.SCHEDULES) == set(SCHEDULES)
    assert set(snippets.SCALINGS) == set(SCALINGS)
    assert set(snippets.DATA) == set(DATASETS)
    assert set(SETTINGS) == numpy_code.REPEATED
    for id, optimizer in OPTIMIZERS.items():
        assert snippets.OPTIMIZERS[id].memory == optimizer.memory


# ---------------------------------------------------------------- runs that no seed gives


def test_a_run_whose_past_is_not_known_begins_where_it_is(tmp_path, capsys):
    run = take(run_of(optimizer="adam", learning_rate=0.001, dropout=0.2), 50)
    run.rewind = type(run.rewind)(run.trainer)  # as of a run saved by an earlier version
    record = record_of(take(run, 30))
    assert record.begin.step == 50
    assert "not known any more" in " ".join(numpy_code.script(record).split())
    assert_repeats(record, tmp_path, capsys)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "rmsprop", "adam"])
def test_a_run_from_a_model_file_begins_with_its_weights(tmp_path, capsys, optimizer):
    config = run_of(schedule="cosine", optimizer=optimizer, learning_rate=0.01).config
    given = GivenWeights(np.linspace(-0.1, 0.1, 2410, dtype=np.float32), "a model file")
    record = record_of(take(Run(config, given=given), 60))
    assert record.begin.step == 0
    assert "from a model file" in " ".join(numpy_code.script(record).split())
    assert_repeats(record, tmp_path, capsys)


def test_a_record_keeps_all_that_a_script_needs():
    record = trained(20)
    assert dataclasses.replace(record, begin=None).changes == {0: (0.1, 32)}
    assert record.begin is None


def test_a_run_that_was_taught_a_drawing_goes_on_from_there(tmp_path, capsys):
    run = take(run_of(optimizer="adam", learning_rate=0.001), 30)
    answer(run, "correct", {"drawings": [own(2)]})
    taught = run.trainer.step_count
    record = record_of(take(run, 40))
    assert record.begin.step == taught > 30
    assert_repeats(record, tmp_path, capsys)


def test_a_run_changed_by_hand_has_nothing_to_repeat_but_its_weights(tmp_path, capsys):
    run = take(run_of(optimizer="momentum"), 30)
    run.act("set", {"layer": 0, "row": 3, "unit": 2, "value": 1.5})
    record = record_of(take(run, 10))
    assert record.begin.step == record.step == 40
    assert "by hand" in " ".join(numpy_code.script(record).split())
    assert_repeats(record, tmp_path, capsys)


def test_a_run_changed_by_hand_before_its_first_step(tmp_path, capsys):
    run = run_of(optimizer="nesterov", dropout=0.3)
    run.act("set", {"layer": 0, "row": 3, "unit": 2, "value": 1.5})
    record = record_of(run)
    assert record.begin.step == record.step == 0
    assert_repeats(record, tmp_path, capsys)


def test_a_run_on_warped_copies_says_that_they_are_not_repeated(tmp_path, capsys):
    record = trained(5, augment="warped")
    assert record.begin.step == record.step == 5
    assert "warped copies" in " ".join(numpy_code.script(record).split())
    assert_repeats(record, tmp_path, capsys)


def test_no_name_ends_the_text_it_stands_in():
    record = trained(1)
    state = np.random.default_rng(0).bit_generator.state
    begin = Moment(0, 0, 0, record.parameters, {}, state, {}, 'x"""\nimport os\n"""\\')
    code = numpy_code.script(dataclasses.replace(record, begin=begin))
    assert "x''' import os '''/" in " ".join(ast.get_docstring(ast.parse(code)).split())
