// Formulas: the LaTeX of the library's tables, as far as they use it, turned into MathML.

const NAMESPACE = "http://www.w3.org/1998/Math/MathML";

const LETTERS = {
  alpha: "α", beta: "β", delta: "δ", Delta: "Δ", epsilon: "ε", eta: "η", lambda: "λ", pi: "π",
  Phi: "Φ", rho: "ρ", sigma: "σ", partial: "∂",
};
const OPERATORS = {
  leftarrow: "←", le: "≤", odot: "⊙", cdot: "·", times: "×", approx: "≈", top: "⊤", lVert: "‖",
  rVert: "‖", in: "∈", ldots: "…", lfloor: "⌊", rfloor: "⌋", sim: "∼",
};
const FUNCTIONS = new Set(["max", "min", "ln", "tanh", "exp", "cos"]);
const SPACES = { ",": "0.17em", ";": "0.28em", quad: "1em", " ": "0.25em" };
const TOKEN = /\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\s+|[\s\S]/g;

// What is made of the tokens that follow a command.
const STRUCTURES = {
  frac: fraction, tfrac: fraction, hat: accented, sum: sumSign, left: fence, right: fence, c: colored,
  sqrt: (tokens) => element("msqrt", argument(tokens)),
  text: (tokens) => element("mtext", tokens.text().replaceAll(" ", "\u00a0")),
  operatorname: (tokens) => element("mi", tokens.text()),
  mathcal: (tokens) => element("mi", tokens.text()),
};

function element(name, ...children) {
  const node = document.createElementNS(NAMESPACE, name);
  node.append(...children);
  return node;
}

/**
 * A `<math>` element of a formula.
 * @param {string} latex; `\c{name}{...}` gives its content the colour of a quantity
 * @throws where a command is not known: a table has a formula that nobody looked at here
 */
export function formula(latex, { block = false } = {}) {
  const math = element("math", row(new Tokens(latex)));
  math.setAttribute("displaystyle", "true");
  if (block) math.setAttribute("display", "block");
  return math;
}

class Tokens {
  constructor(latex) {
    this.all = latex.match(TOKEN) ?? [];
    this.at = 0;
  }

  get next() {
    return this.all[this.at];
  }

  take() {
    this.at += 1;
    return this.all[this.at - 1];
  }

  /** The first digit of a number: without braces no more of it is an argument, as in \tfrac12. */
  takeDigit() {
    const [digit, ...rest] = this.next;
    this.all[this.at] = rest.join("");
    return digit;
  }

  skipSpaces() {
    while (/^\s+$/.test(this.next ?? "")) this.at += 1;
  }

  /** The raw text of a group in braces. */
  text() {
    this.skipSpaces();
    if (this.take() !== "{") throw new Error("A group in braces was expected.");
    let text = "";
    for (let depth = 1; ; ) {
      const token = this.take();
      if (token === undefined) throw new Error("A brace is not closed.");
      if (token === "{") depth += 1;
      if (token === "}") depth -= 1;
      if (depth === 0) return text;
      text += token;
    }
  }
}

function row(tokens, end = null) {
  const node = element("mrow");
  for (;;) {
    tokens.skipSpaces();
    if (tokens.next === undefined || tokens.next === end) {
      tokens.take();
      return node;
    }
    const isFunction = FUNCTIONS.has(tokens.next.slice(1));
    if (isFunction && node.lastChild && node.lastChild.localName !== "mo") node.append(space(","));
    node.append(withScripts(tokens, atom(tokens)));
    if (isFunction && !isSetOff(tokens)) node.append(space(","));
  }
}

/** Whether what follows a function's name stands apart from it by itself. */
function isSetOff(tokens) {
  tokens.skipSpaces();
  return tokens.next === undefined || /^(\(|\}|\\left|\\,)$/.test(tokens.next);
}

function space(name) {
  const node = element("mspace");
  node.setAttribute("width", SPACES[name]);
  return node;
}

function argument(tokens) {
  tokens.skipSpaces();
  if (/^\d\d/.test(tokens.next)) return element("mn", tokens.takeDigit());
  if (tokens.next !== "{") return atom(tokens);
  tokens.take();
  return row(tokens, "}");
}

function withScripts(tokens, base) {
  let [below, above] = [null, null];
  for (;;) {
    tokens.skipSpaces();
    if (tokens.next === "_") {
      tokens.take();
      below = argument(tokens);
    } else if (tokens.next === "^") {
      tokens.take();
      above = argument(tokens);
    } else if (tokens.next === "'") {
      tokens.take();
      base = element("mrow", base, prime()); // as a superscript it would be too small to see
    } else break;
  }
  const isSum = base.dataset?.sum === "true";
  if (below && above) return element(isSum ? "munderover" : "msubsup", base, below, above);
  if (below) return element(isSum ? "munder" : "msub", base, below);
  return above ? element(isSum ? "mover" : "msup", base, above) : base;
}

function prime() {
  const sign = element("mo", "′");
  sign.setAttribute("lspace", "0");
  sign.setAttribute("rspace", "0");
  return sign;
}

function atom(tokens) {
  const token = tokens.take();
  if (token === "{") return row(tokens, "}");
  if (token.startsWith("\\")) return command(tokens, token.slice(1));
  if (/^\d/.test(token)) return element("mn", token);
  if (/^[a-zA-Z]$/.test(token)) return element("mi", token);
  const sign = element("mo", token === "-" ? "−" : token);
  sign.setAttribute("stretchy", "false"); // only \left and \right ask for tall ones
  return sign;
}

function command(tokens, name) {
  if (name in LETTERS) return element("mi", LETTERS[name]);
  if (name in OPERATORS) return element("mo", OPERATORS[name]);
  if (FUNCTIONS.has(name)) return element("mi", name);
  if (name in SPACES) return space(name);
  if (Object.hasOwn(STRUCTURES, name)) return STRUCTURES[name](tokens);
  throw new Error(`The formula command \\${name} is not known here.`);
}

function fraction(tokens) {
  return element("mfrac", argument(tokens), argument(tokens));
}

function accented(tokens) {
  const hat = element("mo", "^");
  hat.setAttribute("stretchy", "false");
  return element("mover", argument(tokens), hat);
}

function sumSign() {
  const sign = element("mo", "∑");
  sign.dataset.sum = "true";
  return sign;
}

function fence(tokens) {
  tokens.skipSpaces();
  const token = tokens.take();
  const sign = element("mo", token.startsWith("\\") ? OPERATORS[token.slice(1)] : token);
  sign.setAttribute("stretchy", "true");
  return sign;
}

function colored(tokens) {
  const quantity = tokens.text();
  const content = argument(tokens);
  content.setAttribute("class", `q-${quantity}`);
  return content;
}
