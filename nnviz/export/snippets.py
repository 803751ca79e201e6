"""What the generated scripts say of each activation, loss, optimiser...: their formulas as code.

In the code, samples are rows; `Z` is a pre-activation, `A` the network's output, `Y` the targets,
`gradient` that of all parameters. Each line computes in the order in which the library does, so
that the numbers come out the same to the last bit.
"""

from typing import NamedTuple

from nnviz.activations import SAFE_EXPONENT
from nnviz.data.families import FAMILIES


class ActivationCode(NamedTuple):
    """An activation in NumPy (f and f', expressions of Z), in PyTorch, and what both need."""

    value: str
    derivative: str
    torch: str
    imports: str = ""


EXPIT = "from scipy.special import expit"

ACTIVATIONS: dict[str, ActivationCode] = {
    "relu": ActivationCode("np.maximum(Z, 0)", "Z > 0", "nn.ReLU()"),
    "leaky_relu": ActivationCode(
        "np.where(Z > 0, Z, {slope} * Z)", "np.where(Z > 0, np.float32(1), np.float32({slope}))",
        "nn.LeakyReLU({slope})",
    ),
    "elu": ActivationCode(
        "np.where(Z > 0, Z, np.expm1(np.minimum(Z, 0)))", "np.exp(np.minimum(Z, 0))", "nn.ELU()"
    ),
    "gelu": ActivationCode(
        "(erf(0.5**0.5 * Z) + 1) * 0.5 * Z",
        "(erf(0.5**0.5 * Z) + 1) * 0.5"
        " + np.exp(-0.5 * Z**2) * (Z / np.sqrt(2 * np.pi, dtype=\"float32\"))",
        "nn.GELU()", "from scipy.special import erf",
    ),
    "silu": ActivationCode(
        "expit(Z) * Z", "((1 - expit(Z)) * Z + 1) * expit(Z)", "nn.SiLU()", EXPIT
    ),
    "softplus": ActivationCode("np.logaddexp(Z, 0)", "expit(Z)", "nn.Softplus()", EXPIT),
    "sigmoid": ActivationCode("expit(Z)", "(1 - expit(Z)) * expit(Z)", "nn.Sigmoid()", EXPIT),
    "tanh": ActivationCode("np.tanh(Z)", "1 - np.tanh(Z) ** 2", "nn.Tanh()"),
    "linear": ActivationCode("Z", "np.ones_like(Z)", "nn.Identity()"),
    "softmax": ActivationCode("", "", "nn.Softmax(dim=1)"),
}

SOFTMAX = f'''
def softmax(Z):
    """Probabilities of each row; less its maximum, where an exponent could overflow."""
    if not np.abs(Z).max() <= {SAFE_EXPONENT:g}:
        Z = Z - Z.max(axis=1, keepdims=True)
    E = np.exp(Z)
    return E / product(E, np.ones((E.shape[1], E.shape[1]), "float32"))  # by the sum of each row
'''


class LossCode(NamedTuple):
    """A loss: its value, dL/dA, and the output with which dL/dZ is simply `canonical`."""

    value: str
    gradient: str
    canonical_output: str | None = None


DIFFERENCE = "(A - Y) * (1 / len(Y))"  # dL/dZ of cross-entropy at the output that belongs to it
TINY = "1e-45"  # the smallest float32 above 0: the logarithm of 0 is not finite

LOSSES: dict[str, LossCode] = {
    "mse": LossCode("np.mean((A - Y) ** 2)", "(A - Y) * (2 / Y.size)"),
    "mae": LossCode("np.mean(np.abs(A - Y))", "np.sign(A - Y) * (1 / Y.size)"),
    "huber": LossCode(
        "np.mean(np.where(np.abs(A - Y) <= 1, 0.5 * (A - Y) ** 2, np.abs(A - Y) - 0.5))",
        "np.clip(A - Y, -1, 1) * (1 / Y.size)",
    ),
    "cross_entropy": LossCode(
        f"-np.sum(Y * np.log(A + np.float32({TINY}))) / len(Y)", "", "softmax"
    ),
    "binary_cross_entropy": LossCode(
        f"-np.sum(Y * np.log(A + np.float32({TINY}))"
        f" + (1 - Y) * np.log(1 - A + np.float32({TINY}))) / len(Y)",
        "", "sigmoid",
    ),
}


