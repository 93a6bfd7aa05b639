// Counting token by token with a trained model: what it writes, how sure it is of it, and
// where each head attends. Needs forward.js.
const counting = {};

// Weights travel as whole numbers from -255 to 255, three letters of base64 for two.
counting.LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
counting.unpack = (packed) => {
  const digit = Object.fromEntries([...counting.LETTERS].map((letter, i) => [letter, i]));
  const model = { ...packed, weights: undefined };
  Object.entries(packed.weights).forEach(([name, { shape, scale, letters }]) => {
    const numbers = [];
    for (let at = 0; at < letters.length; at += 3) {
      const [high, middle, low] = [0, 1, 2].map((i) => digit[letters[at + i]]);
      const both = (high << 12) | (middle << 6) | low;
      numbers.push((both >> 9) - 256, (both & 511) - 256);
    }
    const width = shape[shape.length - 1], n = shape.reduce((a, b) => a * b), rows = [];
    for (let at = 0; at < n; at += width) {
      rows.push(numbers.slice(at, at + width).map((x) => Math.fround(x * scale)));
    }
    model[name] = shape.length === 1 ? rows[0] : rows;
  });
  return model;
};

// Reads one token after another. No later token changes an earlier position, so the keys
// and values of each are kept, and every token is computed once.
counting.reader = (model) => {
  const kept = Array.from({ length: model.n_layers }, () => ({ keys: [], values: [] }));
  const linear = (row, name) =>
    live.linear(row, model[`${name}.weight`], model[`${name}.bias`]);
  const norm = (row, name) => live.norm(row, model[`${name}.weight`], model[`${name}.bias`]);
  let t = -1;
  return (token) => {
    t += 1;
    const bias = model["embed.bias"];
    let resid = model["embed.weight"].map((row, i) => row[token] + bias[i]);
    resid = live.embedded(Array(t + 1).fill(resid), model)[t];
    const patterns = [], d_head = resid.length / model.n_heads;
    kept.forEach(({ keys, values }, layer) => {
      const name = `blocks.${layer}.attention`, x = norm(resid, `blocks.${layer}.norm_1`);
      const heads = (row) => Array.from({ length: model.n_heads },
        (_, head) => row.slice(head * d_head, (head + 1) * d_head));
      const rotated = (row) => heads(row).map((part) => live.rotated(part, t, model));
      const queries = rotated(linear(x, `${name}.W_Q`));
      keys.push(rotated(linear(x, `${name}.W_K`)));
      values.push(heads(linear(x, `${name}.W_V`)));
      const found = queries.map((query, head) => {
        const pattern = live.softmax(keys.map((key, j) =>
          live.dot(query, key[head]) / Math.sqrt(d_head) + live.bias(model, head, t, j)));
        patterns.push({ layer, head, pattern });
        return live.mix(pattern, values.map((value) => value[head]));
      });
      resid = live.add(resid, linear(found.flat(), `${name}.W_O`));
      const hidden = live.relu(
        linear(norm(resid, `blocks.${layer}.norm_2`), `blocks.${layer}.mlp.0`));
      resid = live.add(resid, linear(hidden, `blocks.${layer}.mlp.2`));
    });
    const logits = linear(norm(resid, "norm"), "logits_head");
    logits[model.pad] = -Infinity;  // padding is never written
    return { probabilities: live.softmax(logits), logits, patterns };
  };
};

// The right answer, as tokens: every number from a to b, then the end.
counting.answer = (a, b, end) => {
  const way = a <= b ? 1 : -1;
  return [...Array.from({ length: Math.abs(b - a) + 1 }, (_, i) => a + way * i + 1), end];
};

