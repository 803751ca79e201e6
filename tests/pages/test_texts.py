"""The page of the three texts."""

from nnviz.recipes import RECIPES
from tests.pages.app import press, settled


def test_a_text_opens_in_the_lab(page, client):
    first = page.query_params["run"]
    page.switch_page("pages/texts.py")
    settled(page)
    words = "\n".join(block.value for block in page.markdown)
    for recipe in RECIPES.values():
        assert recipe.what in words
        assert recipe.change in words
    press(page, "Open in the lab, with the correct gradient")
    assert page.query_params["run"] != first
    config = client.config(page.query_params["run"])
    assert config.layer_sizes == (64, 15, 10)
    assert config.activations == ("relu", "sigmoid")
