"""One person with a real browser: how fast the page paints and answers, and what that costs."""

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import live
from benchmarks.report import median_ratio, percentile
from tests.browser.find_browser import find_browser
from tests.browser.lab import Lab

ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)
VIEWPORT = {"width": 1280, "height": 900}
PROBES = Path(__file__).with_name("probes.js")
LATER_VISITS = 5
SETTLE_MS = 1500
KEEP_MS = 2000
LEAST_SHOWN = 200  # pixels of the panel with the heatmaps that must be on screen
SHARE_ROUNDS = 5


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the installed browser; it ends with the block."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        try:
            yield running
        finally:
            running.close()


@contextmanager
def tab(browser: Browser) -> Iterator[Page]:
    """Open a tab of a new visitor, with the probes in it."""
    context = browser.new_context(viewport=VIEWPORT)
    context.add_init_script(path=PROBES)
    try:
        yield context.new_page()
    finally:
        context.close()


def measure_paint(start_server) -> tuple[dict[str, float | str], str]:
    """Measure how long a visitor waits; the first one comes as soon as the server answers."""
    with browser() as running, start_server() as server:
        first, *later = (_first_paint(running, server.url) for _ in range(1 + LATER_VISITS))
        with tab(running) as page:
            Lab(page, server.url).open()
            change = _page_change(page)
    measured = {
        "first_paint": first,
        "later_paint": statistics.median(later),
        "page_change": change,
    }
    return measured, f"each visitor with an empty cache; {LATER_VISITS} later ones"


def _first_paint(browser: Browser, url: str) -> float:
    with tab(browser) as page:
        page.goto(url)
        page.wait_for_function("probes.usefulAt !== null")
        return page.evaluate("probes.usefulAt") / 1000


def _page_change(page: Page) -> float | str:
    """Return the slowest of the changes to each other page and back."""
    links = page.locator("[data-testid=stTopNavLink]")
    if links.count() < 2:
        return "one page only"
    times = []
    for number in [*range(1, links.count()), 0]:
        times.append(links.nth(number).evaluate("link => probes.pageChange(link)"))
        page.wait_for_timeout(SETTLE_MS)
    return max(times) / 1000


def measure_page(start_server, seconds: float, clicks: int) -> tuple[dict[str, float], str]:
    """Measure a page while its run trains at full speed."""
    with browser() as running, start_server() as server, tab(running) as page:
        lab = Lab(page, server.url).open()
        _ready(page)
        lab.run()
        where = show_loss_and_weights(page)
        page.wait_for_timeout(SETTLE_MS)
        rates = page.evaluate(
            "seconds => probes.drawRates(['loss', 'weights'], seconds)", seconds
        )
        blank = page.evaluate("seconds => probes.blankFrames(seconds)", seconds)
        kept = _kept(page)
        page.reload()
        _ready(page)
        pauses, steps = _pauses(page, clicks), _steps(page, clicks)
    measured = {
        "loss_draws": rates[0],
        "weight_draws": rates[1],
        "blank_frames": blank["blank"],
        "sampled_frames": blank["frames"],
        **kept,
    }
    for name, times in (
        ("pause_label", [each["label"] for each in pauses]),
        ("pause_numbers", [each["numbers"] for each in pauses]),
        ("step", [each["numbers"] for each in steps]),
    ):
        measured |= {name: statistics.median(times), f"{name}_p95": percentile(times, 95)}
    return measured, f"{where}; {clicks} clicks of each kind"


def _ready(page: Page) -> None:
    page.wait_for_function("probes.usefulAt !== null")


