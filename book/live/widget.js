// A page's own input for one or more trained models: what each answers, and where it
// attends. Everything is made of plain elements, so keyboard and touch need no code.

live.make = (tag, parent, text, attributes = {}) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  if (parent) parent.append(made);
  return made;
};

// Dark blue to yellow, as all heat maps of the book.
live.colour = (share) => {
  const stops = [[0, 34, 78], [65, 78, 107], [124, 123, 120], [187, 175, 113], [254, 232, 56]];
  const at = Math.min(0.9999, Math.max(0, share)) * (stops.length - 1), low = Math.floor(at);
  const mixed = stops[low].map((c, k) => Math.round(c + (at - low) * (stops[low + 1][k] - c)));
  return `rgb(${mixed.join()})`;
};

// The ids of a text, filled up with padding; or a line that says what is wrong with it.
live.encode = (task, text) => {
  const words = text.match(task.spaced ? /\S+/g : task.words ? /\w+|[^\w\s]/g : /\S/g) || [];
  const unknown = words.find((word) => !task.symbols.includes(word) || word === "_");
  if (unknown !== undefined) {
    return { said: `no token for “${unknown}”; tokens: ${task.symbols.slice(1).join(" ")}` };
  }
  if (words.length === 0) return { said: "type something" };
  if (words.length > task.seq_len) {
    return { said: `${words.length} tokens, more than the model's ${task.seq_len}` };
  }
  const ids = words.map((word) => task.symbols.indexOf(word));
  while (ids.length < task.seq_len) ids.push(task.pad);
  return { ids };
};

// Sliders for a signal (a number a position, shared out over the features), or for every
// feature of every position.
live.sliders = (root, task, changed) => {
  let input = [];
  const box = live.make("div", root, undefined, { class: "live-sliders" });
  const write = (next) => {
    input = next.map((row) => [...row]);
    box.replaceChildren();
    const table = live.make("table", box), shown = task.signal ? ["signal"] : task.features;
    box.style.setProperty("--bar", shown.length > 2 ? "44px" : "110px");
    const head = live.make("tr", table);
    live.make("th", head, "position", { scope: "row" });
    input.forEach((_, t) => live.make("th", head, String(t), { scope: "col" }));
    shown.forEach((name, f) => {
      const row = live.make("tr", table);
      live.make("th", row, name, { scope: "row" });
      input.forEach((features, t) => {
        const value = task.signal ? live.signal([features])[0] : features[f];
        const cell = live.make("td", row);
        const slider = live.make("input", cell, undefined, { type: "range", min: -4, max: 4,
          step: 0.125, "aria-label": `${name} at position ${t}`, class: "live-bar" });
        slider.value = value;
        const told = live.make("output", cell, value.toFixed(1));
        slider.addEventListener("input", () => {
          const moved = Number(slider.value);
          if (task.signal) input[t] = features.map(() => moved / features.length);
          else input[t][f] = moved;
          told.textContent = moved.toFixed(1);
          changed({ input });
        });
      });
    });
    changed({ input });
  };
  return write;
};

live.text = (root, task, changed) => {
  const label = live.make("label", root, "your input ");
  const field = live.make("input", label, undefined, { type: "text", size: 34,
    spellcheck: "false", autocomplete: "off" });
  const read = () => {
    const { ids, said } = live.encode(task, field.value);
    changed({ input: ids, text: field.value, said });
  };
  field.addEventListener("input", read);
  return (text) => {
    field.value = text;
    read();
  };
};

// One model's answer: the likeliest class, and the probabilities of the likeliest ones.
live.answer = (row, model, logits, wanted, labels) => {
  const shares = live.softmax(logits), best = live.argmax(logits);
  row.replaceChildren();
  live.make("th", row, model.name, { scope: "row" });
  const verdict = wanted === null ? "" : best === wanted ? " (right)" : " (wrong)";
  live.make("td", row, labels[best] + verdict, { class: "live-said" });
  const bars = live.make("td", row), order = shares.map((_, i) => i);
  order.sort((a, b) => shares[b] - shares[a]);
  order.slice(0, 4).sort((a, b) => a - b).forEach((i) => {
    const line = live.make("div", bars, undefined, { class: "live-line" });
    live.make("span", line, labels[i]);
    const bar = live.make("span", line, undefined, { class: "live-share" });
    bar.style.width = `${Math.round(90 * shares[i])}px`;
    live.make("span", line, shares[i].toFixed(2));
  });
  return best === wanted;
};

