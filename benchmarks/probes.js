// Measures the lab from inside its page: times are taken where things happen, not where a script
// outside hears of them. Added to every page before its own code runs.

window.probes = (() => {
  const SAMPLE = { width: 64, height: 32 };
  const PATIENCE_MS = 20000;
  const AT_REST_MS = 250;

  const panel = (name) => document.querySelector(`section[data-panel="${name}"]`);
  const chart = (name) => panel(name)?.querySelector(".nnviz-chart");
  const button = (name) =>
    [...document.querySelectorAll("button")].find((node) => node.textContent === name);
  const status = () => document.querySelector("[data-nnviz=status]");
  const draws = (name) => Number(panel(name)?.dataset.draws ?? 0);
  const state = () => document.querySelector(".nnviz-about").textContent.split(/[ ,]/)[0];
  const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const nextFrame = () => new Promise((done) => { requestAnimationFrame(done); });

  // ---- first paint ----------------------------------------------------------------------------

  /** When this page could first be used: Step can be pressed and the loss chart is drawn. */
  let usefulAt = null;
  function watchForUse() {
    const step = button("Step");
    if (step && !step.disabled && draws("loss") > 0) usefulAt = performance.now();
    else requestAnimationFrame(watchForUse);
  }
  watchForUse();

  // ---- drawing --------------------------------------------------------------------------------

  /** Redraws per second of some panels. */
  async function drawRates(names, seconds) {
    const before = names.map(draws);
    const start = performance.now();
    await sleep(1000 * seconds);
    const elapsed = (performance.now() - start) / 1000;
    return names.map((name, i) => (draws(name) - before[i]) / elapsed);
  }

  const small = document.createElement("canvas");
  Object.assign(small, SAMPLE);
  const smallContext = small.getContext("2d", { willReadFrequently: true });

  /** Whether a canvas shows one colour, or nothing at all; judged on a small copy. */
  function isBlank(canvas) {
    if (canvas.width === 0 || canvas.height === 0) return true;
    smallContext.clearRect(0, 0, SAMPLE.width, SAMPLE.height);
    smallContext.drawImage(canvas, 0, 0, SAMPLE.width, SAMPLE.height);
    const { data } = smallContext.getImageData(0, 0, SAMPLE.width, SAMPLE.height);
    const pixels = new Uint32Array(data.buffer);
    return pixels.every((pixel) => pixel === pixels[0]);
  }

  /** A detector that calls everything, or nothing, blank would measure nothing. */
  function checkDetector() {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    const plain = isBlank(canvas);
    context.strokeRect(20.5, 20.5, 100, 60);
    if (!plain || isBlank(canvas)) throw new Error("Blank frames cannot be told from others.");
  }

  /** How many display frames show a blank loss chart or heatmap. */
  async function blankFrames(seconds) {
    checkDetector();
    const end = performance.now() + 1000 * seconds;
    let frames = 0;
    let blank = 0;
    while (performance.now() < end) {
      await nextFrame();
      const charts = document.querySelectorAll(
        "[data-panel=loss] .nnviz-chart canvas, [data-panel=weights] .nnviz-chart canvas",
      );
      frames += 1;
      if (charts.length < 2 || [...charts].some(isBlank)) blank += 1;
    }
    return { frames, blank };
  }

  /** What the loss chart says below and left of its lines: it changes with the axes' ranges only. */
  function axes() {
    const canvas = chart("loss").querySelector("canvas");
    const context = canvas.getContext("2d");
    const ratio = canvas.width / canvas.clientWidth;
    const [left, bottom] = [Math.round(38 * ratio), Math.round(34 * ratio)];
    const strips = [
      context.getImageData(0, 0, left, canvas.height),
      context.getImageData(0, canvas.height - bottom, canvas.width, bottom),
    ];
    return strips.map(({ data }) => new Uint32Array(data.buffer).join()).join("|");
  }

  /** The step that the pointer points at; "Latest" where there is none. */
  const readout = () => panel("loss").querySelector(".nnviz-where").textContent;

  // ---- clicks ---------------------------------------------------------------------------------

  /**
   * Milliseconds from the next click on a button, as the browser received it, until each of some
   * conditions holds.
   */
  function timesAfterClick(name, conditions) {
    return new Promise((done, fail) => {
      const times = {};
      let clicked = null;
      const observer = new MutationObserver(() => {
        if (clicked === null) return;
        for (const [id, holds] of Object.entries(conditions)) {
          if (!(id in times) && holds()) times[id] = performance.now() - clicked;
        }
        if (Object.keys(times).length < Object.keys(conditions).length) return;
        observer.disconnect();
        done(times);
      });
      observer.observe(document.querySelector(".nnviz"), {
        subtree: true, childList: true, characterData: true,
        attributes: true, attributeFilter: ["aria-pressed", "data-step"],
      });
      const note = (event) => { clicked = event.timeStamp; };
      button(name).addEventListener("click", note, { capture: true, once: true });
      setTimeout(() => fail(new Error(`Nothing came of a click on ${name}.`)), PATIENCE_MS);
    });
  }

  let underWay = null;

  /** Get ready for a click on Run while it runs; `result` has its times. */
  function awaitPause() {
    const isReleased = () => button("Run").getAttribute("aria-pressed") === "false";
    underWay = timesAfterClick("Run", {
      label: isReleased,
      numbers: () => isReleased() && state() === "paused",
    }).then(async (times) => {
      const step = status().dataset.step;
      await sleep(AT_REST_MS);
      if (!isReleased() || status().dataset.step !== step) {
        throw new Error("The numbers moved after Pause.");
      }
      return times;
    });
  }

  /** Get ready for a click on Step; `result` has its time. */
  function awaitStep() {
    const next = String(Number(status().dataset.step) + 1);
    underWay = timesAfterClick("Step", {
      numbers: () => status().dataset.step === next && status().textContent.includes(`step ${next}`),
    });
  }

  // ---- pages ----------------------------------------------------------------------------------

  /** Milliseconds from a click on a link to another page until its script has run to the end. */
  function pageChange(link) {
    const app = document.querySelector("[data-testid=stApp]");
    const from = location.pathname;
    return new Promise((done, fail) => {
      const start = performance.now();
      let ran = false;
      const observer = new MutationObserver(() => {
        const running = app.dataset.testScriptState === "running";
        ran ||= running;
        if (!ran || running || location.pathname === from) return;
        observer.disconnect();
        done(performance.now() - start);
      });
      observer.observe(app, { attributes: true, attributeFilter: ["data-test-script-state"] });
      link.click();
      setTimeout(() => fail(new Error("The page did not change.")), PATIENCE_MS);
    });
  }

  return {
    get usefulAt() { return usefulAt; },
    get result() { return underWay; },
    drawRates, blankFrames, axes, readout, awaitPause, awaitStep, pageChange, state,
    step: () => Number(status().dataset.step),
    panel, chart,
  };
})();
