"""Every choice of a run in one table: defaults, bounds, explanations and validation."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from nnviz import losses
from nnviz.activations import ACTIVATIONS
from nnviz.bounds import Setting, SettingError, check_choice, check_float, check_int, error_of
from nnviz.data import DATASETS, SCALINGS
from nnviz.initializers import INITIALIZERS
from nnviz.optimizers import OPTIMIZERS
from nnviz.schedules import SCHEDULES

MAX_HIDDEN_LAYERS = 6
MAX_UNITS = 512
LARGEST_BATCH = 4096  # room for its forward pass is kept for every run
HIDDEN_ACTIVATIONS = {id: f.label for id, f in ACTIVATIONS.items() if not f.output_only}
# The page offers losses by what they measure; for sigmoid outputs `losses.for_output` finds the
# cross-entropy of each output.
LOSS_LABELS = {
    "cross_entropy": "cross-entropy",
    "mse": "mean squared error (MSE)",
    "mae": "mean absolute error (MAE)",
    "huber": "Huber",
}
LEARNING_RATES = (*(float(f"{digit}e{power}") for power in range(-5, 1) for digit in (1, 3)), 10.0)


def _check_hidden(setting: Setting, value: Any) -> tuple[tuple[int, str], ...]:
    expected = (
        f"0 to {MAX_HIDDEN_LAYERS} layers, each 1 to {MAX_UNITS} units with one of: "
        + ", ".join(HIDDEN_ACTIVATIONS)
    )
    if not isinstance(value, list | tuple) or len(value) > MAX_HIDDEN_LAYERS:
        raise error_of(setting, value, expected)
    layers = []
    for layer in value:
        if not isinstance(layer, list | tuple) or len(layer) != 2:
            raise error_of(setting, value, expected)
        units, activation = layer
        whole = isinstance(units, int) and not isinstance(units, bool)
        known = isinstance(activation, str) and activation in HIDDEN_ACTIVATIONS
        if not whole or not 1 <= units <= MAX_UNITS or not known:
            raise error_of(setting, value, expected)
        layers.append((units, activation))
    return tuple(layers)


def _labels(table: dict[str, Any]) -> dict[str, str]:
    return {id: item.label for id, item in table.items()}


SETTINGS: dict[str, Setting] = {
    item.name: item
    for item in (
        Setting(
            "dataset", "Data set", "What the network learns from.",
            "digits", check_choice, choices=_labels(DATASETS), short="data",
        ),
        Setting(
            "test_share", "Share of test samples",
            "These samples are never trained on: they show what the network has understood "
            "rather than learned by heart.",
            0.2, check_float, low=0.05, high=0.9,
        ),
        Setting(
            "scaling", "Scaling of the inputs",
            "Inputs of about 1 let the same learning rate suit every layer.",
            "unit", check_choice, choices=_labels(SCALINGS),
        ),
        Setting(
            "augment", "Warped copies",
            "For digits and MNIST: beside each training image, copies of it that are turned, "
            "sheared, stretched, bent, their strokes thinner or thicker, as other hands would "
            "write it. An epoch then goes through the copies too; loss and accuracy are measured "
            "without them. For networks that are to read what you draw.",
            "none", check_choice, choices={"none": "none", "warped": "with warped copies"},
        ),
        Setting(
            "seed", "Seed",
            "Decides the first weights and the order of the batches: the same seed gives the same "
            "run, bit for bit. The test samples stay the same for every seed, so runs compare.",
            0, check_int, low=0, high=2**31 - 1,
        ),
        Setting(
            "hidden", "Hidden layers",
            "Units and activation of each layer between input and output. None at all makes a "
            "linear classifier.",
            ((32, "relu"),), _check_hidden,
        ),
        Setting(
            "output", "Output layer",
            "Softmax gives probabilities that sum to 1; sigmoid judges each class for itself; "
            "linear gives any number.",
            "softmax", check_choice,
            choices={id: ACTIVATIONS[id].label for id in ("softmax", "sigmoid", "linear")},
        ),
        Setting(
            "initializer", "First weights",
            "How spread out the weights are before training. Too small and signals fade from "
            "layer to layer, too large and they saturate.",
            "he_normal", check_choice, choices=_labels(INITIALIZERS), short="init",
        ),
        Setting(
            "loss", "Loss",
            "What training makes small. Cross-entropy suits classes; MSE is what the first "
            "texts on backpropagation use.",
            "cross_entropy", check_choice, choices=LOSS_LABELS,
        ),
        Setting(
            "optimizer", "Optimiser", "How a gradient becomes a change of the weights.",
            "sgd", check_choice, choices=_labels(OPTIMIZERS),
        ),
        Setting(
            "schedule", "Learning-rate schedule",
            "What the learning rate is multiplied by as the epochs pass.",
            "constant", check_choice, choices=_labels(SCHEDULES),
        ),
        Setting(
            "schedule_epochs", "Length of the schedule in epochs",
            "After so many epochs the rate has halved (steps), fallen to 1/e (exponential), ended "
            "at 0 (cosine) or reached its full height (warm-up).",
            10.0, check_float, low=0.1, high=10_000,
        ),
        Setting(
            "l1", "L1 penalty",
            "Adds this times the sum of all |w| to the loss of a mini-batch: weights that help "
            "little go to 0.",
            0.0, check_float, low=0, high=1,
        ),
        Setting(
            "l2", "L2 penalty",
            "Adds half of this times the sum of all w squared to the loss of a mini-batch: keeps "
            "weights small.",
            0.0, check_float, low=0, high=1,
        ),
        Setting(
            "dropout", "Dropout",
            "Share of the hidden units switched off at each step, others every time. The loss of a "
            "mini-batch is measured with them off, the training loss with all of them on.",
            0.0, check_float, low=0, high=0.9,
        ),
        Setting(
            "clip_norm", "Clip gradients at length",
            "A longer gradient is shortened to this; 0 means no limit.",
            0.0, check_float, low=0, high=1000,
        ),
        Setting(
            "learning_rate", "Learning rate",
            "How far a step goes against the gradient. Too small: slow. Too large: the loss "
            "jumps or blows up. Changes at once.",
            0.1, check_float, low=1e-5, high=10.0, live=True, short="lr",
        ),
        Setting(
            "batch_size", "Batch size",
            "Samples averaged for one step. Small: many noisy steps; the whole training set: "
            "few exact ones. Changes at once.",
            32, check_int, low=1, high=LARGEST_BATCH, live=True, short="batch",
        ),
    )
}

# The parts of "hidden" as a person enters them.
LAYER_COUNT = Setting(
    "layers", "Hidden layers", SETTINGS["hidden"].help, 1, check_int, low=0, high=MAX_HIDDEN_LAYERS
)
LAYER_UNITS = Setting("units", "Units", "", 16, check_int, low=1, high=MAX_UNITS)


@dataclass(frozen=True)
class RunConfig:
    """The settings of one run: frozen, and checked against `SETTINGS` when made.

    Raises
    ------
    SettingError
        If a value is outside its range, or loss and output do not fit each other.
    """

    dataset: str = SETTINGS["dataset"].default
    test_share: float = SETTINGS["test_share"].default
    scaling: str = SETTINGS["scaling"].default
    augment: str = SETTINGS["augment"].default
    seed: int = SETTINGS["seed"].default
    hidden: tuple[tuple[int, str], ...] = SETTINGS["hidden"].default
    output: str = SETTINGS["output"].default
    initializer: str = SETTINGS["initializer"].default
    loss: str = SETTINGS["loss"].default
    optimizer: str = SETTINGS["optimizer"].default
    schedule: str = SETTINGS["schedule"].default
    schedule_epochs: float = SETTINGS["schedule_epochs"].default
    l1: float = SETTINGS["l1"].default
    l2: float = SETTINGS["l2"].default
    dropout: float = SETTINGS["dropout"].default
    clip_norm: float = SETTINGS["clip_norm"].default
    learning_rate: float = SETTINGS["learning_rate"].default
    batch_size: int = SETTINGS["batch_size"].default

    def __post_init__(self):
        for field in fields(self):
            setting = SETTINGS[field.name]
            checked = setting.check(setting, getattr(self, field.name))
            object.__setattr__(self, field.name, checked)
        self._check_output()
        if self.augment not in augment_choices(self.dataset):
            raise SettingError(
                "augment",
                "Warped copies are made of handwritten digits alone. Give none, or one of the "
                "data sets digits and mnist.",
            )
        if self.batch_size > self.training_samples:
            raise SettingError(
                "batch_size",
                f"Batch size cannot be {self.batch_size:,}: there are "
                f"{self.training_samples:,} training samples. Give 1 to "
                f"{self.training_samples:,}.",
            )

    def _check_output(self) -> None:
        choices = output_choices(self.loss, self.dataset)
        if self.output in choices:
            return
        if _fits(self.loss, self.output):
            wrong = "A softmax over one output is always 1, and this data set has one output."
        else:
            wrong = f"{LOSS_LABELS[self.loss]} does not fit a {self.output} output."
        raise SettingError("output", f"{wrong} Give one of: {', '.join(choices)}.")

    @property
    def training_samples(self) -> int:
        return DATASETS[self.dataset].training_samples(self.test_share)

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        source = DATASETS[self.dataset]
        return (source.features, *(units for units, _ in self.hidden), source.outputs)

    @property
    def name(self) -> str:
        """What files of such a run are called: ``digits-64-32-10``."""
        return "-".join(map(str, (self.dataset, *self.layer_sizes)))

    @property
    def activations(self) -> tuple[str, ...]:
        return (*(activation for _, activation in self.hidden), self.output)

    @property
    def training(self) -> dict[str, Any]:
        """What `training.Trainer` takes besides network and samples."""
        return {
            "loss": self.loss,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "optimizer": self.optimizer,
            "schedule": replace(SCHEDULES[self.schedule], epochs=self.schedule_epochs),
            "l1": self.l1,
            "l2": self.l2,
            "dropout": self.dropout,
            "clip_norm": self.clip_norm or None,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON."""
        return asdict(self) | {"hidden": [list(layer) for layer in self.hidden]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RunConfig":
        """Return the configuration of `to_dict`; missing settings take their default.

        Raises
        ------
        SettingError
            If a name is unknown or a value does not fit.
        """
        for name in values:
            if name not in SETTINGS:
                raise SettingError(
                    name, f"Unknown setting {name[:40]!r}. Known: {', '.join(SETTINGS)}."
                )
        return cls(**values)

    def changed(self, **values: Any) -> "RunConfig":
        """Return a copy with some settings replaced (and checked)."""
        return replace(self, **values)

    def differences(self, other: "RunConfig") -> dict[str, tuple[Any, Any]]:
        """Return the settings that differ, as name: (here, in `other`)."""
        return {
            field.name: (getattr(self, field.name), getattr(other, field.name))
            for field in fields(self)
            if getattr(self, field.name) != getattr(other, field.name)
        }


def output_choices(loss: str, dataset: str) -> dict[str, str]:
    """Return the output activations that fit a loss and a data set, as id: label."""
    one_output = DATASETS[dataset].outputs == 1
    return {
        id: ACTIVATIONS[id].label
        for id in SETTINGS["output"].choices
        if _fits(loss, id) and not (one_output and id == "softmax")
    }


def augment_choices(dataset: str) -> dict[str, str]:
    """Return which copies of its images may be trained on, as id: label."""
    choices = SETTINGS["augment"].choices
    return choices if DATASETS[dataset].has_copies else {"none": choices["none"]}


def _fits(loss: str, output: str) -> bool:
    try:
        losses.for_output(loss, ACTIVATIONS[output])
    except ValueError:
        return False
    return True