// A pattern as a table: a row a query, a column a key; the lighter, the more attention.
live.heat = (parent, title, pattern, words, say) => {
  const figure = live.make("figure", parent);
  live.make("figcaption", figure, title);
  const table = live.make("table", figure, undefined, { class: "live-heat", tabindex: 0,
    "aria-label": `${title}: rows are queries, columns are keys` });
  pattern.forEach((weights, query) => {
    const row = live.make("tr", table);
    const asked = pattern.length === 1 ? "query" : words[query];
    live.make("th", row, asked, { scope: "row" });
    weights.forEach((weight, key) => {
      const cell = live.make("td", row);
      cell.style.background = live.colour(weight);
      const tell = () => say(`${title}: ${asked}${pattern.length === 1 ? "" : ` (${query})`} `
        + `gives ${words[key]} (${key}) ${weight.toFixed(2)} of its attention`);
      cell.addEventListener("pointerenter", tell);
      cell.addEventListener("click", tell);
    });
  });
  const foot = live.make("tr", table);
  live.make("th", foot, "");
  pattern[0].forEach((_, key) => live.make("th", foot, words[key], { scope: "col" }));
  let at = [0, 0];
  table.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const ends = [pattern.length - 1, pattern[0].length - 1];
    at = at.map((v, k) => Math.min(ends[k], Math.max(0, v + step[k])));
    table.rows[at[0]].cells[at[1] + 1].click();
  });
};

live.widget = (root, data) => {
  const { task, challenges, examples } = data, models = data.models.map(live.unpack);
  const off = new Set(), solved = new Set();
  let now = {}, next = 0;
  root.replaceChildren();
  const rule = live.rules[task.name];
  const controls = live.make("div", root, undefined, { class: "live-controls" });
  const another = live.make("button", controls, "another example", { type: "button" });
  let choice = null;  // of the model that is shown beside the first, where there are many
  if (data.choose) {
    choice = live.make("select", live.make("label", controls, " compare with "));
    models.slice(1).forEach((model) => live.make("option", choice, model.name));
    choice.value = data.choose;
    choice.addEventListener("change", () => draw());
  }
  const trouble = live.make("p", root, "", { role: "alert", class: "live-trouble" });
  const editor = live.make("div", root);
  const answers = live.make("table", root, undefined, { class: "live-answers" });
  const truth = live.make("tr", answers);
  const rows = models.map(() => live.make("tr", answers));
  const tasks = live.make("ul", root, undefined, { class: "live-challenges" });
  const goals = challenges.map((goal) => live.make("li", tasks, goal.say));
  const switches = live.make("div", root, undefined, { class: "live-switches" });
  const panels = live.make("div", root, undefined, { class: "live-panels" });
  const told = live.make("p", root, "", { role: "status" });
  const scale = "Attention: dark 0, light 1; point at a cell, or use the arrow keys.";

  const draw = () => {
    trouble.textContent = now.said || "";
    if (!now.input) return;
    const wanted = rule(now.input, now.text, task);
    truth.replaceChildren();
    live.make("th", truth, "the rule", { scope: "row" });
    live.make("td", truth, wanted === null ? "leaves it open" : task.labels[wanted],
      { class: "live-said" });
    live.make("td", truth, "");
    const words = now.text === undefined
      ? now.input.map((_, t) => String(t)) : now.input.map((id) => task.symbols[id]);
    panels.replaceChildren();
    told.textContent = "";
    const right = {};
    models.forEach((model, i) => {
      const { logits, patterns } = live.forward(model, now.input, off);
      right[model.name] = live.answer(rows[i], model, logits, wanted, task.labels);
      rows[i].hidden = choice !== null && i > 0 && model.name !== choice.value;
      if (rows[i].hidden) return;
      const length = now.input.filter((id) => now.text === undefined || id !== task.pad).length;
      Object.entries(patterns).forEach(([name, heads]) => heads.forEach((pattern, head) => {
        const layer = /\d+/.exec(name);
        const place = heads.length > 1 || layer ? `layer ${layer ?? 0}, head ${head}` : "";
        const title = [models.length > 1 ? model.name : "", place].filter(Boolean).join(": ");
        const seen = pattern.slice(0, length).map((weights) => weights.slice(0, length));
        live.heat(panels, title || "attention", seen, words, (text) => {
          told.textContent = text;
        });
      }));
    });
    if (panels.childElementCount) told.textContent = scale;
    challenges.forEach((goal, i) => {
      const done = wanted !== null && off.size >= (goal.off || 0)
        && goal.right.every((name) => right[name]) && goal.wrong.every((name) => !right[name]);
      if (done) solved.add(i);
      goals[i].textContent = solved.has(i) ? `${goal.say} Solved.` : goal.say;
    });
  };
  const write = (task.symbols ? live.text : live.sliders)(editor, task, (change) => {
    now = change;
    draw();
  });
  (data.switches || []).forEach(({ name, label }) => {
    const line = live.make("label", switches);
    const box = live.make("input", line, undefined, { type: "checkbox" });
    box.checked = true;
    line.append(` ${label}`);
    box.addEventListener("change", () => {
      if (box.checked) off.delete(name);
      else off.add(name);
      draw();
    });
  });
  const show = () => write(examples[next++ % examples.length]);
  another.addEventListener("click", show);
  show();
};