GRADIENT_ROOM = 'gradient = np.zeros(count, "float32")\ndW = layers(gradient)'
GRADIENT = (
    "gradient[:] = 0\n"
    "for k in range(len(W)):\n"
    "    product(A[k], deltas[k], add_to=dW[k], turn_A=True)"
)
# The plain step adds the product to W at once, and so rounds once.
DESCENT = (
    "for k in range(len(W)):\n"
    "    product(A[k], deltas[k], -rate, add_to=W[k], turn_A=True)  # W -= rate * gradient"
)


class OptimizerCode(NamedTuple):
    """The update of one step; {names} are the optimiser's numbers. `t` counts steps from 1."""

    memory: tuple[str, ...]
    update: str


OPTIMIZERS: dict[str, OptimizerCode] = {
    "sgd": OptimizerCode((), "parameters -= rate * gradient"),  # where DESCENT does not do
    "momentum": OptimizerCode(
        ("velocity",),
        "velocity = {momentum} * velocity - rate * gradient\n"
        "parameters += velocity",
    ),
    "nesterov": OptimizerCode(
        ("velocity",),
        "velocity = {momentum} * velocity - rate * gradient\n"
        "parameters += {momentum} * velocity - rate * gradient",
    ),
    "adagrad": OptimizerCode(
        ("squares",),
        "squares += gradient**2\n"
        "parameters -= rate * (gradient / (np.sqrt(squares) + {epsilon}))",
    ),
    "rmsprop": OptimizerCode(
        ("squares",),
        "squares = {decay} * squares + (1 - {decay}) * gradient**2\n"
        "parameters -= rate * (gradient / (np.sqrt(squares) + {epsilon}))",
    ),
    "adam": OptimizerCode(
        ("mean", "squares"),
        "t = step + 1\n"
        "mean = {beta1} * mean + (1 - {beta1}) * gradient\n"
        "squares = {beta2} * squares + (1 - {beta2}) * gradient**2\n"
        "correction = (1 - {beta2}**t) ** 0.5  # both averages began at 0\n"
        "corrected_rate = rate * correction / (1 - {beta1}**t)\n"
        "update = -corrected_rate * (mean / (np.sqrt(squares) + {epsilon} * correction))\n"
        "parameters += update",
    ),
}
OPTIMIZERS["adamw"] = OptimizerCode(
    OPTIMIZERS["adam"].memory,
    OPTIMIZERS["adam"].update.replace(
        "parameters += update",
        "parameters += update - parameters * (rate * {weight_decay})  # the weight decay",
    ),
)

# The weights of a layer; biases start at 0.
INITIALIZERS: dict[str, str] = {
    "lecun_normal": "rng.standard_normal((fan_in, fan_out)) * fan_in**-0.5",
    "he_normal": "rng.standard_normal((fan_in, fan_out)) * (2 / fan_in) ** 0.5",
    "glorot_normal": "rng.standard_normal((fan_in, fan_out)) * (2 / (fan_in + fan_out)) ** 0.5",
    "lecun_uniform": "rng.uniform(-1.0, 1.0, (fan_in, fan_out)) * (3 / fan_in) ** 0.5",
    "he_uniform": "rng.uniform(-1.0, 1.0, (fan_in, fan_out)) * (6 / fan_in) ** 0.5",
    "glorot_uniform": (
        "rng.uniform(-1.0, 1.0, (fan_in, fan_out)) * (6 / (fan_in + fan_out)) ** 0.5"
    ),
    "orthogonal": "orthogonal(fan_in, fan_out)",
    "normal": "rng.standard_normal((fan_in, fan_out))",
    "uniform": "rng.uniform(-1.0, 1.0, (fan_in, fan_out))",
    "constant": "0.1",
    "zeros": "0.0",
}

ORTHOGONAL = '''
def orthogonal(fan_in, fan_out):
    """A random matrix that neither stretches nor shrinks: QR, with signs made equally likely."""
    Q, R = np.linalg.qr(rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out))))
    Q *= np.where(np.diag(R) < 0, -1.0, 1.0)
    return Q if fan_in >= fan_out else Q.T
'''

# What the learning rate is multiplied by; `progress` is epochs so far / length of the schedule.
SCHEDULES: dict[str, str] = {
    "constant": "1.0",
    "step": "0.5 ** math.floor(progress)",
    "exponential": "math.exp(-progress)",
    "cosine": "0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))",
    "warm_up": "min(1.0, 0.01 + 0.99 * progress)",
}

