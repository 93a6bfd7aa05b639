"use strict";
// Two parameters, two methods: Adam and a pattern search go over the same map, step by
// step. The arithmetic is that of torch.optim.Adam and of the package's PatternSearch.
const live = {};

// What can be minimised: a loss, its gradient, and where the map begins and ends.
live.VALLEY = 20;
live.POINTS = [[-2.0, 0.5, 0], [-1.2, -0.4, 0], [-0.6, 1.0, 0], [0.4, -0.8, 0],
  [-0.5, 0.2, 1], [0.3, 1.4, 1], [1.0, 0.1, 1], [1.5, -0.6, 1], [2.2, 0.9, 1]];
live.LEAST = 0.309723542611;  // of the loss below; what is shown is the loss above it
live.margin = ([x, y], [a, b, label]) => (2 * label - 1) * (x * a + y * b);
live.LOSSES = {
  "slanted valley": {
    loss: ([x, y]) => (x - 1) ** 2 + live.VALLEY * (y - x) ** 2,
    gradient: ([x, y]) => [
      2 * (x - 1) - 2 * live.VALLEY * (y - x), 2 * live.VALLEY * (y - x)],
    start: [-2, 1.5],
  },
  "straight valley": {
    loss: ([x, y]) => (x - 1) ** 2 + live.VALLEY * (y - 1) ** 2,
    gradient: ([x, y]) => [2 * (x - 1), 2 * live.VALLEY * (y - 1)],
    start: [-2, 2.5],
  },
  // The loss of chapter 1 with two weights, for nine points.
  "logistic regression": {
    loss: (w) => live.POINTS.reduce((sum, point) =>
      sum + Math.log1p(Math.exp(-live.margin(w, point))), 0) / live.POINTS.length - live.LEAST,
    gradient: (w) => live.POINTS.reduce(([dx, dy], point) => {
      const [a, b, label] = point;
      const push = -(2 * label - 1) / (1 + Math.exp(live.margin(w, point)));
      return [dx + (push * a) / live.POINTS.length, dy + (push * b) / live.POINTS.length];
    }, [0, 0]),
    start: [-2, -2],
  },
};

// Adam (Kingma and Ba, 2015): a step is one gradient, counted as two evaluations, for a
// pass forward and one back.
live.Adam = class {
  constructor(problem, start, lr, betas = [0.9, 0.999], eps = 1e-8) {
    Object.assign(this, { problem, lr, betas, eps, t: 0, evaluations: 0 });
    this.point = [...start];
    this.mean = [0, 0];
    this.square = [0, 0];
    this.finished = false;
    this.tried = [];
  }

  step() {
    const gradient = this.problem.gradient(this.point), [b1, b2] = this.betas;
    this.t += 1;
    this.evaluations += 2;
    this.point = this.point.map((x, i) => {
      this.mean[i] = b1 * this.mean[i] + (1 - b1) * gradient[i];
      this.square[i] = b2 * this.square[i] + (1 - b2) * gradient[i] ** 2;
      const mean = this.mean[i] / (1 - b1 ** this.t);
      const root = Math.sqrt(this.square[i] / (1 - b2 ** this.t));
      return x - (this.lr * mean) / (root + this.eps);
    });
  }
};

// One coordinate at a time, forwards and backwards; the first that lowers the loss is kept.
// A sweep without a gain halves the radius. `sweeps` are the package's own random orders:
// a digit is 4 for y first, plus 2 and 1 where x and y are tried backwards first.
live.Search = class {
  constructor(problem, start, radius, sweeps, least = 1e-3) {
    Object.assign(this, { problem, radius, sweeps, least, evaluations: 0 });
    this.point = [...start];
    this.best = null;
    this.sweep = 0;
    this.position = 0;  // candidates of this sweep that were tried
    this.improved = false;
    this.tried = [];  // in this step, in vain
  }

  get finished() {
    return this.radius < this.least;
  }

  candidate() {
    const order = Number(this.sweeps[this.sweep % this.sweeps.length]);
    const later = this.position >= 2;
    const axis = (order >= 4) !== later ? 1 : 0;
    const sign = (order & (axis === 0 ? 2 : 1) ? -1 : 1) * (this.position % 2 ? -1 : 1);
    return this.point.map((x, i) => (i === axis ? x + sign * this.radius : x));
  }

  measure(point) {
    this.evaluations += 1;
    return this.problem.loss(point);
  }

  // Until a move is kept or the sweep ends.
  step() {
    if (this.finished) return;
    if (this.best === null) this.best = this.measure(this.point);
    this.tried = [];
    let kept = false;
    while (!kept && this.position < 4) {
      const trial = this.candidate(), loss = this.measure(trial);
      this.position += 1;
      if (loss < this.best) {
        [this.point, this.best, kept, this.improved] = [trial, loss, true, true];
      } else this.tried.push(trial);
    }
    if (this.position === 4) {
      if (!this.improved) this.radius /= 2;
      [this.sweep, this.position, this.improved] = [this.sweep + 1, 0, false];
    }
  }
};

