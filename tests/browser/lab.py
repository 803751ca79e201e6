"""The lab page as a person uses it: its controls by their accessible names, its status text."""

import re
import time
from dataclasses import dataclass

from playwright.sync_api import TimeoutError, expect

STATUS_SELECTOR = "[role=status][data-nnviz=status]"
STATUS_PARTS = (
    ("step", int),
    ("epoch", int),
    ("training loss", float),
    ("test loss", float),
    ("training accuracy", float),
    ("test accuracy", float),
)
STATUS_PATTERN = re.compile(" · ".join(rf"{label} ([\d.e+-]+)" for label, _ in STATUS_PARTS))
# The line that says what the run is doing and with which settings.
STATE_PATTERN = re.compile(r"^(ready|running|paused|stopped|blew up)\b.* · learning rate ")
PATIENCE = 60  # seconds: a busy machine may take so long, a sound one is not waited for
POLL_MILLISECONDS = 20


@dataclass(frozen=True)
class Status:
    """The numbers of the status text, all of one snapshot."""

    step: int
    epoch: int
    training_loss: float
    test_loss: float
    training_accuracy: float
    test_accuracy: float


def parse_status(text):
    """Read the status text.

    Parameters
    ----------
    text : str
        Such as ``step 120 · epoch 2 · training loss 0.3412 · test loss 0.3977 · training accuracy
        0.912 · test accuracy 0.894``; white space of any kind and length counts as one space.

    Returns
    -------
    Status

    Raises
    ------
    ValueError
        If the text has another form or a value is not a number.
    """
    match = STATUS_PATTERN.fullmatch(" ".join(text.split()))
    if match is None:
        raise ValueError(f"Not a status text of the form {STATUS_PATTERN.pattern!r}: {text!r}")
    parts = zip(STATUS_PARTS, match.groups(), strict=True)
    return Status(*(kind(value) for (_, kind), value in parts))


def choose(page, label, option):
    """Choose an option of a Streamlit list by the label of the list.

    A list that is open while the script draws the page anew closes: then it is opened again.
    """
    wanted = page.get_by_role("option", name=option, exact=True)
    for patience in (2000, 5000, 20_000, 60_000):
        page.get_by_role("combobox", name=re.compile(label)).click()
        try:
            wanted.click(timeout=patience)
        except TimeoutError:
            page.keyboard.press("Escape")
        else:
            return
    raise AssertionError(f"{label} offers no {option}.")


def type_number(page, label, value):
    """Type a number into a Streamlit number field."""
    field = page.get_by_role("spinbutton", name=label, exact=True)
    field.fill(str(value))
    field.press("Enter")


def hold(lab, panel, keys):
    """Select something in a panel's last chart by arrow keys, while the run is at rest."""
    section = lab.page.locator(f"[data-panel={panel}]")
    section.scroll_into_view_if_needed()
    # Off screen a panel is painted later: until then there is nothing to select.
    expect(section).to_have_attribute("data-step", str(lab.status.step))
    section.locator("[tabindex='0']").last.focus()
    for key in keys:
        lab.page.keyboard.press(key)


