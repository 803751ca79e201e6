// The page's line to its run: asks for a frame, draws it, asks for the next. The server answers
// only when there is something newer, so a page that waits costs nothing, and a slow browser gets
// as many frames as it can draw.

import { unpack } from "./frame.js";

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 4000;

/** The address of the WebSocket of a run, whatever path the app is served under. */
function address(run) {
  const url = new URL(`nnviz/runs/${encodeURIComponent(run)}`, document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = url.hash = "";
  return url;
}

/**
 * @param {string} run id of the run
 * @param {object} on
 * @param {(frame: object) => void} on.frame draws a frame
 * @param {(level: string, text: string | null) => void} on.message something the server says, as
 *     "error", or as a "warning" that the next frame takes back ("info", null)
 * @param {() => void} on.unknown there is no such run any more; the message tells it too
 * @param {(isOnline: boolean) => void} on.online the line is up, or down and being tried again
 * @param {() => number} restMs at least so long from a frame to the request for the next
 */
export function connect(run, on, restMs = () => 0) {
  let socket = null;
  let seen = -1;
  let quantity = "weights";
  let retryIn = FIRST_RETRY_MS;
  let timer = 0;
  let closed = false;
  let isWaiting = false;
  const questions = new Map();
  let asked = 0;
  let answeredWithArrays = null;

  const send = (message) => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };
  const ask = () => send({ type: "frame", seen, quantity });

  function open() {
    socket = new WebSocket(address(run));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      retryIn = FIRST_RETRY_MS;
      seen = -1;
      on.online(true);
      ask();
    };
    socket.onmessage = ({ data }) => (typeof data === "string" ? hear(data) : receive(data));
    socket.onclose = () => {
      forgetQuestions();
      if (closed) return;
      on.online(false);
      timer = setTimeout(open, retryIn);
      retryIn = Math.min(2 * retryIn, LAST_RETRY_MS);
    };
  }

  // Where the network goes away no socket is closed: the page would wait for minutes.
  function reopen() {
    if (closed) return;
    abandon();
    on.online(false);
    open();
  }

  function reopenAtOnce() {
    if (socket.readyState !== WebSocket.OPEN) reopen();
  }

  function abandon() {
    forgetQuestions();
    clearTimeout(timer);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  function forgetQuestions() {
    answeredWithArrays = null;
    questions.forEach(({ reject }) => reject(new Error("The connection was lost. Try again.")));
    questions.clear();
  }

  /** Take the answer to a question, or what has to be said instead of one. */
  function settle({ number, type, text, result, arrays }) {
    const question = questions.get(number);
    questions.delete(number);
    if (arrays) answeredWithArrays = question ?? { resolve() {} };
    else if (type === "refused") question?.reject(new Error(text));
    else question?.resolve({ meta: result, arrays: {} });
  }

  function hear(text) {
    const message = JSON.parse(text);
    if (message.type === "answer" || message.type === "refused") {
      settle(message);
      return;
    }
    isWaiting = message.type === "waiting";
    on.message(isWaiting ? "warning" : "error", message.text);
    if (message.type !== "unknown") return;
    closed = true;
    on.unknown();
  }

  function receive(buffer) {
    const frame = unpack(buffer);
    if (answeredWithArrays) {
      answeredWithArrays.resolve(frame);
      answeredWithArrays = null;
      return;
    }
    // A hidden tab gets no animation frames, so it asks for nothing.
    requestAnimationFrame(() => {
      if (closed || frame.meta.quantity !== quantity) return;
      seen = frame.meta.version;
      const rest = restMs();
      if (rest) setTimeout(() => closed || ask(), rest);
      else ask();
      // Before the frame is drawn, whose own notice may say more.
      if (isWaiting) on.message("info", null);
      isWaiting = false;
      on.frame(frame);
    });
  }

  open();
  window.addEventListener("offline", reopen);
  window.addEventListener("online", reopenAtOnce);
  return {
    act: (action, value = null) => send({ type: "act", action, value }),
    /**
     * Ask the run something (a name of `QUESTIONS` in nnviz/runs/questions.py).
     * @returns {Promise<{meta: object, arrays: object}>} rejects with what to tell the person
     */
    ask(question, args = {}) {
      asked += 1;
      const number = asked;
      return new Promise((resolve, reject) => {
        if (!send({ type: "ask", number, question, arguments: args })) {
          reject(new Error("No connection: nothing was asked."));
          return;
        }
        questions.set(number, { resolve, reject });
      });
    },
    show(next) {
      quantity = next;
      seen = -1;
      ask();
    },
    close() {
      closed = true;
      window.removeEventListener("offline", reopen);
      window.removeEventListener("online", reopenAtOnce);
      abandon();
    },
  };
}