// A race: both methods from one start; whoever has used fewer evaluations goes next.
live.race = (name, start, { lr, radius, target, sweeps }) => {
  const problem = live.LOSSES[name];
  const methods = { Adam: new live.Adam(problem, start, lr),
    "pattern search": new live.Search(problem, start, radius, sweeps) };
  const paths = {};
  Object.entries(methods).forEach(([who, method]) => {
    paths[who] = [{ point: method.point, loss: problem.loss(start), evaluations: 0 }];
  });
  const step = (who) => {
    const method = methods[who];
    method.step();
    const { point, evaluations } = method;
    paths[who].push({ point: [...point], loss: problem.loss(point), evaluations });
  };
  const reached = (who) => {
    const found = paths[who].find(({ loss }) => loss < target);
    return found ? found.evaluations : null;
  };
  return { methods, paths, step, reached };
};

// Who was below the target first, by how many times; null while that is open.
live.winner = (race, most) => {
  const [adam, search] = ["Adam", "pattern search"].map((who) => {
    const { evaluations, finished } = race.methods[who];
    return race.reached(who) ?? (finished || evaluations >= most ? Infinity : null);
  });
  if (adam === null || search === null || adam === search) return null;
  return adam < search ? { who: "Adam", times: search / adam }
    : { who: "pattern search", times: adam / search };
};

// Level lines: pieces of straight lines through the squares of a grid, by interpolation.
live.levels = (loss, half, cells, heights) => {
  const side = (2 * half) / cells, at = (i) => -half + i * side, lines = [];
  const grid = Array.from({ length: cells + 1 }, (_, r) =>
    Array.from({ length: cells + 1 }, (__, c) => loss([at(c), at(r)])));
  heights.forEach((height) => {
    for (let r = 0; r < cells; r += 1) {
      for (let c = 0; c < cells; c += 1) {
        const corners = [[r, c], [r, c + 1], [r + 1, c + 1], [r + 1, c]];
        const ends = [];
        corners.forEach(([i, j], k) => {
          const [m, n] = corners[(k + 1) % 4];
          const share = (height - grid[i][j]) / (grid[m][n] - grid[i][j]);
          if (grid[i][j] < height !== grid[m][n] < height) {
            ends.push([at(j + share * (n - j)), at(i + share * (m - i))]);
          }
        });
        for (let k = 0; k + 1 < ends.length; k += 2) lines.push([ends[k], ends[k + 1]]);
      }
    }
  });
  return lines;
};

