"""The limits of runs on one server, in one place.

What an operator may want to change is read from the environment: `NNVIZ_` and the limit's name,
as in ``NNVIZ_RUNS_ALIVE=500``.
"""

import math
import os


def _limit(name: str, default: float) -> float:
    """Return what the environment says, in the type of the default, or the default."""
    text = os.environ.get(f"NNVIZ_{name}", "").strip() or str(default)
    try:
        value = type(default)(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        kind = "whole number" if isinstance(default, int) else "number"
        raise SystemExit(f"NNVIZ_{name} must be a {kind} above 0. Received: {text[:40]!r}.")
    return value


def _cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


WORKERS = _limit("WORKERS", _cores())  # processes that train
RUNS_ALIVE = _limit("RUNS_ALIVE", 200)  # in memory, in all workers; others wait in the store
PARAMETERS = _limit("PARAMETERS", 4_000_000)  # weights and biases of one network
BATCH_BYTES = _limit("BATCH_BYTES", 200_000_000)  # of one mini-batch in all layers
RUNS_EACH = 4  # runs in use in each worker before a further one is started

SLICE_SECONDS = 0.003  # training of one run before the next one's turn
LONE_SLICE_SECONDS = 0.008  # with one run training there is no one to wait for
MAX_FRAMES_PER_SECOND = 20  # to one page
ALL_FRAMES_PER_SECOND = 130  # to all pages together: 30 pages get 4.3 each
FRAME_SHARE = 0.4  # at most this share of a run's own turns goes into its frames ...
LONE_FRAME_SHARE = 0.25  # ... and of a worker's time, where hardly another run trains
LONGEST_FRAME_SECONDS = 4.0  # a page of a run that trains gets one so often, whatever it costs
LONGEST_DEBT_SECONDS = 0.25  # of a worker's time that a run had too much of and goes without later
SPEED_SECONDS = 0.5  # time over which the steps per second shown are averaged
REMEMBER_SECONDS = 0.1  # how often a run remembers its state, to step back or recover from it
REMEMBER_GROWTH = 1.06  # ... and sooner where it has so many times the steps of the last time
REMEMBERED_BYTES = _limit("REMEMBERED_BYTES", 12_000_000)  # states kept for one run ...
REMEMBERED_STATES = 48  # ... and how many at most
SAVED_STATES = 8  # of them that are saved with a run, to go back to after a restart ...
SAVED_STATES_BYTES = 250_000  # ... or fewer of large networks: they are written every two seconds
REMEMBERED_CHANGES = 1000  # changes of learning rate or batch size that can be gone back over
REMEMBERED_EDITS = 1_000_000  # parameters set by hand that can be gone back over
EDITS_KEPT = 50  # that can be undone
LARGEST_BY_HAND = 1000.0  # a weight or bias set by hand
SEEK_SECONDS = 0.015  # of steps repeated in one go to reach an earlier moment
NORM_STEPS = 60  # before a blow-up whose gradients and weights are measured
ABSURD_GROWTH = 1000.0  # weights so many times as long as the first ones are warned of
JOB_SECONDS = 0.003  # of other work of a run, in its turn
JOB_PATIENCE_SECONDS = 30.0  # such work is given up when nobody has asked for it for so long
LANDSCAPE_SAMPLES = 512  # training samples over which the loss landscape is the mean ...
LANDSCAPE_WORK = 100_000_000  # ... or fewer: times the parameters no more than this
SURFACE_POINTS = 31  # along each side of a loss surface
SAVE_SECONDS = 2.0  # how often a training run is written to the store ...
SAVE_PATIENCE_SECONDS = 1.0  # ... or so much later, right after a frame that was measured anyway
IDLE_SECONDS = 10.0  # a run nobody has looked at for so long may leave memory for another
PAUSE_UNWATCHED_SECONDS = 600.0  # a run nobody looks at is paused after this time ...
FORGET_UNWATCHED_SECONDS = 1800.0  # ... and leaves memory, for the store, after this
STORE_DAYS = _limit("STORE_DAYS", 30.0)  # a run without a name nobody opened for so long is deleted
STORE_BYTES = _limit("STORE_BYTES", 2_000_000_000)  # ... or where all do not fit, the oldest first
BIN_DAYS = 1.0  # one that was deleted by hand can be had back for so long
CLEAR_SECONDS = 3600.0  # how often the store is cleared of what these limits say
STORE_ANSWER_SECONDS = 2.0  # how long the store may take before a page is told that it cannot
STORE_RETRY_SECONDS = 2.0  # how soon it is tried again after it could not
ENTRUSTED_BYTES = 100_000_000  # of what a worker could not save, kept by its server meanwhile
LEASE_SECONDS = 8.0  # a worker that has not been heard of for so long has lost its runs ...
HEARTBEAT_SECONDS = 2.0  # ... and this is how often it is heard
FOLLOW_SECONDS = 1.0  # how often a run that another server trains is looked up, while it is shown
TELL_SECONDS = 86_400.0  # how long pages say that a damaged store was set aside
RUNS_LISTED = 200  # of one browser
NAME_LENGTH = 60  # characters of a run's name
NAMED_RUNS = 100  # named runs of one browser: those are never cleared
SPARKLINE_POINTS = 40  # points of the small curve in the list of runs
CURVE_POINTS = 400  # points of a curve sent to a page
SHOWN_IMAGES = 64  # first-layer units drawn as images
SHOWN_UNITS = 64  # rows and columns of a weight matrix drawn
DIAGRAM_UNITS = 16  # units of a layer drawn in the network diagram
DISTRIBUTION_SAMPLES = 256  # training samples whose activations are counted
LONGEST_QUESTION = 2**16  # characters of one message from a page: room for a small drawing
QUESTIONS_AT_ONCE = 8  # of one page that wait for their answer
INK_PIXELS = 200  # a side of the drawing that a page sends
STAGE_PIXELS = 80  # a side of the small pictures of its stages
COMPARED_SAMPLES = 6000  # training samples that a drawing is compared with
NEIGHBOURS = 5  # of them shown
INSIDE_SAMPLES = 32  # samples of a mini-batch shown at once of one step ...
INSIDE_INPUTS = 2**15  # ... or fewer, so that their inputs are no more numbers than this
LARGEST_PLACE = 2**31  # that a page may ask for in a mini-batch
INSIDE_ROWS = 64  # inputs of a layer shown of one step
INSIDE_UNITS = 32  # units of a layer shown of one step
INSIDE_NUMBERS = 2**17  # numbers of a whole array in one message
INSIDE_BATCH_NUMBERS = 2**21  # activations of a mini-batch that may be opened
INSIDE_STEPS = 4  # steps kept open, of as many runs ...
INSIDE_BYTES = 200_000_000  # ... or fewer of large networks, the last in any case
OPENING_SECONDS = 0.008  # of opening a step before others have their turn
PROOF_SECONDS = 0.015  # of a gradient check or a comparison before others have their turn
CHECKED_SAMPLES = 32  # samples of a mini-batch that a gradient is checked on
CHECKED_PARAMETERS = 24  # weights of a layer, and as many biases, that are checked
CHECKED_STEPS = 12  # parameters that step sizes are compared on
COMPARED_STEPS = 1000  # of training with a mistake beside training without ...
COMPARED_WORK = 2_000_000_000  # ... or fewer, parameters times samples of a mini-batch in all
SAMPLES_AT_LEAST = 32  # that such a work leaves, however large the network
COMPARED_TEST_SAMPLES = 1000  # test samples that both are measured on ...
COMPARED_TEST_WORK = 300_000_000  # ... or fewer: times the parameters no more than this
OWN_DRAWINGS = 80  # drawings of a person's own in one message
CORRECTIONS_KEPT = 3  # corrections of a run that can be undone


def samples_within(most: int, work: int, parameters: int) -> int:
    """Return how many samples to take: `most`, or fewer where the network is large."""
    return min(most, max(SAMPLES_AT_LEAST, work // parameters))
