"use strict";
// Programs in RASP-L, typed into a page: a parser of its own (nothing is evaluated as
// JavaScript), the words of `progtx_core.rasp`, and pictures of what each `select` selects.
const live = {};

live.LARGEST = 2 ** 53;
live.NOTHING = -(2 ** 31);  // a number that no sequence holds
live.MARKS = { START: -1, GO: -2, END: -3 };
live.TEXTS = { "-1": "SoS", "-2": ">", "-3": "EoS" };
live.text = (number) => (number === live.NOTHING ? "–" : live.TEXTS[number] ?? String(number));
live.fail = (said) => { throw new Error(said); };

// Parser -------------------------------------------------------------------------------
// A line is `name = expression`; the last may be an expression alone, or `return` one.

live.tokens = (line) => {
  const found = [], pattern = /\s*(?:(\d+)|("[^"]*"|'[^']*')|([A-Za-z_]\w*)|(\/\/|[<>=!]=|[-+*%<>=(),:.&|]))/y;
  const code = line.replace(/#.*/, "").trimEnd();
  while (pattern.lastIndex < code.length) {
    const at = pattern.lastIndex, match = pattern.exec(code);
    if (!match) live.fail(`what is “${code.slice(at).trim()[0]}”?`);
    const [, number, text, name, sign] = match;
    if (number !== undefined) found.push({ kind: "number", value: Number(number) });
    else if (text !== undefined) found.push({ kind: "text", value: text.slice(1, -1) });
    else found.push({ kind: name === undefined ? "sign" : "name", value: name ?? sign });
  }
  return found;
};

// The weaker an operator binds, the earlier it stands, as in Python.
live.BINDS = [["or"], ["and"], ["not"], ["<", ">", "<=", ">=", "==", "!="], ["|"], ["&"],
  ["+", "-"], ["*", "//", "%"]];

live.parse = (tokens) => {
  let at = 0;
  const is = (value) => at < tokens.length && ["sign", "name"].includes(tokens[at].kind)
    && tokens[at].value === value;
  const here = () => (at < tokens.length ? `at “${tokens[at].value}”` : "at the end");
  const eat = (value) => {
    if (!is(value)) live.fail(`“${value}” is missing ${here()}`);
    at += 1;
  };
  const name = () => {
    if (at >= tokens.length || tokens[at].kind !== "name") live.fail(`a name is missing ${here()}`);
    return tokens[at++].value;
  };
  const expression = (level = 0) => {
    if (is("lambda")) return lambda();
    if (level === live.BINDS.length) return unary();
    if (live.BINDS[level][0] === "not") {
      if (!is("not")) return expression(level + 1);
      at += 1;
      return { kind: "not", of: expression(level) };
    }
    let left = expression(level + 1), compared = false;
    while (live.BINDS[level].some(is)) {
      const sign = tokens[at++].value;
      if (compared) live.fail("compare two at a time");
      left = { kind: "binary", sign, left, right: expression(level + 1) };
      compared = live.BINDS[level].includes("<");
    }
    return left;
  };
  const unary = () => {
    if (!is("-")) return atom();
    at += 1;
    return { kind: "minus", of: unary() };
  };
  const lambda = () => {
    eat("lambda");
    const names = [name()];
    while (is(",")) {
      at += 1;
      names.push(name());
    }
    eat(":");
    return { kind: "lambda", names, body: expression() };
  };
  const atom = () => {
    if (is("(")) {
      at += 1;
      const inner = expression();
      eat(")");
      return inner;
    }
    const token = tokens[at];
    if (!token || token.kind === "sign" || ["or", "and", "not"].includes(token.value)) {
      live.fail(`something is missing ${here()}`);
    }
    at += 1;
    if (token.kind !== "name") return { kind: token.kind, value: token.value };
    if (token.value === "rasp" && is(".")) {  // as in the chapter: rasp.select
      at += 1;
      token.value = name();
    }
    if (!is("(")) return { kind: "name", name: token.value };
    at += 1;
    const args = [], named = {};
    while (!is(")")) {
      if (tokens[at]?.kind === "name" && tokens[at + 1]?.value === "=") {
        const key = name();
        eat("=");
        if (key in named) live.fail(`${key} is given twice`);
        named[key] = expression();
      } else args.push(expression());
      if (is(",")) at += 1;
      else if (!is(")")) live.fail(`“)” is missing ${here()}`);
    }
    at += 1;
    return { kind: "call", name: token.value, args, named };
  };
  let to = null;
  if (is("return")) at += 1;
  else if (tokens[0].kind === "name" && tokens[1]?.value === "=") {
    to = name();
    eat("=");
  }
  const value = expression();
  if (at < tokens.length) live.fail(`too much ${here()}`);
  return { to, value };
};

// Functions of numbers -----------------------------------------------------------------

live.whole = (number) => {
  if (!(Math.abs(number) <= live.LARGEST)) live.fail("a number is larger than 2^53");
  return number;
};
live.floored = (a, b) => {
  if (b === 0) live.fail("division by zero");
  return Math.floor(a / b);
};
live.SIGNS = {
  "<": (a, b) => Number(a < b), ">": (a, b) => Number(a > b),
  "<=": (a, b) => Number(a <= b), ">=": (a, b) => Number(a >= b),
  "==": (a, b) => Number(a === b), "!=": (a, b) => Number(a !== b),
  "&": (a, b) => Number(BigInt(a) & BigInt(b)), "|": (a, b) => Number(BigInt(a) | BigInt(b)),
  "+": (a, b) => live.whole(a + b), "-": (a, b) => live.whole(a - b),
  "*": (a, b) => live.whole(a * b), "//": live.floored,
  "%": (a, b) => a - b * live.floored(a, b),
};

// pairs: whether it is a predicate of `select`, where numpy knows no `and`, `or`, `not`.
live.number = (node, known, pairs) => {
  const value = (part) => live.number(part, known, pairs);
  if (node.kind === "number") return live.whole(node.value);
  if (node.kind === "minus") return 0 - value(node.of);  // no negative zero
  if (node.kind === "name") {
    if (Object.hasOwn(known, node.name)) return known[node.name];
    if (Object.hasOwn(live.MARKS, node.name)) return live.MARKS[node.name];
    live.fail(`a function of numbers knows its own names and whole numbers, not ${node.name}`);
  }
  if (pairs && (node.kind === "not" || ["and", "or"].includes(node.sign))) {
    live.fail("in a predicate write & and |, each side in brackets");
  }
  if (node.kind === "not") return Number(value(node.of) === 0);
  if (node.kind === "binary" && node.sign === "and") return value(node.left) && value(node.right);
  if (node.kind === "binary" && node.sign === "or") return value(node.left) || value(node.right);
  if (node.kind === "binary") return live.SIGNS[node.sign](value(node.left), value(node.right));
  return live.fail("a function of numbers calculates and compares, and calls nothing");
};

// The language -------------------------------------------------------------------------
// A value is an array of whole numbers, a selection { matrix } of rows (query) and keys.

live.equals = (k, q) => k === q;
live.always = () => true;

// Of every select: keys, queries, matrix, and the word it was made for.
live.language = (seen) => {
  let word = "select";  // the outermost one that is on the way
  const all = {
    full: (x, constant) => x.map(() => constant),
    indices: (x) => x.map((_, i) => i),
    tok_map: (x, f) => x.map((v) => f(v)),
    seq_map: (x, y, f) => x.map((v, i) => f(v, y[i])),
    where: (condition, x, y) => condition.map((c, i) => (c !== 0 ? x[i] : y[i])),
    select: (keys, queries, predicate, causal = 1) => {
      const matrix = queries.map((q, i) => keys.map((k, j) =>
        (causal === 0 || j <= i) && Boolean(predicate(k, q))));
      seen.push({ keys, queries, matrix, word });
      return { matrix };
    },
    sel_width: ({ matrix }) => matrix.map((row) => row.filter(Boolean).length),
    aggr_mean: ({ matrix }, values, none = 0) => matrix.map((row) => {
      const kept = values.filter((_, j) => row[j]);
      return kept.length ? Math.trunc(live.whole(kept.reduce((a, b) => a + b)) / kept.length) + 0 : none;
    }),
    aggr_max: ({ matrix }, values, none = 0) => matrix.map((row) => {
      const kept = values.filter((_, j) => row[j]);
      return kept.length ? Math.max(...kept) : none;
    }),
    aggr_min: (selection, values, none = 0) =>
      all.aggr_max(selection, values.map((v) => 0 - v), 0 - none).map((v) => 0 - v),
    kqv: (keys, queries, values, predicate, none = 0, reduction = "mean") => {
      const aggregate = { mean: all.aggr_mean, max: all.aggr_max, min: all.aggr_min };
      if (!Object.hasOwn(aggregate, reduction)) live.fail(`reduction is mean, max or min, not ${reduction}`);
      return aggregate[reduction](all.select(keys, queries, predicate), values, none);
    },
    // What is written with these.
    shift_right: (x, n = 1, none = 0) => {
      if (n < 0) live.fail("shift_right goes to earlier positions: n is 0 or more");
      return all.kqv(all.tok_map(all.indices(x), (i) => i + n), all.indices(x), x, live.equals, none);
    },
    cumsum: (x) => all.sel_width(all.select(x.map((v) => Number(v !== 0)), all.full(x, 1), live.equals)),
    maximum: (x) => all.kqv(x, x, x, live.always, 0, "max"),
    minimum: (x) => all.kqv(x, x, x, live.always, 0, "min"),
    num_prev: (x, queries) => all.sel_width(all.select(x, queries, live.equals)),
    has_seen: (x, queries) => all.kqv(x, queries, all.full(x, 1), live.equals),
    firsts: (x, queries, none = -1) => all.kqv(x, queries, all.indices(x), live.equals, none, "min"),
    lasts: (x, queries, none = -1) => all.kqv(x, queries, all.indices(x), live.equals, none, "max"),
    index_select: (x, positions, none = 0) => all.kqv(all.indices(x), positions, x, live.equals, none),
    first_true: (x, none = -1) => all.firsts(x.map((v) => Number(v !== 0)), all.full(x, 1), none),
    induct_kqv: (keys, queries, values, offset = 1, none = 0) => all.index_select(values,
      all.firsts(all.shift_right(keys, offset, live.NOTHING), queries), none),
    induct: (keys, queries, offset = 1, none = 0) => all.induct_kqv(keys, queries, keys, offset, none),
    argmax: (x) => all.firsts(x, all.maximum(x)),
    argmin: (x) => all.firsts(x, all.minimum(x)),
    mode: (x, counted) => {
      const times = all.num_prev(x, x);
      return all.index_select(x, all.argmax(counted ? all.where(counted, times, all.full(x, 0)) : times));
    },
  };
  let depth = 0;
  Object.entries(all).forEach(([name, f]) => {
    all[name] = (...given) => {
      if (depth === 0) word = name;
      depth += 1;
      try {
        return f(...given);
      } finally {
        depth -= 1;
      }
    };
  });
  return all;
};

// What each word takes: s a sequence, n a number, m a selection, f, g a function of one and
// of two numbers, p a predicate, t a text; behind the bar what may be left out.
live.TAKES = Object.fromEntries(`full x:s constant:n
indices x:s
tok_map x:s function:f
seq_map x:s y:s function:g
where condition:s x:s y:s
select keys:s queries:s predicate:p | causal:n
sel_width selection:m
aggr_mean selection:m values:s | default:n
aggr_max selection:m values:s | default:n
aggr_min selection:m values:s | default:n
kqv keys:s queries:s values:s predicate:p | default:n reduction:t
shift_right x:s | n:n default:n
cumsum x:s
maximum x:s
minimum x:s
num_prev x:s queries:s
has_seen x:s queries:s
firsts x:s queries:s | default:n
lasts x:s queries:s | default:n
index_select x:s positions:s | default:n
first_true x:s | default:n
induct_kqv keys:s queries:s values:s | offset:n default:n
induct keys:s queries:s | offset:n default:n
argmax x:s
argmin x:s
mode x:s | counted:s`.split("\n").map((line) => {
  const [name, ...parts] = line.split(" "), bar = parts.indexOf("|");
  const params = parts.filter((part) => part !== "|").map((part) => part.split(":"));
  return [name, { params, least: bar < 0 ? params.length : bar }];
}));
live.KINDS = { s: "a sequence", n: "a whole number", m: "a selection, as select makes it",
  f: "a function of one number", g: "a function of two numbers",
  p: "equals, always, or a function of key and query", t: "a text" };

// One call: the arguments in their order, each of its kind.
live.call = (node, known, language) => {
  if (!Object.hasOwn(live.TAKES, node.name)) {
    live.fail(`there is no ${node.name}; there are ${Object.keys(live.TAKES).join(" ")}`);
  }
  const { params, least } = live.TAKES[node.name], given = {};
  if (node.args.length > params.length) live.fail(`${node.name} takes ${params.length} values, not ${node.args.length}`);
  node.args.forEach((arg, i) => { given[params[i][0]] = arg; });
  Object.entries(node.named).forEach(([key, arg]) => {
    if (!params.some(([name]) => name === key)) live.fail(`${node.name} takes no ${key}`);
    if (key in given) live.fail(`${key} of ${node.name} is given twice`);
    given[key] = arg;
  });
  const values = params.map(([name, kind], i) => {
    if (!(name in given)) {
      if (i < least) live.fail(`${node.name} needs ${name}, ${live.KINDS[kind]}`);
      return undefined;
    }
    return live.argument(given[name], kind, `${name} of ${node.name}`, known, language);
  });
  return language[node.name](...values);
};

live.argument = (arg, kind, what, known, language) => {
  const wrong = () => live.fail(`${what} must be ${live.KINDS[kind]}`);
  if (kind === "t") return arg.kind === "text" ? arg.value : wrong();
  if ("fgp".includes(kind)) {
    if (kind !== "f" && arg.kind === "name" && ["equals", "always"].includes(arg.name)) {
      return live[arg.name];
    }
    if (arg.kind !== "lambda" || arg.names.length !== (kind === "f" ? 1 : 2)) return wrong();
    return (...numbers) => live.number(arg.body,
      Object.fromEntries(arg.names.map((name, i) => [name, numbers[i]])), kind === "p");
  }
  if (kind === "n") {
    if (arg.kind === "name" && ["True", "False"].includes(arg.name)) return Number(arg.name === "True");
    if (arg.kind === "name" && Object.hasOwn(known, arg.name)) return wrong();
    if (["lambda", "call", "text"].includes(arg.kind)) return wrong();
    return live.number(arg, {}, false);
  }
  const value = live.value(arg, known, language);
  return Array.isArray(value) === (kind === "s") ? value : wrong();
};

live.value = (node, known, language) => {
  if (node.kind === "call") return live.call(node, known, language);
  if (node.kind === "name") {
    if (Object.hasOwn(known, node.name)) return known[node.name];
    const word = Object.hasOwn(live.TAKES, node.name);
    live.fail(word ? `${node.name} is to be called: ${node.name}(…)` : `nothing is called ${node.name}`);
  }
  if (["binary", "minus", "not"].includes(node.kind)) {
    live.fail("sequences are calculated with by tok_map and seq_map: tok_map(x, lambda v: v + 1)");
  }
  return live.fail("a value is a sequence: full(x, 1) has the same number everywhere");
};

// Runs a program on a sequence: its value, the lines' values, every selection. Throws an
// Error whose message is one line, with the line's number.
live.run = (program, x) => {
  const seen = [], language = live.language(seen), known = { x }, lines = [];
  program.split("\n").forEach((line, i) => {
    try {
      const tokens = live.tokens(line);
      if (!tokens.length) return;
      if (lines.length && lines[lines.length - 1].to === null) live.fail("the line before gives the answer already");
      const { to, value } = live.parse(tokens), first = seen.length;
      const found = live.value(value, known, language);
      if (to !== null) known[to] = found;
      lines.push({ number: i + 1, to, value: found, first });
      seen.slice(first).forEach((one) => { one.line = i + 1; });
    } catch (error) {
      throw new Error(`line ${i + 1}: ${error.message}`);
    }
  });
  if (!lines.length) throw new Error("write a line such as: tok_map(x, lambda v: v + 1)");
  const { value, number } = lines[lines.length - 1];
  if (!Array.isArray(value)) throw new Error(`line ${number}: the answer is a selection: aggregate it, or count it with sel_width`);
  return { value, lines, seen };
};

// The numbers of a typed sequence.
live.read = (text) => {
  const words = text.match(/[^\s,]+/g) || [];
  const marks = Object.fromEntries(Object.entries(live.TEXTS).map(([n, mark]) => [mark, Number(n)]));
  if (!words.length) throw new Error("type numbers with spaces between them");
  if (words.length > 24) throw new Error(`${words.length} positions; up to 24 can be drawn`);
  return words.map((word) => {
    if (word in marks) return marks[word];
    if (!/^-?\d{1,9}$/.test(word)) throw new Error(`“${word}” is no whole number of up to nine digits, nor SoS, > or EoS`);
    return Number(word) + 0;
  });
};

// Challenges: what the answer must be, position by position -----------------------------

live.GOALS = {
  repeated: (x) => x.map((v, i) => Number(x.slice(0, i).includes(v))),
  followed: (x) => x.map((v, i) => {  // what came after the last earlier one; -1 for none
    const j = x.slice(0, i).lastIndexOf(v);
    return j < 0 ? -1 : x[j + 1];
  }),
};

// "solved", or an input that is answered otherwise; the inputs are always the same ones.
live.judge = (program, goal) => {
  let state = 7;
  const random = (n) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
  for (let k = 0; k < 60; k += 1) {
    const x = Array.from({ length: 1 + random(9) }, () => random(5));
    const wanted = live.GOALS[goal](x);
    let found;
    try {
      found = live.run(program, x).value;
    } catch (error) {
      return { x, wanted, found: null };
    }
    if (found.some((v, i) => v !== wanted[i])) return { x, wanted, found };
  }
  return "solved";
};

live.widget = (root, data) => {
  const make = (tag, parent, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    parent.append(made);
    return made;
  };
  root.replaceChildren();
  make("style", root, `
    .progtx-live .rasp-form { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center }
    .progtx-live .rasp-form input { font: 14px ui-monospace, monospace; width: min(22rem, 90%) }
    .progtx-live textarea { font: 14px ui-monospace, monospace; width: 100%; max-width: 44rem;
      box-sizing: border-box; display: block }
    .progtx-live .rasp-scroll { overflow-x: auto }
    .progtx-live .rasp-values td { text-align: center; font-family: ui-monospace, monospace }
    .progtx-live .rasp-panels { display: flex; flex-wrap: wrap; gap: 1rem }
    .progtx-live .rasp-heat th { font: 11px ui-monospace, monospace; padding: 0 3px; text-align: center }
    .progtx-live .rasp-heat td { width: 17px; min-width: 17px; height: 17px; padding: 0;
      border: 1px solid #8886; text-align: center; line-height: 15px }
    .progtx-live .rasp-heat .rasp-on { background: #0072b2; color: #fff }
    .progtx-live button { min-height: 2rem }`);
  const form = make("div", root, undefined, { class: "rasp-form" });
  const choice = make("select", make("label", form, "example "), undefined,
    { "aria-label": "example program" });
  Object.keys(data.programs).forEach((name) => make("option", choice, name));
  const input = make("input", make("label", form, "x = "), undefined,
    { type: "text", spellcheck: "false", autocomplete: "off", "aria-label": "the sequence x" });
  const write = make("button", form, "Append the last answer", { type: "button" });
  const code = make("textarea", root, undefined, { rows: 8, spellcheck: "false",
    autocomplete: "off", autocapitalize: "off", "aria-label": "program" });
  const trouble = make("p", root, "", { role: "alert", class: "live-trouble" });
  const values = make("table", make("div", root, undefined, { class: "rasp-scroll", tabindex: 0,
    role: "region", "aria-label": "values" }), undefined, { class: "rasp-values" });
  const told = make("p", root, "", { role: "status" });
  const panels = make("div", root, undefined, { class: "rasp-panels" });
  const list = make("ul", root, undefined, { class: "live-challenges" });
  const items = data.goals.map((goal) => make("li", list, goal.say)), solved = new Set();
  let last = null;

  const row = (name, numbers, scope = "td") => {
    const line = make("tr", values);
    make("th", line, name, { scope: "row" });
    numbers.forEach((v) => make(scope, line, live.text(v), scope === "th" ? { scope: "col" } : {}));
  };
  const panel = (one) => {
    const figure = make("figure", panels), title = `line ${one.line}: ${one.word}`;
    make("figcaption", figure, title);
    const table = make("table", figure, undefined, { class: "rasp-heat",
      "aria-label": `${title}: rows are queries, columns are keys` });
    const head = make("tr", table);
    make("th", head, "q \\ k");
    one.keys.forEach((k) => make("th", head, live.text(k), { scope: "col" }));
    one.matrix.forEach((selected, i) => {
      const line = make("tr", table);
      make("th", line, live.text(one.queries[i]), { scope: "row" });
      selected.forEach((on) => make("td", line, on ? "•" : "", on ? { class: "rasp-on" } : {}));
    });
  };
  const draw = () => {
    trouble.textContent = "";
    last = null;
    try {
      const x = live.read(input.value), { lines, seen, value } = live.run(code.value, x);
      values.replaceChildren();
      panels.replaceChildren();
      row("position", x.map((_, i) => i), "th");
      row("x", x);
      lines.forEach(({ to, value: found }) => {
        if (Array.isArray(found)) row(to ?? "answer", found);
      });
      if (lines[lines.length - 1].to !== null) row("answer", value);
      seen.slice(0, 12).forEach(panel);
      told.textContent = `${seen.length} ${seen.length === 1 ? "selection" : "selections"}`
        + `${seen.length > 12 ? ", the first 12 drawn" : ""}: a row a query, a column a key; `
        + "a dot where the key is selected.";
      last = value[value.length - 1];
    } catch (error) {
      trouble.textContent = error.message;
    }
    data.goals.forEach((goal, i) => {
      const found = live.judge(code.value, goal.name);
      if (found === "solved") solved.add(i);
      const near = found.found && !solved.has(i)
        ? ` On ${found.x.join(" ")} the answer is ${found.wanted.join(" ")}; yours is ${found.found.join(" ")}.` : "";
      items[i].textContent = `${goal.say}${solved.has(i) ? " Solved." : near}`;
    });
  };
  const begin = () => {
    const { x, code: lines } = data.programs[choice.value];
    input.value = x;
    code.value = lines;
    draw();
  };
  write.addEventListener("click", () => {
    if (last === null) return;
    input.value = `${input.value.trim()} ${live.text(last)}`;
    draw();
  });
  choice.addEventListener("change", begin);
  [input, code].forEach((field) => field.addEventListener("input", draw));
  begin();
};
