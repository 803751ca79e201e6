"""Three texts about neural networks, finished, as code that runs, and what was wrong in them."""

from nnviz.recipes import article, notebook, sigmoid
from nnviz.recipes.outcome import Outcome, Recipe

RECIPES: dict[str, Recipe] = {
    module.RECIPE.id: module.RECIPE for module in (article, notebook, sigmoid)
}

__all__ = ["RECIPES", "Outcome", "Recipe", "article", "notebook", "sigmoid"]