class Lab:
    """The lab page in one browser tab.

    Parameters
    ----------
    page : playwright.sync_api.Page
        The tab.
    url : str
        Address of the app, or of one of its runs.
    """

    def __init__(self, page, url):
        self.page = page
        self.url = url
        self.status_line = page.locator(STATUS_SELECTOR)
        self.state_line = page.get_by_text(STATE_PATTERN)

    def open(self):
        """Go to the page and wait until it is ready to train; returns the lab itself."""
        self.page.goto(self.url)
        expect(self.page).to_have_url(re.compile(r"[?&]run="))
        return self.wait_until_ready()

    def reload(self):
        """Reload the tab as with the browser's own button."""
        self.page.reload()
        return self.wait_until_ready()

    def wait_until_ready(self):
        """Wait for the status text and the controls."""
        expect(self.status_line).to_have_text(STATUS_PATTERN)
        expect(self.button("Step")).to_be_enabled()
        return self

    def button(self, name):
        """The button of exactly this accessible name, as a locator."""
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def status(self):
        """The status text's numbers now."""
        return parse_status(self.status_line.inner_text())

    @property
    def is_running(self):
        """Whether the Run toggle is pressed."""
        return self.button("Run").get_attribute("aria-pressed") == "true"

    def wait_for_status(self, condition, what, timeout=PATIENCE):
        """Wait until the status fulfils a condition.

        Parameters
        ----------
        condition : callable
            Takes a `Status`, returns a bool.
        what : str
            What is waited for, for the message.
        timeout : float
            In seconds, `PATIENCE` by default.

        Returns
        -------
        Status
            The first one that fulfils it.

        Raises
        ------
        AssertionError
            If none does in time; the message holds the last one.
        """
        deadline = time.monotonic() + timeout
        while True:
            text = " ".join(self.status_line.inner_text().split())
            # Where the page is drawn anew, it has no numbers before its first frame.
            if STATUS_PATTERN.fullmatch(text) and condition(status := parse_status(text)):
                return status
            if time.monotonic() > deadline:
                raise AssertionError(f"No {what} within {timeout} s; the page shows: {text}")
            self.page.wait_for_timeout(POLL_MILLISECONDS)

    def wait_for_step(self, step, timeout=PATIENCE):
        """Wait until at least this many updates are shown; returns that `Status`."""
        return self.wait_for_status(lambda now: now.step >= step, f"step {step}", timeout)

    def caught_up(self):
        """Wait until the page shows what came of all that was done so far; returns the `Status`.

        The run does in turn what it is told: what it was told last shows that the rest is done.
        Only once in a test, for it has the run compare two moments.
        """
        self.button("Compare with this step").click()
        expect(self.page.get_by_role("radio", name=re.compile("^Difference to"))).to_have_count(1)
        return self.status

    def step(self):
        """One update; returns the new `Status`."""
        before = self.status
        self.button("Step").click()
        return self.wait_for_status(lambda now: now.step == before.step + 1, "next step")

    def stop_after(self, epochs):
        """Have training stop after so many epochs; "": no more."""
        field = self.page.get_by_label("Stop after epochs")
        field.fill(str(epochs))
        field.press("Enter")

    def train(self, epochs):
        """So many epochs: the same weights on any machine; returns the new `Status`."""
        self.stop_after(epochs)
        self.button("Run").click()
        expect(self.state_line).to_have_text(re.compile("^stopped"))
        self.stop_after("")
        return self.status

    def epoch(self):
        """To the end of this epoch; returns the new `Status`."""
        before = self.status
        self.button("Epoch").click()
        return self.wait_for_status(lambda now: now.epoch == before.epoch + 1, "next epoch")

    def back(self):
        """One update back; returns the new `Status`."""
        before = self.status
        self.button("Back").click()
        return self.wait_for_status(lambda now: now.step == before.step - 1, "step before")

    def reset(self):
        """The same initial weights again; returns the new `Status`."""
        self.button("Reset").click()
        return self.wait_for_status(lambda now: now.step == 0, "step 0")

    def new_weights(self):
        """Begin from the next seed; returns the new `Status`."""
        before = self.status
        self.button("New weights").click()
        return self.wait_for_status(lambda now: now.step == 0 and now != before, "new weights")

    def run(self):
        """Start training unless it runs already."""
        if not self.is_running:
            self.button("Run").click()
        expect(self.state_line).to_have_text(re.compile("^running"))

    def pause(self):
        """Stop training if it runs; returns the `Status` at which it stands."""
        if self.is_running:
            self.button("Run").click()
        # The button shows the click at once; this line comes with the last numbers.
        expect(self.state_line).not_to_have_text(re.compile("^running"))
        return self.status
