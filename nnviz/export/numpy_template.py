"""The NumPy script, with places for what differs from run to run (`numpy_code`)."""

TEMPLATE = '''\
"""Train the network of a run of nnviz again, in NumPy, and compare the weights.

$about

Needs NumPy, SciPy and scikit-learn, and $files beside this file.

Samples are rows. A layer's weights and, below them, its biases are one matrix W; its input A has
a column of ones for the biases. So z = a W + b is the one product A W.
"""

$standard_library

# More threads would share the sums out, and round them otherwise than nnviz does.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
$imports

HERE = Path(__file__).resolve().parent

# ---- The data: the same samples for training and testing, scaled the same way

$data
$scaling
y = $targets
x_test, labels_test = x[test], labels[test]
x, y = np.hstack([x[training], np.ones((len(x[training]), 1), "float32")]), y[training]

# ---- The network

sizes = $sizes


def layers(vector):
    """Cut one vector of all parameters into the W of each layer, as views."""
    shapes = [(fan_in + 1, fan_out) for fan_in, fan_out in zip(sizes, sizes[1:])]
    ends = np.cumsum([rows * columns for rows, columns in shapes])
    parts = np.split(vector, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes)]


$functions


activations = [$activations]
derivatives = [$derivatives]  # of the hidden layers, always taken at z


def loss_of(A, Y):
    """$loss_label."""
    return $loss_value


def product(A, B, scale=1.0, add_to=None, turn_A=False, turn_B=False):
    """Return A B, of A or B transposed where told, or add scale A B to a matrix in its place.

    By the BLAS routine that nnviz calls, and as it calls it: another may round otherwise.
    """
    rows_A, rows_B = not A.flags.f_contiguous, not B.flags.f_contiguous  # it reads by columns
    A, B = A.T if rows_A else A, B.T if rows_B else B
    turn_A, turn_B = turn_A != rows_A, turn_B != rows_B
    if add_to is None:
        return sgemm(scale, A, B, trans_a=turn_A, trans_b=turn_B)
    if add_to.flags.f_contiguous:
        return sgemm(scale, A, B, 1.0, add_to, turn_A, turn_B, True)
    return sgemm(scale, B, A, 1.0, add_to.T, not turn_B, not turn_A, True).T



def forward(A$mask_argument):
    """Return z of every layer, and the A of the input and of every layer."""
    Z, A = [], [A]
    for k, f in enumerate(activations):
        Z.append(product(A[k], W[k]))
        A.append(np.ones((len(Z[k]), sizes[k + 1] + 1), "float32", order="F"))
        A[k + 1][:, :-1] = f(Z[k])
        $dropout_forward
    return Z, A


# ---- The first weights

count = sum((fan_in + 1) * fan_out for fan_in, fan_out in zip(sizes, sizes[1:]))
parameters = np.zeros(count, "float32")
W = layers(parameters)
$weights

# ---- Training

# Learning rate and batch size, from a step on.
changes = {
    $changes
}
$memory
position = $position  # samples of this epoch that are done
samples_seen = $samples_seen
$resume
for step in range($first, $steps):
    if step in changes:
        learning_rate, batch_size = changes[step]
    if position == 0:
        order = rng.permutation(len(x))  # a new order for every epoch
    rows = order[position : position + batch_size]
    Y = np.asfortranarray(y[rows])
    $before_forward
    Z, A = forward(x[rows]$masks)
    if step % $report == 0:
        print(f"step {step}: loss of the mini-batch {loss_of(A[-1][:, :-1], Y):.4f}")

    # Backwards: delta is dL/dz of each layer, from the last to the first.
    delta = $output_delta
    deltas = [delta]
    for k in range(len(W) - 1, 0, -1):
        delta = product(delta, W[k][:-1], turn_B=True)
        $dropout_backward
        delta *= derivatives[k - 1](Z[k - 1])
        deltas.insert(0, delta)

    # The update, against the gradient A^T delta of each W
    rate = $rate
    $update
    samples_seen += len(rows)
    position = (position + len(rows)) % len(x)

answers = forward(np.hstack([x_test, np.ones((len(x_test), 1), "float32")]))[1][-1][:, :-1]
predicted = $predicted
print(f"after step {$steps}: {np.mean(predicted == labels_test):.1%} of the test samples right")

# ---- The same weights?

with np.load(HERE / "$model") as saved:
    wanted = [np.vstack([saved[f"W{k}"], saved[f"b{k}"]]) for k in range(1, len(sizes))]
wanted = np.concatenate([W_b.ravel() for W_b in wanted])
if np.array_equal(parameters, wanted):
    print("The weights are those of the run, bit for bit.")
else:
    # Another processor or library rounds otherwise, and training amplifies it: slowly, unless
    # the learning rate is so large that training jumps about.
    apart = np.linalg.norm(parameters - wanted) / np.linalg.norm(wanted)
    print(f"The weights differ from those of the run by {apart:.2g} of their length.")
    assert apart < $tolerance, "These are not the weights of the run."
'''
