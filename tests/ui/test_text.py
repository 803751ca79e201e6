"""Text that is shown as it is."""

import pytest

from nnviz.ui.text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("model 3, 97 %", r"model 3\, 97 \%"),
        ("![x](http://a.example/b.png)", r"\!\[x\]\(http\:\/\/a\.example\/b\.png\)"),
        (":red[alarm] $x^2$ <b>", r"\:red\[alarm\] \$x\^2\$ \<b\>"),
        ("# two\n\n- lines", r"\# two \- lines"),
    ],
)
def test_every_sign_that_could_be_markup_is_escaped(text, shown):
    assert plain(text) == shown
