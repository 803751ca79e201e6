"""The page to draw on, as a person uses it."""

import re
import time

from playwright.sync_api import expect

PATIENCE = 60  # seconds: a busy machine may take so long
# Strokes in a square of side 1.
SEVEN = ((0.3, 0.2), (0.7, 0.2), (0.45, 0.8))
ZERO = (
    (0.5, 0.2), (0.35, 0.3), (0.3, 0.5), (0.35, 0.7), (0.5, 0.8), (0.65, 0.7), (0.7, 0.5),
    (0.65, 0.3), (0.5, 0.2),
)


class DrawingPage:
    """The page in one browser tab.

    Parameters
    ----------
    page : playwright.sync_api.Page
    """

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".nnviz-draw")
        self.paper = page.locator("canvas.nnviz-paper")
        self.winner = page.locator(".nnviz-winner")
        self.run_bar = page.locator(".nnviz-runbar-about")
        self.words = page.locator(".nnviz-verdict-words")

    @property
    def own(self):
        """The person's own drawings, as shown."""
        return self.page.locator(".nnviz-own > li")

    @property
    def notice(self):
        """What went wrong, if anything did."""
        return self.page.locator(".nnviz-notice[role=alert]")

    def wait_until_ready(self):
        """Wait for paper and bars, and until the address names the run that reads."""
        expect(self.page).to_have_url(re.compile(r"[?&]run="))
        expect(self.paper).to_be_visible()
        expect(self.page.locator(".nnviz-bar-row")).to_have_count(10)
        return self

    def button(self, name):
        """The button of exactly this accessible name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def at(self, x, y):
        """A point of the paper in the window."""
        self.paper.scroll_into_view_if_needed()
        box = self.paper.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def draw(self, points, steps=6, lift=True):
        """Draw a stroke with the mouse."""
        mouse = self.page.mouse
        mouse.move(*self.at(*points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.at(*point), steps=steps)
        if lift:
            mouse.up()

    def press(self, points, force):
        """Draw a stroke with a pen that is pressed so hard, 0 to 1."""
        session = self.page.context.new_cdp_session(self.page)
        places = [self.at(*point) for point in points]
        kinds = ["mousePressed", *["mouseMoved"] * (len(points) - 2), "mouseReleased"]
        for kind, (x, y) in zip(kinds, places, strict=True):
            session.send("Input.dispatchMouseEvent", {
                "type": kind, "x": x, "y": y, "pointerType": "pen", "force": force,
                "button": "left", "buttons": 1, "clickCount": 1,
            })

    def touch(self, points):
        """Draw a stroke with a finger."""
        session = self.page.context.new_cdp_session(self.page)
        places = [self.at(*point) for point in points]
        kinds = ["touchStart", *["touchMove"] * (len(points) - 1)]
        for kind, (x, y) in zip(kinds, places, strict=True):
            session.send("Input.dispatchTouchEvent", {
                "type": kind, "touchPoints": [{"x": x, "y": y}],
            })
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def ink(self):
        """How many pixels of the paper have ink, once all that was drawn is painted."""
        return self.paper.evaluate(
            """async (canvas) => {
                // What is drawn is painted before the next display frame.
                for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
                const { data } = canvas.getContext("2d")
                    .getImageData(0, 0, canvas.width, canvas.height);
                let count = 0;
                for (let k = 3; k < data.length; k += 4) count += data[k] > 127;
                return count;
            }"""
        )

    def wait_for_ink(self, condition, what):
        """Wait until the count of inked pixels fulfils a condition; returns it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if condition(count := self.ink()):
                return count
            self.page.wait_for_timeout(20)
        raise AssertionError(f"No {what}; {count} pixels have ink.")

    def expect_reading(self):
        """Wait until the network says a digit, sure or not."""
        expect(self.winner).to_have_text(re.compile(r"^\d\??$"))

    def expect_hint(self, text):
        """Wait until there is a hint in place of an answer."""
        expect(self.words).to_contain_text(text)
        expect(self.winner).to_have_text("–")
