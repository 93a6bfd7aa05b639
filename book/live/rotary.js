"use strict";
// The rotary dial: a query and a key, each turned by its position times an angle. Whoever
// moves both by as much finds their dot product unchanged: it sees the distance only.
const rotary = {};

rotary.turn = ([x, y], by) => [
  x * Math.cos(by) - y * Math.sin(by), x * Math.sin(by) + y * Math.cos(by)];
rotary.dot = ([a, b], [c, d]) => a * c + b * d;
rotary.radians = (degrees) => (degrees * Math.PI) / 180;

// The product of the query at position t and the key at position s; the angle in degrees.
rotary.product = ({ query, key }, t, s, angle) => {
  const turned = (vector, position) => rotary.turn(vector, rotary.radians(position * angle));
  return rotary.dot(turned(query, t), turned(key, s));
};

// What has been found among noted pairs: [the same distance twice, two distances].
rotary.solved = (noted) => {
  const found = [false, false];
  noted.forEach((a, i) => noted.slice(0, i).forEach((b) => {
    if (a.angle !== b.angle || Math.abs(a.product - b.product) > 1e-9) return;
    if (a.s - a.t !== b.s - b.t) found[1] = found[1] || a.angle > 0;
    else if (a.t !== b.t) found[0] = found[0] || a.angle > 0;
  }));
  return found;
};

rotary.CHALLENGES = [
  "Note two pairs of positions at the same distance: are the products the same?",
  "Note two pairs at different distances that this one angle cannot tell apart.",
];

rotary.make = (tag, parent, text, attributes = {}) => {
  const svg = ["svg", "line", "circle", "text", "polyline"].includes(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  parent.append(made);
  return made;
};

rotary.KEY = "#d55e00";  // the query has the colour of the text: light or dark

// Both vectors: thin as given, thick as turned.
rotary.drawDial = (svg, data, t, s, angle) => {
  svg.replaceChildren();
  rotary.make("circle", svg, undefined, { r: 100, fill: "none", stroke: "#8888" });
  const arrow = (vector, name, position, style) => {
    rotary.make("line", svg, undefined, { x2: 100 * vector[0], y2: -100 * vector[1],
      "stroke-width": 1, opacity: 0.6, ...style });
    const [x, y] = rotary.turn(vector, rotary.radians(position * angle));
    rotary.make("line", svg, undefined, { x2: 100 * x, y2: -100 * y, "stroke-width": 4, ...style });
    rotary.make("circle", svg, undefined, { cx: 100 * x, cy: -100 * y, r: 6, fill: style.stroke });
    rotary.make("text", svg, `${name} at ${position}`, { x: 120 * x, y: 6 - 120 * y,
      "text-anchor": x < -0.3 ? "end" : x > 0.3 ? "start" : "middle",
      fill: "currentColor", "font-size": 15 });
  };
  arrow(data.query, "query", t, { stroke: "currentColor" });
  arrow(data.key, "key", s, { stroke: rotary.KEY, "stroke-dasharray": "9 4" });
};

// The product at every distance, and where the two positions are on it.
rotary.drawCurve = (svg, data, t, s, angle) => {
  svg.replaceChildren();
  const last = data.last, ink = { fill: "currentColor", "font-size": 15 };
  const at = (distance) => {
    const product = rotary.product(data, 0, distance, angle);
    return [170 + (145 * distance) / last, 105 - 75 * product];
  };
  rotary.make("line", svg, undefined, { x1: 25, x2: 315, y1: 105, y2: 105, stroke: "#8888" });
  rotary.make("line", svg, undefined, { x1: 170, x2: 170, y1: 25, y2: 185, stroke: "#8888" });
  const fine = Array.from({ length: 40 * last + 1 }, (_, i) => at(i / 20 - last).join());
  rotary.make("polyline", svg, undefined, { points: fine.join(" "), fill: "none",
    stroke: "currentColor", opacity: 0.6 });
  for (let distance = -last; distance <= last; distance += 1) {
    const [cx, cy] = at(distance), here = distance === s - t;
    rotary.make("circle", svg, undefined, { cx, cy, r: here ? 7 : 2.5,
      fill: here ? rotary.KEY : "currentColor" });
  }
  [-last, 0, last].forEach((distance) => rotary.make("text", svg, distance,
    { x: at(distance)[0], y: 208, "text-anchor": "middle", ...ink }));
  rotary.make("text", svg, "key's position less the query's", { x: 170, y: 228,
    "text-anchor": "middle", ...ink });
  rotary.make("text", svg, "1", { x: 160, y: 35, "text-anchor": "end", ...ink });
  rotary.make("text", svg, "dot product", { x: 178, y: 18, ...ink });
};

rotary.dial = (root, data) => {
  root.replaceChildren();
  const noted = [], controls = rotary.make("div", root), inputs = {};
  const slider = (name, says, max, step, value) => {
    const line = rotary.make("label", controls, `${says} `, { class: "rotary-line" });
    inputs[name] = rotary.make("input", line, undefined, { type: "range", min: 0, max, step });
    inputs[name].value = value;
    const told = rotary.make("output", line);
    inputs[name].addEventListener("input", () => draw());
    return told;
  };
  const tell = {
    t: slider("t", "position of the query", data.last, 1, data.t),
    s: slider("s", "position of the key", data.last, 1, data.s),
    angle: slider("angle", "angle for each position", 180, 5, data.angle),
  };
  const pictures = rotary.make("div", root, undefined, { class: "rotary-pictures" });
  const picture = (box, says) => rotary.make("svg", pictures, undefined,
    { viewBox: box, role: "img", "aria-label": says });
  const dial = picture("-190 -140 380 280", "query and key, each turned by its position");
  const curve = picture("0 0 340 236", "dot product of query and key at every distance");
  const said = rotary.make("p", root, "", { role: "status" });
  const note = rotary.make("button", root, "note this pair", { type: "button" });
  const table = rotary.make("table", root);
  const list = rotary.make("ul", root, undefined, { class: "rotary-challenges" });
  const goals = rotary.CHALLENGES.map((goal) => rotary.make("li", list, goal));

  const now = () => {
    const [t, s, angle] = ["t", "s", "angle"].map((name) => Number(inputs[name].value));
    return { t, s, angle, product: rotary.product(data, t, s, angle) };
  };
  const draw = () => {
    const { t, s, angle, product } = now();
    tell.t.textContent = t;
    tell.s.textContent = s;
    tell.angle.textContent = `${angle}° (${rotary.radians(angle).toFixed(2)})`;
    rotary.drawDial(dial, data, t, s, angle);
    rotary.drawCurve(curve, data, t, s, angle);
    said.textContent = `query turned by ${t * angle}°, key by ${s * angle}°; `
      + `distance ${s - t}; dot product ${product.toFixed(4)}`;
  };
  note.addEventListener("click", () => {
    const pair = now();
    if (!noted.length) {
      const head = rotary.make("tr", table);
      ["query at", "key at", "angle", "distance", "dot product"].forEach((name) =>
        rotary.make("th", head, name, { scope: "col" }));
    }
    const row = rotary.make("tr", table);
    [pair.t, pair.s, `${pair.angle}°`, pair.s - pair.t, pair.product.toFixed(4)].forEach(
      (value) => rotary.make("td", row, value));
    noted.push(pair);
    rotary.solved(noted).forEach((done, i) => {
      goals[i].textContent = rotary.CHALLENGES[i] + (done ? " Solved." : "");
    });
  });
  draw();
};
