"""The page of one step, as a student uses it."""

import numpy as np
from playwright.sync_api import expect


class InsidePage:
    """The page in one browser tab.

    Parameters
    ----------
    page : playwright.sync_api.Page
    """

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".inside")
        self.notice = self.root.locator(".nnviz-notice")

    def opened(self, step):
        """Wait until this step is open; returns the page itself."""
        expect(self.root).to_have_attribute("data-opened", str(step))
        return self

    def button(self, name):
        """The button of exactly this accessible name."""
        return self.root.get_by_role("button", name=name, exact=True)

    def open_next(self, step):
        """Open the step after the one just taken; not as the second half of a double click."""
        expect(self.button("Open the next step")).to_be_visible()
        self.page.wait_for_timeout(700)
        self.button("Open the next step").click()
        self.opened(step)

    def go_to(self, phase):
        """Show a phase of the step, by the name on its button."""
        self.button(phase).click()
        expect(self.root).to_have_attribute("data-phase", phase)

    def show_all_digits(self):
        """Have numbers written in full."""
        self.root.locator("label", has_text="all digits").click()

    def numbers(self, array):
        """The numbers of an array that is shown as such."""
        rows = self.root.locator(f"[data-array='{array}'] tbody tr").all()
        return np.array([[float(cell) for cell in row.locator("td").all_inner_texts()]
                         for row in rows])

    def terms(self, name):
        """The products of a sum, its rest and bias among them, and what it is said to be."""
        table = self.root.locator(f"[data-sum='{name}'] table")
        last = "td:last-child"
        terms = table.locator(f"[data-term] {last}").all_inner_texts()
        return [float(term) for term in terms], float(
            table.locator(f"[data-total] {last}").inner_text())
