"""The files that a run can be taken away as: a table of what each is and how it is made."""

from collections.abc import Callable
from dataclasses import dataclass

from nnviz.export import archive, model_file, numpy_code, onnx_file, report, tables, torch_code
from nnviz.export.record import RunRecord
from nnviz.figures import curves, static

# Zip archives that no browser should try to look into.
BINARY = "application/octet-stream"


@dataclass(frozen=True)
class File:
    """A file to take away.

    Attributes
    ----------
    id : str
        Its name in the address.
    label, about : str
        What it is called on the page, and what it is good for.
    suffix : str
        What its name ends with, after the name of the run.
    media_type : str
    make : callable
        Returns its content.
    """

    id: str
    label: str
    about: str
    suffix: str
    media_type: str
    make: Callable[[RunRecord], bytes]


def _model(record: RunRecord) -> bytes:
    return _model_of(record, record.parameters, record.step)


def _model_of(record: RunRecord, parameters, step: int) -> bytes:
    config = record.config
    network = record.network_of(parameters)
    return model_file.save(
        network,
        input_scaling=record.input_scaling,
        examples=record.examples,
        loss=config.loss,
        dataset=config.dataset,
        scaling=config.scaling,
        classes=list(record.classes),
        seed=config.seed,
        step=step,
        config=config.to_dict(),
    )


def _numpy(record: RunRecord) -> bytes:
    members = {
        "train.py": numpy_code.script(record).encode(),
        numpy_code.MODEL: _model(record),
    }
    if record.begin is not None:
        members[numpy_code.BEGIN] = numpy_code.begin_file(record)
    return archive.pack(members)


def _torch(record: RunRecord) -> bytes:
    return archive.pack({
        "network.py": torch_code.script(record.network(), numpy_code.MODEL).encode(),
        numpy_code.MODEL: _model(record),
    })


def _onnx(record: RunRecord) -> bytes:
    return onnx_file.save(record.network(), record.input_scaling)


def _report(record: RunRecord) -> bytes:
    charts = {
        "Loss": static.svg(curves.loss_figure(record.history, record.batches), "Loss by step"),
        "Accuracy": static.svg(curves.accuracy_figure(record.history), "Accuracy by step"),
    }
    return report.page(record, charts).encode()


def _figures(record: RunRecord) -> bytes:
    return tables.figures(record.history).encode()


def _batches(record: RunRecord) -> bytes:
    return tables.batches(record.batches).encode()


FILES: dict[str, File] = {
    file.id: file
    for file in (
        File(
            "model", "Model", "All weights and biases with the settings (.npz): the lab and NumPy "
            "read it.", ".npz", BINARY, _model,
        ),
        File(
            "report", "Report", "Settings, curves, confusion matrix and mistakes on one page "
            "(.html), to read or print.", "-report.html", "text/html; charset=utf-8", _report,
        ),
        File(
            "numpy", "NumPy script", "Trains this very run again, without nnviz, and checks that "
            "the weights are the same (.zip with the model).", "-numpy.zip", BINARY, _numpy,
        ),
        File(
            "pytorch", "PyTorch script", "Builds the network in PyTorch and checks that it answers "
            "the same (.zip with the model).", "-pytorch.zip", BINARY, _torch,
        ),
        File(
            "onnx", "ONNX model", "For other programs (.onnx); takes the raw values.",
            ".onnx", BINARY, _onnx,
        ),
        File(
            "history", "History", "Loss and accuracy by step (.csv).",
            "-history.csv", "text/csv; charset=utf-8", _figures,
        ),
        File(
            "batches", "Mini-batch losses", "The loss of the mini-batches by step (.csv).",
            "-batches.csv", "text/csv; charset=utf-8", _batches,
        ),
    )
    if file.id != "onnx" or onnx_file.is_available()
}