REGULARIZERS: dict[str, str] = {
    "l1": "for k in range(len(W)):  # the L1 penalty, on weights and not on biases\n"
    "    dW[k][:-1] += {value} * np.sign(W[k][:-1])",
    "l2": "for k in range(len(W)):  # the L2 penalty, on weights and not on biases\n"
    "    dW[k][:-1] += {value} * W[k][:-1]",
    "clip_norm": "length = sdot(gradient, gradient) ** 0.5\n"
    "if length > {value}:  # a longer gradient is shortened\n"
    "    gradient *= {value} / length",
}

MASK_GENERATOR = (
    "# The masks of dropout have a generator of their own.\n"
    'mask_rng = np.random.default_rng(int.from_bytes(rng.bytes(16), "little"))'
)
DROPOUT_MASKS = (
    "# Dropout: hidden units are switched off at random, the others made up for it.\n"
    'masks = [mask_rng.random((units, len(rows)), "float32").T for units in sizes[1:-1]]\n'
    'masks = [(m >= {dropout}).astype("float32") * (1 / (1 - {dropout})) for m in masks]'
)



class DataCode(NamedTuple):
    """Where the samples come from: `raw` values, `labels`, and rows for `training` and `test`.

    {seed} and {tested} are those of a random split.
    """

    code: str
    imports: str = ""


DATA: dict[str, DataCode] = {
    "digits": DataCode(
        "raw, labels = load_digits(return_X_y=True)\n"
        'raw = raw.astype("float32")\n'
        "shuffled = np.random.default_rng({seed}).permutation(len(raw))\n"
        "test, training = shuffled[:{tested}], shuffled[{tested}:]",
        "from sklearn.datasets import load_digits",
    ),
    "xor": DataCode(
        'raw = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")\n'
        "labels = np.array([0, 1, 1, 0])\n"
        "training = test = slice(0, 4)  # there are no others"
    ),
}
_IMAGE_FILES = """FOLDER = HERE / "{id}"  # the four files {prefix}train-images-idx3-ubyte.gz ...


def read(name):
    \"\"\"Return the array of an IDX file, gzipped or not.\"\"\"
    path = FOLDER / f"{prefix}{{name}}-ubyte"
    content = path.read_bytes() if path.exists() else gzip.open(f"{{path}}.gz").read()
    shape = np.frombuffer(content, ">u4", count=content[3], offset=4)
    return np.frombuffer(content, "uint8", offset=4 + 4 * len(shape)).reshape(shape)


images = np.concatenate([read("train-images-idx3"), read("{test}-images-idx3")]){transposed}
raw = images.reshape(len(images), -1)
labels = np.concatenate([read("train-labels-idx1"), read("{test}-labels-idx1")]){first}
training, test = slice(0, len(raw) - {{tested}}), slice(len(raw) - {{tested}}, None)"""
for _family in FAMILIES.values():
    DATA[_family.id] = DataCode(
        _IMAGE_FILES.format(
            id=_family.id,
            prefix=_family.prefix,
            test="test" if _family.is_transposed else "t10k",
            transposed=".transpose(0, 2, 1)" if _family.is_transposed else "",
            first=f" - {_family.first_label}" if _family.first_label else "",
        ).replace("{name}", "{{name}}").replace("{path}", "{{path}}"),
        "import gzip",
    )

# Of bytes, as whole numbers: n times the sum of squares less the square of the sum.
STANDARD_OF_BYTES = """n, values = len(raw[training]), raw[training]
total = values.sum(axis=0, dtype="int64")
squares = np.einsum("ij,ij->j", values, values, dtype="int64")
mean, deviation = total / n, np.sqrt(n * squares - total**2) / n
deviation[deviation == 0] = 1  # a pixel that never changes
x = (raw - mean.astype("float32")) / deviation.astype("float32")"""
SCALINGS: dict[str, str] = {
    "unit": "x = raw / np.float32({divisor})",
    "standard": (
        "mean, deviation = raw[training].mean(axis=0), raw[training].std(axis=0)\n"
        "deviation[deviation == 0] = 1  # a pixel that never changes\n"
        'x = (raw - mean.astype("float32")) / deviation.astype("float32")'
    ),
    "none": 'x = raw.astype("float32")',
}
