// Asks the run something again and again: one question under way, the newest next.

/**
 * @param {number} refreshMs asks no more often than this where only the network has changed
 * @param {object} on
 * @param {() => (object | null)} on.question arguments of the next question; null: nothing to ask
 * @param {(args: object) => Promise<object>} on.ask
 * @param {(answer: object, milliseconds: number) => void} on.answer
 * @param {(text: string) => void} on.failure
 */
export function createAsker(refreshMs, on) {
  let busy = false;
  let wanted = false;
  let changedAt = 0;
  let answeredAt = -Infinity;
  let answeredVersion = -1;
  let timer = 0;

  async function pump() {
    if (busy || !wanted) return;
    wanted = false;
    const since = changedAt;
    const args = on.question();
    if (args === null) return;
    busy = true;
    try {
      const answer = await on.ask(args);
      answeredVersion = answer.meta.version;
      answeredAt = performance.now();
      on.answer(answer, answeredAt - since);
    } catch (error) {
      on.failure(error.message);
    } finally {
      busy = false;
    }
    pump();
  }

  function want() {
    clearTimeout(timer);
    timer = 0;
    if (!wanted) changedAt = performance.now();
    wanted = true;
    pump();
  }

  return {
    /** The drawing, or what is to be known of it, is another. */
    changed: want,
    /** The network is another: ask again, but not at every step. */
    moved(version) {
      if (version === answeredVersion || timer || wanted) return;
      timer = setTimeout(want, Math.max(0, refreshMs - (performance.now() - answeredAt)));
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
