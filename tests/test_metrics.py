import numpy as np
import pytest

from nnviz import metrics


def test_classes_of_several_outputs_and_of_one():
    several = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])
    np.testing.assert_array_equal(metrics.predicted_classes(several), [1, 0])
    one = np.array([[0.2], [0.5], [0.51]])
    np.testing.assert_array_equal(metrics.predicted_classes(one), [0, 0, 1])


def test_accuracy_and_confusion_matrix_by_hand():
    labels = np.array([0, 0, 1, 2, 2])
    y_pred = np.eye(3)[[0, 1, 1, 2, 0]]
    assert metrics.accuracy(labels, y_pred) == 0.6
    np.testing.assert_array_equal(
        metrics.confusion_matrix(labels, y_pred, 3), [[1, 1, 0], [0, 1, 0], [1, 0, 1]]
    )


def test_a_class_that_nobody_has_keeps_its_row():
    matrix = metrics.confusion_matrix(np.array([0]), np.eye(4)[[3]], 4)
    assert matrix.shape == (4, 4)
    assert matrix[0, 3] == matrix.sum() == 1


@pytest.mark.parametrize("labels", [[0, 1], 1, [[0], [1], [2]]])
def test_accuracy_needs_one_label_for_each_prediction(labels):
    with pytest.raises(ValueError, match="one class number for each prediction"):
        metrics.accuracy(np.array(labels), np.eye(3))


def test_accuracy_of_nothing_is_refused():
    with pytest.raises(ValueError, match="one class number for each prediction"):
        metrics.accuracy(np.empty(0, int), np.empty((0, 3)))


@pytest.mark.parametrize("labels", [["0", "1"], [0.0, 1.0], [True, False]])
def test_labels_are_class_numbers(labels):
    for measure in (metrics.accuracy, lambda *pair: metrics.confusion_matrix(*pair, 2)):
        with pytest.raises(ValueError, match="one class number for each prediction"):
            measure(labels, np.eye(2))


def test_lists_are_taken():
    assert metrics.accuracy([0, 1], [[0.9, 0.1], [0.8, 0.2]]) == 0.5
    assert metrics.confusion_matrix([0, 1], [[0.9], [0.2]], 2).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("labels", "outputs", "said"),
    [([0, 2], 2, "Labels must be from 0 to 1"), ([0, -1], 2, "Labels must be from 0 to 1"),
     ([0, 1], 3, "Predicted classes must be from 0 to 1")],
)
def test_a_confusion_matrix_has_no_room_for_other_classes(labels, outputs, said):
    with pytest.raises(ValueError, match=said):
        metrics.confusion_matrix(labels, np.eye(3)[[0, outputs - 1], :outputs], 2)


def test_labels_in_bytes_do_not_run_over():
    labels = np.arange(26, dtype=np.uint8)
    matrix = metrics.confusion_matrix(labels, np.eye(26), 26)
    np.testing.assert_array_equal(matrix, np.eye(26))