live.widget = (root, data) => {
  const { symbols, n_numbers, start, go, end, trained, longest, goals } = data;
  const model = counting.unpack(data.model), PROMPT = 4;
  const make = (tag, parent, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    parent.append(made);
    return made;
  };
  root.replaceChildren();
  make("style", root, `
    .progtx-live .count-line { display: flex; flex-wrap: wrap; gap: 3px; margin: 0.5rem 0;
      max-height: 13rem; overflow-y: auto }
    .progtx-live .count-line button { font: 12px ui-monospace, monospace; color: inherit;
      background: none; border: 1px solid #8886; border-radius: 3px; padding: 1px 4px;
      min-width: 2rem; min-height: 1.6rem }
    .progtx-live .count-line .count-prompt { border-style: dashed }
    .progtx-live .count-line .count-wrong { border: 2px solid #d55e00; text-decoration:
      underline wavy #d55e00 }
    .progtx-live .count-line [aria-pressed="true"] { outline: 2px solid currentColor }
    .progtx-live .count-mark { border-left: 3px solid #0072b2; padding: 3px 6px;
      font-size: 11px }
    .progtx-live .count-controls { display: flex; flex-wrap: wrap; gap: 6px 10px;
      align-items: center }
    .progtx-live .count-controls input { width: 4.2rem }
    .progtx-live .count-heads { max-width: 100%; overflow-x: auto }
    .progtx-live .count-heads th { font-size: 11px; padding: 0 2px; text-align: center }
    .progtx-live .count-heads td { min-width: 19px; height: 17px; padding: 0;
      border: 1px solid #8884 }
    .progtx-live .count-next { min-height: 5.6rem }`);
  const controls = make("div", root, undefined, { class: "count-controls" });
  const number = (name, value) => {
    const field = make("input", make("label", controls, `${name} `), undefined,
      { type: "number", min: 0, max: n_numbers - 1, inputmode: "numeric" });
    field.value = value;
    return field;
  };
  const fields = [number("a", data.ends[0]), number("b", data.ends[1])];
  const [step, run, anew] = ["Step", "Run", "Begin anew"].map((text) =>
    make("button", controls, text, { type: "button" }));
  const trouble = make("p", root, "", { role: "alert", class: "live-trouble" });
  const said = make("p", root, "", { role: "status" });
  const line = make("div", root, undefined,
    { class: "count-line", role: "group", "aria-label": "the tokens so far" });
  const asked = make("p", root, "");
  const next = make("div", root, undefined, { class: "count-next" });
  const heads = make("div", root, undefined, { class: "count-heads" });
  const told = make("p", root, "");
  const list = make("ul", root, undefined, { class: "live-challenges" });
  const items = goals.map((goal) => make("li", list, goal.say)), solved = new Set();

  let tokens = [], seen = [], read, right = [], running = false, shown = 0;
  const ended = () => tokens[tokens.length - 1] === end || tokens.length >= longest;
  const wrong = (t) => t >= PROMPT && tokens[t] !== right[t - PROMPT];
  const first = () => tokens.findIndex((_, t) => wrong(t));
  const push = (token) => {
    tokens.push(token);
    seen.push(read(token));
    shown = tokens.length - 1;
  };

  // What was found at one position: the likeliest next tokens, and who attends where.
  const look = () => {
    const { probabilities, patterns } = seen[shown];
    [...line.querySelectorAll("button")].forEach((chip, t) =>
      chip.setAttribute("aria-pressed", String(t === shown)));
    const last = tokens[shown] === end;  // no training says what would follow
    asked.textContent = last ? `“${symbols[end]}” is token ${shown + 1}: nothing follows.`
      : `After “${symbols[tokens[shown]]}”, token ${shown + 1}, the model gives these `
      + "probabilities to the next token:";
    next.replaceChildren();
    const order = probabilities.map((_, i) => i);
    order.sort((x, y) => probabilities[y] - probabilities[x]);
    order.slice(0, last ? 0 : 4).forEach((i) => {
      const row = make("div", next, undefined, { class: "live-line" });
      make("span", row, symbols[i]);
      make("span", row, undefined, { class: "live-share" }).style.width
        = `${Math.round(120 * probabilities[i])}px`;
      make("span", row, probabilities[i].toFixed(3));
    });
    heads.replaceChildren();
    const near = Math.max(PROMPT, shown - 7);  // columns: the prompt, what is left, the nearest
    const keys = tokens.slice(0, shown + 1).map((_, j) => j)
      .filter((j) => j < PROMPT || j >= near);
    const gap = near > PROMPT;
    const table = make("table", heads, undefined, { tabindex: 0,
      "aria-label": "attention of each head, a row, to earlier tokens, a column" });
    const name = (j) => symbols[tokens[j]];
    const top = make("tr", table);
    make("th", top, "head");
    const columns = gap ? [...keys.slice(0, PROMPT), null, ...keys.slice(PROMPT)] : keys;
    columns.forEach((j) => make("th", top, j === null ? "…" : name(j), { scope: "col" }));
    patterns.forEach(({ layer, head, pattern }) => {
      const row = make("tr", table);
      make("th", row, `${layer}.${head}`, { scope: "row" });
      columns.forEach((j) => {
        const share = j === null
          ? pattern.slice(PROMPT, near).reduce((x, y) => x + y, 0) : pattern[j];
        const cell = make("td", row);
        cell.style.background = live.colour(share);
        const tell = () => {
          told.textContent = `Layer ${layer}, head ${head} gives ${share.toFixed(2)} of its `
            + `attention to ${j === null ? "all tokens between" : `${name(j)} (token ${j + 1})`}.`;
        };
        cell.addEventListener("pointerenter", tell);
        cell.addEventListener("click", tell);
      });
    });
    let at = [1, 0];  // the arrow keys go from cell to cell
    table.addEventListener("keydown", (event) => {
      const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1],
        ArrowRight: [0, 1] }[event.key];
      if (!move) return;
      event.preventDefault();
      at = [Math.min(patterns.length, Math.max(1, at[0] + move[0])),
        Math.min(columns.length, Math.max(1, at[1] + move[1]))];
      table.rows[at[0]].cells[at[1]].click();
    });
    told.textContent = "A row a head (layer.head), a column a token: dark 0, yellow 1. "
      + "Point at a cell, or use the arrow keys.";
  };

  const chip = (token, t) => {
    if (t === trained) {
      make("span", line, `${trained} tokens: training ends here`, { class: "count-mark" });
    }
    const made = make("button", line, symbols[token], { type: "button", "aria-label":
      `token ${t + 1}: ${symbols[token]}${wrong(t) ? ", wrong" : ""}` });
    if (t < PROMPT) made.className = "count-prompt";
    if (wrong(t)) made.className = "count-wrong";
    made.addEventListener("click", () => {
      shown = t;
      look();
    });
  };

  const tell = () => {
    const n = tokens.length, bad = first();
    const past = n > trained ? `, ${n - trained} past the training length` : "";
    const wanted = right[bad - PROMPT];
    said.textContent = `${n} tokens${past}. ` + (bad >= 0
      ? `First error at token ${bad + 1}: ${symbols[tokens[bad]]}, where `
        + `${wanted === undefined ? "nothing" : symbols[wanted]} is right.`
      : ended() ? "Done, without an error." : n > PROMPT ? "No error so far." : "");
    const done = { wrong: bad >= 0, past: bad < 0 && ended() && n > trained,
      down: bad < 0 && ended() && n > 100 && fields[0].valueAsNumber > fields[1].valueAsNumber };
    goals.forEach((goal, i) => {
      if (done[goal.is]) solved.add(i);
      items[i].textContent = solved.has(i) ? `${goal.say} Solved.` : goal.say;
    });
    step.disabled = run.disabled = ended();
    run.textContent = running ? "Pause" : "Run";
  };

  const write = () => {
    if (ended()) return;
    push(live.argmax(seen[seen.length - 1].probabilities));
    chip(tokens[tokens.length - 1], tokens.length - 1);
    line.scrollTop = line.scrollHeight;
    if (ended()) running = false;
    tell();
    look();
  };
  const begin = () => {
    running = false;
    const ends = fields.map((field) => field.valueAsNumber);
    const fine = ends.every((x) => Number.isInteger(x) && x >= 0 && x < n_numbers);
    trouble.textContent = fine ? "" : `a and b are whole numbers from 0 to ${n_numbers - 1}`;
    step.disabled = run.disabled = !fine;
    if (!fine) return;
    tokens = [];
    seen = [];
    read = counting.reader(model);
    right = counting.answer(...ends, end);
    line.replaceChildren();
    [start, ends[0] + 1, ends[1] + 1, go].forEach((token) => push(token));
    tokens.forEach(chip);
    tell();
    look();
  };
  const frame = () => {
    if (!running) return;
    write();
    setTimeout(frame, 60);
  };
  step.addEventListener("click", () => {
    running = false;
    write();
  });
  run.addEventListener("click", () => {
    running = !running;
    tell();
    frame();
  });
  anew.addEventListener("click", begin);
  fields.forEach((field) => field.addEventListener("change", begin));
  fields.forEach((field) => field.addEventListener("input", begin));
  begin();
};

// Dark blue to yellow, as all heat maps of the book.
live.colour = (share) => {
  const stops = [[0, 34, 78], [65, 78, 107], [124, 123, 120], [187, 175, 113], [254, 232, 56]];
  const at = Math.min(0.9999, Math.max(0, share)) * (stops.length - 1), low = Math.floor(at);
  const mixed = stops[low].map((c, k) => Math.round(c + (at - low) * (stops[low + 1][k] - c)));
  return `rgb(${mixed.join()})`;
};