live.widget = (root, data) => {
  const { sweeps, goals, most, target } = data, HALF = 3;
  const LOOK = { Adam: { colour: "#0072b2", dash: "" },
    "pattern search": { colour: "#d55e00", dash: "4 3" } };
  const RATES = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
  const RADII = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2];
  const make = (tag, parent, text, attributes = {}) => {
    const drawn = ["svg", "line", "circle", "rect", "path", "text", "polyline"].includes(tag);
    const made = drawn ? document.createElementNS("http://www.w3.org/2000/svg", tag)
      : document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    parent.append(made);
    return made;
  };
  root.replaceChildren();
  make("style", root, `
    .progtx-live .two-controls { display: flex; flex-wrap: wrap; gap: 6px 14px;
      align-items: center; margin: 0.4rem 0 }
    .progtx-live .two-pictures { display: flex; flex-wrap: wrap; gap: 1rem }
    .progtx-live .two-pictures svg { width: 100%; max-width: 360px; height: auto }
    .progtx-live .two-map { touch-action: manipulation; cursor: crosshair }
    .progtx-live svg text { fill: currentColor; font-size: 12px }
    .progtx-live button { min-height: 2rem }`);
  const choices = make("div", root, undefined, { class: "two-controls" });
  const choice = make("select", make("label", choices, "loss "));
  Object.keys(live.LOSSES).forEach((name) => make("option", choice, name));
  const slider = (name, values, first) => {
    const label = make("label", choices, `${name} `);
    const made = make("input", label, undefined,
      { type: "range", min: 0, max: values.length - 1, step: 1, value: values.indexOf(first) });
    const shown = make("output", label, ` ${Number(first.toPrecision(2))}`);
    const read = () => values[Number(made.value)];
    made.addEventListener("input", () => {
      made.setAttribute("aria-valuetext", read());
      shown.textContent = ` ${Number(read().toPrecision(2))}`;
      begin();
    });
    return read;
  };
  const lr = slider("learning rate of Adam", RATES, 0.3);
  const radius = slider("radius of the search", RADII, 1 / 64);
  const controls = make("div", root, undefined, { class: "two-controls" });
  const [one, run, anew] = ["Step", "Run", "Begin anew"].map((text) =>
    make("button", controls, text, { type: "button" }));
  const pictures = make("div", root, undefined, { class: "two-pictures" });
  const map = make("svg", pictures, undefined, { viewBox: "0 0 360 336", class: "two-map",
    role: "application", tabindex: 0, "aria-label": "map of the loss over two parameters; "
      + "point at a new start, or move it with the arrow keys" });
  const chart = make("svg", pictures, undefined, { viewBox: "0 0 360 336", role: "img",
    "aria-label": "loss over evaluations, both on logarithmic axes" });
  const table = make("table", root), said = make("p", root, "", { role: "status" });
  const list = make("ul", root, undefined, { class: "live-challenges" });
  const items = goals.map((goal) => make("li", list, goal.say)), solved = new Set();
  let start = null, race = null, running = false;

  const across = (x) => 40 + (300 * (x + HALF)) / (2 * HALF);
  const down = (y) => 300 - (290 * (y + HALF)) / (2 * HALF);
  const mark = (svg, who, x, y, size = 5) => (who === "Adam"
    ? make("circle", svg, undefined, { cx: x, cy: y, r: size, fill: LOOK[who].colour })
    : make("rect", svg, undefined, { x: x - size, y: y - size, width: 2 * size,
      height: 2 * size, fill: LOOK[who].colour }));
  const line = (svg, who, points) => make("polyline", svg, undefined, {
    points: points.map((xy) => xy.map((v) => v.toFixed(1)).join()).join(" "),
    fill: "none", stroke: LOOK[who].colour, "stroke-width": 2, "stroke-dasharray": LOOK[who].dash });
  const axis = (svg, x, y, text, anchor = "middle") =>
    make("text", svg, text, { x, y, "text-anchor": anchor });

  const drawMap = () => {
    map.replaceChildren();
    const { loss } = live.LOSSES[choice.value];
    const corner = Math.max(loss([-HALF, HALF]), loss([HALF, -HALF]), loss([-HALF, -HALF]));
    const heights = Array.from({ length: 10 }, (_, k) => 0.02 * (corner / 0.02) ** (k / 10));
    const pieces = live.levels(loss, HALF, 48, heights).map((ends) =>
      ends.map(([x, y], k) => `${k ? "L" : "M"}${across(x).toFixed(1)} ${down(y).toFixed(1)}`)
        .join("")).join("");
    make("path", map, undefined, { d: pieces, fill: "none", stroke: "currentColor",
      "stroke-opacity": 0.45, "stroke-width": 0.8 });
    make("rect", map, undefined, { x: 40, y: 10, width: 300, height: 290, fill: "none",
      stroke: "currentColor", "stroke-opacity": 0.5 });
    [-2, 0, 2].forEach((v) => {
      axis(map, across(v), 316, String(v));
      axis(map, 34, down(v) + 4, String(v), "end");
    });
    axis(map, 190, 329, "first parameter");
    make("text", map, "second parameter", { transform: "translate(12 155) rotate(-90)",
      "text-anchor": "middle" });
    const inside = ({ point: [x, y] }) => Math.abs(x) <= HALF && Math.abs(y) <= HALF;
    Object.entries(race.paths).reverse().forEach(([who, path]) => {  // Adam's on top
      const seen = path.filter(inside);
      line(map, who, seen.map(({ point: [x, y] }) => [across(x), down(y)]));
      seen.slice(0, -1).forEach(({ point: [x, y] }) => mark(map, who, across(x), down(y), 2));
      const last = path[path.length - 1];
      if (inside(last)) mark(map, who, across(last.point[0]), down(last.point[1]));
    });
    race.methods["pattern search"].tried.forEach(([x, y]) => {  // crosses: tried in vain
      const [u, v] = [across(x), down(y)];
      if (inside({ point: [x, y] })) {
        make("path", map, undefined, { d: `M${u - 4} ${v - 4}l8 8M${u + 4} ${v - 4}l-8 8`,
          stroke: LOOK["pattern search"].colour, "stroke-width": 1.5 });
      }
    });
  };

  const drawChart = () => {
    chart.replaceChildren();
    const right = (n) => 46 + (300 * Math.log10(Math.max(1, n))) / Math.log10(most);
    const low = 1e-3, high = 1e3;
    const under = (loss) => 10 + (280 * Math.log10(high / Math.min(high, Math.max(low, loss))))
      / Math.log10(high / low);
    for (let n = 1; n <= most; n *= 10) {
      axis(chart, right(n), 306, n.toLocaleString("en"), n === most ? "end" : "middle");
    }
    for (let loss = high; loss > low / 2; loss /= 10) {
      axis(chart, 42, under(loss) + 4, String(Number(loss.toPrecision(1))), "end");
      make("line", chart, undefined, { x1: 46, x2: 346, y1: under(loss), y2: under(loss),
        stroke: "currentColor", "stroke-opacity": 0.15 });
    }
    axis(chart, 196, 324, "evaluations");
    axis(chart, 344, under(target) - 4, `goal: below ${target}`, "end");
    make("line", chart, undefined, { x1: 46, x2: 346, y1: under(target), y2: under(target),
      stroke: "currentColor", "stroke-dasharray": "2 3" });
    Object.entries(race.paths).forEach(([who, path], i) => {
      line(chart, who, path.map(({ loss, evaluations }) => [right(evaluations), under(loss)]));
      mark(chart, who, 240, 22 + 18 * i);
      axis(chart, 250, 26 + 18 * i, who, "start");
    });
  };

  const draw = () => {
    drawMap();
    drawChart();
    table.replaceChildren();
    const head = make("tr", table);
    ["", "parameters", "loss", "evaluations", "goal at"].forEach((text) =>
      make("th", head, text, { scope: "col" }));
    Object.entries(race.paths).forEach(([who, path]) => {
      const row = make("tr", table), { point, loss, evaluations } = path[path.length - 1];
      make("th", row, who, { scope: "row" });
      [point.map((v) => v.toFixed(3)).join(", "), loss.toPrecision(3), evaluations,
        race.reached(who) ?? "not yet"].forEach((text) => make("td", row, text));
    });
    const search = race.methods["pattern search"], won = live.winner(race, most);
    said.textContent = `The search's radius is ${Number(search.radius.toPrecision(2))}. ${won === null ? "" : won.times
      === Infinity ? `Only ${won.who} came below the goal.`
      : `${won.who} came below the goal with ${won.times.toFixed(1)} times fewer evaluations.`}`;
    goals.forEach((goal, i) => {
      const done = won && won.who === goal.winner && won.times >= goal.times
        && goal.loss === choice.value && (goal.lr || lr()) === lr()
        && (goal.radius || radius()) === radius()
        && race.paths.Adam[0].loss > 100 * target;  // not from a start beside the goal
      if (done) solved.add(i);
      items[i].textContent = solved.has(i) ? `${goal.say} Solved.` : goal.say;
    });
  };

  const pause = () => {
    running = false;
    run.textContent = "Run";
  };
  const open = (who) => {
    const { evaluations, finished } = race.methods[who];
    return !finished && evaluations < most;
  };
  const next = () => {
    const left = Object.keys(race.methods).filter(open);
    left.sort((a, b) => race.methods[a].evaluations - race.methods[b].evaluations);
    if (left.length) race.step(left[0]);
    return left.length > 0;
  };
  const begin = () => {
    pause();
    race = live.race(choice.value, start, { lr: lr(), radius: radius(), sweeps,
      target });
    draw();
  };
  const another = () => {
    start = [...live.LOSSES[choice.value].start];
    begin();
  };
  const frame = () => {
    if (!running) return;
    const used = Math.max(...Object.values(race.methods).map((m) => m.evaluations));
    let going = true;  // slowly at first, so that steps can be seen
    for (let k = 0; going && k < 1 + used / 20; k += 1) going = next();
    const both = Object.keys(race.paths).every((who) => race.reached(who) !== null);
    if (both || !going) pause();
    draw();
    setTimeout(() => requestAnimationFrame(frame), 40);
  };
  one.addEventListener("click", () => {
    pause();
    Object.keys(race.methods).filter(open).forEach(race.step);
    draw();
  });
  run.addEventListener("click", () => {
    if (running) return pause();
    running = true;
    run.textContent = "Pause";
    return frame();
  });
  anew.addEventListener("click", another);
  choice.addEventListener("change", another);
  const moved = (x, y) => {
    start = [x, y].map((v) => Math.min(HALF, Math.max(-HALF, Math.round(20 * v) / 20)));
    begin();
  };
  map.addEventListener("click", (event) => {
    const box = map.getBoundingClientRect(), scale = 360 / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    moved(((x - 40) / 300) * 2 * HALF - HALF, ((300 - y) / 290) * 2 * HALF - HALF);
  });
  map.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [0, 0.25], ArrowDown: [0, -0.25], ArrowLeft: [-0.25, 0],
      ArrowRight: [0.25, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    moved(start[0] + by[0], start[1] + by[1]);
  });
  another();
};
