"use strict";
// A plane through parameters: the loss on it in several views, the paths of two trainings
// up to as many forward passes as the slider says, and the loss along them.
const live = {};

// Dark blue to yellow, as all heat maps of the book.
live.colour = (share) => {
  const stops = [[0, 34, 78], [65, 78, 107], [124, 123, 120], [187, 175, 113], [254, 232, 56]];
  const at = Math.min(0.9999, Math.max(0, share)) * (stops.length - 1), low = Math.floor(at);
  const mixed = stops[low].map((c, k) => Math.round(c + (at - low) * (stops[low + 1][k] - c)));
  return `rgb(${mixed.join()})`;
};

// How many points of a path have been reached after so many passes: at least the first.
live.reached = (passes, so_far) => Math.max(1, passes.filter((n) => n <= so_far).length);

live.widget = (root, data) => {
  const { views, paths, floor } = data, NS = "http://www.w3.org/2000/svg";
  const LOOKS = [["#e69f00", ""], ["#56b4e9", "6 4"]];
  const make = (tag, parent, text, attributes = {}) => {
    const drawn = ["svg", "line", "circle", "rect", "text", "polyline", "clipPath", "g"].includes(tag);
    const made = drawn ? document.createElementNS(NS, tag) : document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    parent.append(made);
    return made;
  };
  root.replaceChildren();
  make("style", root, `
    .progtx-live .map-controls { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center }
    .progtx-live .map-pictures { display: flex; flex-wrap: wrap; gap: 1rem }
    .progtx-live .map-pictures svg { width: 100%; max-width: 360px; height: auto }
    .progtx-live svg text { fill: currentColor; font-size: 12px }`);
  const controls = make("div", root, undefined, { class: "map-controls" });
  const choice = make("select", make("label", controls, "view "));
  Object.keys(views).forEach((name) => make("option", choice, name));
  const label = make("label", controls, "forward passes ");
  const slider = make("input", label, undefined, { type: "range", min: 0, max: 100, value: 100 });
  const shown = make("output", label, "");
  const said = make("p", root, "Point at the map, or move over it with the arrow keys.",
    { role: "status" });
  const pictures = make("div", root, undefined, { class: "map-pictures" });
  const map = make("svg", pictures, undefined, { viewBox: "0 0 360 336", tabindex: 0,
    role: "application", "aria-label": "loss over a plane of parameters" });
  const chart = make("svg", pictures, undefined, { viewBox: "0 0 360 336", role: "img",
    "aria-label": "loss along both paths over forward passes, both logarithmic" });
  const legend = make("p", root, "");
  const depth = (loss) => Math.log10(Math.max(loss, floor));
  const most = Math.max(...Object.values(paths).flatMap(({ passes }) => passes));
  const high = Math.max(...Object.values(views).flatMap(({ loss }) => loss.flat()).map(depth));
  const low = depth(0), share = (loss) => (depth(loss) - low) / (high - low);
  const axis = (svg, x, y, text, anchor = "middle") =>
    make("text", svg, text, { x, y, "text-anchor": anchor });
  const line = (svg, points, [colour, dash], width = 2) => {
    const at = points.map((xy) => xy.map((v) => v.toFixed(1)).join()).join(" ");
    [["#000", width + 2, ""], [colour, width, dash]].forEach(([stroke, size, dashes]) =>
      make("polyline", svg, undefined, { points: at, fill: "none", stroke,
        "stroke-width": size, "stroke-dasharray": dashes }));
  };
  const X = 46, WIDE = 250, HIGH = 280;
  let cell = null;

  const drawMap = (passes) => {
    map.replaceChildren();
    const { loss, span: [left, right, bottom, top] } = views[choice.value];
    const across = (x) => X + (WIDE * (x - left)) / (right - left);
    const down = (y) => 10 + (HIGH * (top - y)) / (top - bottom);
    const n = loss.length, w = WIDE / n, h = HIGH / n;
    loss.forEach((row, r) => row.forEach((value, c) => {
      const at = cell && cell[0] === r && cell[1] === c;
      make("rect", map, undefined, { x: (X + c * w).toFixed(2), y: (10 + (n - 1 - r) * h).toFixed(2),
        width: (w + 0.3).toFixed(2), height: (h + 0.3).toFixed(2), fill: live.colour(share(value)),
        ...(at ? { stroke: "#fff", "stroke-width": 2 } : {}) });
    }));
    const digits = right - left < 2 ? 2 : right - left < 20 ? 1 : 0;
    [0, 0.5, 1].forEach((t) => {
      axis(map, X + t * WIDE, 305, (left + t * (right - left)).toFixed(digits));
      axis(map, X - 4, 294 - t * (HIGH - 8), (bottom + t * (top - bottom)).toFixed(digits), "end");
    });
    axis(map, X + WIDE / 2, 324, "first direction");
    make("text", map, "second direction", { transform: "translate(12 150) rotate(-90)",
      "text-anchor": "middle" });
    for (let k = 0; k < 40; k += 1) {  // the colour bar
      make("rect", map, undefined, { x: 306, y: 10 + (39 - k) * 7, width: 12, height: 7.3,
        fill: live.colour((k + 0.5) / 40) });
    }
    for (let power = Math.ceil(low); power <= high; power += 1) {
      axis(map, 321, 294 - (280 * (power - low)) / (high - low), String(Number(`1e${power}`)), "start");
    }
    axis(map, 312, 305, "nats");
    make("rect", make("clipPath", map, undefined, { id: `${root.id}-clip` }), undefined,
      { x: X, y: 10, width: WIDE, height: HIGH });
    const inside = make("g", map, undefined, { "clip-path": `url(#${root.id}-clip)` });
    Object.values(paths).forEach((path, i) => {
      const way = path.points.slice(0, live.reached(path.passes, passes))
        .map(([x, y]) => [across(x), down(y)]);
      line(inside, way, LOOKS[i]);
      const [x, y] = way[way.length - 1];
      make("circle", inside, undefined, { cx: x, cy: y, r: 5, fill: LOOKS[i][0], stroke: "#000" });
    });
  };

  const drawChart = (passes) => {
    chart.replaceChildren();
    const across = (n) => X + (300 * Math.log10(Math.max(1, n))) / Math.log10(most);
    const down = (loss) => 290 - 280 * share(loss);
    for (let power = 0; 10 ** power <= most; power += 1) {
      axis(chart, across(10 ** power), 305, power < 4 ? String(10 ** power) : `${10 ** (power - 3)}k`);
    }
    for (let power = Math.ceil(low); power <= high; power += 1) {
      const y = down(10 ** power);
      axis(chart, X - 4, y + 4, String(Number(`1e${power}`)), "end");
      make("line", chart, undefined, { x1: X, x2: X + 300, y1: y, y2: y,
        stroke: "currentColor", "stroke-opacity": 0.2 });
    }
    axis(chart, X + 150, 324, "forward passes");
    Object.values(paths).forEach((path, i) => {
      ["projected", "losses"].forEach((which) => {
        const [colour, dash] = LOOKS[i];
        line(chart, path[which].map((loss, k) => [across(path.passes[k]), down(loss)]),
          which === "losses" ? [colour, dash] : [colour, "2 3"], which === "losses" ? 2 : 1);
      });
      const k = live.reached(path.passes, passes) - 1;
      make("circle", chart, undefined, { cx: across(path.passes[k]), cy: down(path.losses[k]),
        r: 5, fill: LOOKS[i][0], stroke: "#000" });
    });
    const x = across(passes);
    make("line", chart, undefined, { x1: x, x2: x, y1: 10, y2: 290, stroke: "currentColor",
      "stroke-dasharray": "2 3" });
  };

  const draw = () => {
    const passes = Math.round(most ** (slider.value / 100));
    shown.textContent = ` ${passes.toLocaleString("en")}`;
    slider.setAttribute("aria-valuetext", `${passes} forward passes`);
    drawMap(passes);
    drawChart(passes);
    legend.textContent = Object.entries(paths).map(([name, path], i) => {
      const k = live.reached(path.passes, passes) - 1;
      return `${name} (${i ? "blue, dashed" : "orange"}): loss ${path.losses[k]}, `
        + `projected ${path.projected[k]}`;
    }).join("; ").concat(". Thin dotted lines: of the projection.");
  };
  const say = (row, column) => {
    const { loss, span: [left, right, bottom, top] } = views[choice.value], n = loss.length;
    const near = (v) => Math.min(n - 1, Math.max(0, v));
    cell = [near(row), near(column)];
    const x = left + ((cell[1] + 0.5) / n) * (right - left);
    const y = bottom + ((cell[0] + 0.5) / n) * (top - bottom);
    said.textContent = `At ${x.toFixed(2)}, ${y.toFixed(2)}: loss ${loss[cell[0]][cell[1]]} nats.`;
    draw();
  };
  map.addEventListener("click", (event) => {
    const box = map.getBoundingClientRect(), scale = 360 / box.width;
    const n = views[choice.value].loss.length;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    say(n - 1 - Math.floor(((y - 10) / HIGH) * n), Math.floor(((x - X) / WIDE) * n));
  });
  map.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    const [row, column] = cell || [Math.floor(views[choice.value].loss.length / 2), 0];
    say(row + by[0], column + by[1]);
  });
  slider.addEventListener("input", draw);
  choice.addEventListener("change", () => {
    cell = null;
    draw();
  });
  draw();
};