def show_loss_and_weights(page: Page) -> str:
    """Scroll so that loss chart and heatmaps are on screen together; return how that was done."""
    page.evaluate("probes.chart('loss').scrollIntoView({block: 'start'})")
    missing = page.evaluate(
        "least => probes.panel('weights').getBoundingClientRect().top + least - innerHeight",
        LEAST_SHOWN,
    )
    width, height = VIEWPORT["width"], VIEWPORT["height"]
    if missing > 0:
        height += round(missing)
        page.set_viewport_size({"width": width, "height": height})
    # Panels off screen are not drawn, so the heatmaps come into being only now.
    page.wait_for_function("probes.chart('weights')?.getBoundingClientRect().top < innerHeight")
    return f"viewport {width} x {height}, scrolled to the loss chart with the heatmaps below it"


def _kept(page: Page) -> dict[str, float]:
    """Zoom and point at the loss chart; return whether both last while training goes on."""
    unzoomed = page.evaluate("probes.axes()")
    box = page.evaluate("probes.chart('loss').getBoundingClientRect().toJSON()")

    def at(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.move(*at(0.3, 0.3))
    page.mouse.down()
    page.mouse.move(*at(0.6, 0.7), steps=5)
    page.mouse.up()
    page.mouse.move(*at(0.5, 0.5))
    page.wait_for_timeout(SETTLE_MS)
    look = "() => [probes.axes(), probes.readout(), probes.step()]"
    zoomed, pointed, step = page.evaluate(look)
    page.wait_for_timeout(KEEP_MS)
    zoomed_later, pointed_later, step_later = page.evaluate(look)
    if zoomed == unzoomed or pointed == "Latest" or step_later <= step:
        raise RuntimeError("Zoom and hover could not be tried: no zoom, no readout or no steps.")
    return {
        "zoom_kept": float(zoomed_later == zoomed),
        "hover_kept": float(pointed_later != "Latest"),
    }


def _click(page: Page, name: str) -> None:
    """Click on the middle of a button with the mouse, wherever it is now."""
    box = page.get_by_role("button", name=name, exact=True).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _timed_click(page: Page, name: str, arm: str) -> dict[str, float]:
    page.evaluate(f"probes.{arm}()")
    _click(page, name)
    return page.evaluate("probes.result")


def _pauses(page: Page, clicks: int) -> list[dict[str, float]]:
    """Return the times of so many clicks on Run while it runs, which it does after a reload."""
    times = []
    for _ in range(clicks):
        if page.evaluate("probes.state()") != "running":
            _click(page, "Run")
        page.wait_for_function("probes.state() === 'running'")
        # At no particular moment of the rhythm in which frames come.
        page.wait_for_timeout(random.uniform(300, 500))
        times.append(_timed_click(page, "Run", "awaitPause"))
    return times


def _steps(page: Page, clicks: int) -> list[dict[str, float]]:
    times = []
    for _ in range(clicks):
        page.wait_for_timeout(random.uniform(50, 150))
        times.append(_timed_click(page, "Step", "awaitStep"))
    return times


def measure_share(start_server, seconds: float) -> tuple[dict[str, float], str]:
    """Measure one run's steps per second with its page open and with no page, turn by turn."""
    pairs = []
    with browser() as running, start_server() as server:
        with tab(running) as page:
            lab = Lab(page, server.url).open()
            _ready(page)
            lab.run()
            address = page.url
        run = parse_qs(urlsplit(address).query)["run"][0]
        for _ in range(SHARE_ROUNDS):
            with tab(running) as page:
                page.goto(address)
                _ready(page)
                where = show_loss_and_weights(page)
                page.wait_for_timeout(SETTLE_MS)
                opened = live.measured_rate(server.url, run, seconds)
            time.sleep(SETTLE_MS / 1000)
            closed = live.measured_rate(server.url, run, seconds)
            pairs.append((opened, closed))
    measured = {
        "share": median_ratio(pairs),
        "open_rate": statistics.median(opened for opened, _ in pairs),
        "closed_rate": statistics.median(closed for _, closed in pairs),
    }
    shares = sorted(opened / closed for opened, closed in pairs)
    return measured, (
        f"{where}; {SHARE_ROUNDS} turns of each, shares {shares[0]:.2f} to {shares[-1]:.2f}"
    )
