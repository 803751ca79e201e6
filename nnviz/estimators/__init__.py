"""scikit-learn estimators over `Network` and `Trainer`, for pipelines and searches."""

from nnviz.estimators.classifier import NetworkClassifier
from nnviz.estimators.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
