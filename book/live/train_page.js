// The page "Train one here": buttons, a curve, and the answers of the model as it is.
trainer.page = (root) => {
  const sizes = trainer.SIZES, sets = trainer.parity(sizes.seq);
  const COLOURS = { Adam: "#0072b2", "pattern search": "#d55e00" };
  const METHODS = {
    Adam: (model) => new trainer.Adam(model, sizes),
    "pattern search": (model) => new trainer.Search(model, sizes),
  };
  const make = (tag, parent, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    parent.append(made);
    return made;
  };
  root.replaceChildren();
  const controls = make("p", root);
  const choice = make("select", make("label", controls, "method "));
  Object.keys(METHODS).forEach((name) => make("option", choice, name));
  const seed = make("input", make("label", controls, " seed "), undefined,
    { type: "number", min: 0, max: 999, value: 0, style: "width: 4rem" });
  const start = make("button", controls, "train", { type: "button" });
  const anew = make("button", controls, "begin anew", { type: "button" });
  const said = make("p", root, "", { role: "status" });
  const NS = "http://www.w3.org/2000/svg", chart = document.createElementNS(NS, "svg");
  Object.entries({ viewBox: "0 0 436 220", role: "img", width: "100%",
    "aria-label": "training loss against forward passes, both on a logarithmic axis" })
    .forEach(([name, value]) => chart.setAttribute(name, value));
  chart.style.maxWidth = "34rem";
  root.append(chart);
  const label = make("label", make("p", root), `up to ${sizes.seq} bits `);
  const bits = make("input", label, undefined, { type: "text", value: "101101",
    maxlength: sizes.seq, size: sizes.seq + 2, inputmode: "numeric", "aria-label": "bits" });
  const answers = make("table", root);

  const curves = { Adam: [], "pattern search": [] };
  let method = null, running = false, model = null;

  // Passes from 1 to 100,000 and losses from 1 down to 0.0001, a tenth each tick.
  const across = (passes) => 46 + 360 * Math.min(1, Math.log10(Math.max(1, passes)) / 5);
  const down = (loss) => 10 + 170 * Math.min(1, -Math.log10(Math.max(1e-4, Math.min(1, loss))) / 4);
  const svg = (tag, attributes, text) => {
    const made = document.createElementNS(NS, tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    if (text) made.textContent = text;
    chart.append(made);
  };
  const draw = () => {
    chart.replaceChildren();
    const ink = { fill: "currentColor", "font-size": 11 };
    [1, 10, 100, 1000, 10000, 100000].forEach((n) => {
      svg("line", { x1: across(n), x2: across(n), y1: 10, y2: 180, stroke: "#8884" });
      svg("text", { x: across(n), y: 195, "text-anchor": "middle", ...ink },
        n.toLocaleString("en"));
    });
    [1, 0.1, 0.01, 0.001, 0.0001].forEach((loss) => {
      svg("line", { x1: 46, x2: 406, y1: down(loss), y2: down(loss), stroke: "#8884" });
      svg("text", { x: 42, y: down(loss) + 4, "text-anchor": "end", ...ink }, String(loss));
    });
    svg("text", { x: 226, y: 212, "text-anchor": "middle", ...ink }, "forward passes");
    Object.entries(curves).forEach(([name, points], i) => {
      const path = points.map(([passes, loss]) => `${across(passes)},${down(loss)}`).join(" ");
      svg("polyline", { points: path, fill: "none", stroke: COLOURS[name], "stroke-width": 2,
        ...(i ? { "stroke-dasharray": "5 3" } : {}) });
      if (points.length) {
        svg("text", { x: 54, y: 158 + 14 * i, ...ink, fill: COLOURS[name] },
          `${name}${i ? " (dashed)" : ""}`);
      }
    });
  };

  const answer = () => {
    answers.replaceChildren();
    if (!/^[01]+$/.test(bits.value)) {
      make("td", make("tr", answers), "type zeros and ones");
      return;
    }
    const read = Array.from(bits.value, Number);
    const rows = [["bit", read], ["odd number of ones so far", []], ["the model says", []]];
    let odd = 0;
    read.forEach((bit) => rows[1][1].push((odd ^= bit)));
    rows[2][1] = trainer.answers(model, sizes, read.map((bit) => bit + 1));
    rows.forEach(([name, values], r) => {
      const row = make("tr", answers);
      make("th", row, name, { scope: "row" });
      values.forEach((value, t) => {
        const wrong = r === 2 && value !== rows[1][1][t];
        make("td", row, `${value}${wrong ? " (wrong)" : ""}`);
      });
    });
  };

  const tell = (found) => {
    const test = trainer.measure(model, sizes, sets.test);
    said.textContent = `${choice.value}: ${method.passes} forward passes, training loss `
      + `${found.loss.toPrecision(2)}, right in training ${found.accuracy.toFixed(2)}, of the `
      + `strings held out ${test.accuracy.toFixed(2)}`
      + (method.radius === undefined ? "" : `, radius ${method.radius}`);
  };

  const begin = () => {
    running = false;
    start.textContent = "train";
    model = trainer.init(sizes, Number(seed.value) || 0);
    method = METHODS[choice.value](model);
    curves[choice.value] = [];
    tell(trainer.measure(model, sizes, sets.train));
    draw();
    answer();
  };

  const pause = () => {
    running = false;
    start.textContent = "go on";
  };

  // As many steps as fit into a frame, so that the page stays quick to the touch.
  const frame = () => {
    if (!running) return;
    const until = performance.now() + 30;
    let found;
    do found = method.step(sets.train); while (performance.now() < until);
    curves[choice.value].push([method.passes, found.loss]);
    tell(found);
    draw();
    answer();
    if (method.passes >= 100000 || found.loss < 1e-4) pause();  // the ends of the axes
    requestAnimationFrame(frame);
  };
  start.addEventListener("click", () => {
    if (running) pause();
    else {
      running = true;
      start.textContent = "pause";
      requestAnimationFrame(frame);
    }
  });
  anew.addEventListener("click", begin);
  choice.addEventListener("change", begin);
  seed.addEventListener("change", begin);
  bits.addEventListener("input", answer);
  begin();
};
