"use strict";
// A transformer that is trained in the page: forward pass, gradients by hand, Adam and a
// pattern search. Matrices lie row by row in a Float64Array; all strings of a batch stand
// below each other, so a matrix of activations is (batch * seq, width).
const trainer = {};

trainer.matrix = (rows, cols, data) => ({ rows, cols, data: data ?? new Float64Array(rows * cols),
  grad: new Float64Array(rows * cols) });

// A seeded random number from 0 to 1 (mulberry32), so that a run can be repeated.
trainer.random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
trainer.normal = (random) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

// Layers: each returns its output, and notes on the tape how gradients flow back ----------

// x W^T + b. Back: to x by W, to W by x, to b as it is.
trainer.linear = (tape, x, weight, bias) => {
  const y = trainer.matrix(x.rows, weight.rows), n = x.cols;
  for (let r = 0; r < x.rows; r += 1) {
    for (let o = 0; o < weight.rows; o += 1) {
      let sum = bias.data[o];
      for (let i = 0; i < n; i += 1) sum += x.data[r * n + i] * weight.data[o * n + i];
      y.data[r * weight.rows + o] = sum;
    }
  }
  tape.push(() => {
    for (let r = 0; r < x.rows; r += 1) {
      for (let o = 0; o < weight.rows; o += 1) {
        const g = y.grad[r * weight.rows + o];
        bias.grad[o] += g;
        for (let i = 0; i < n; i += 1) {
          x.grad[r * n + i] += g * weight.data[o * n + i];
          weight.grad[o * n + i] += g * x.data[r * n + i];
        }
      }
    }
  });
  return y;
};

trainer.add = (tape, a, b) => {
  const y = trainer.matrix(a.rows, a.cols, a.data.map((value, i) => value + b.data[i]));
  tape.push(() => y.grad.forEach((g, i) => {
    a.grad[i] += g;
    b.grad[i] += g;
  }));
  return y;
};

trainer.relu = (tape, x) => {
  const y = trainer.matrix(x.rows, x.cols, x.data.map((value) => Math.max(0, value)));
  tape.push(() => y.grad.forEach((g, i) => { if (x.data[i] > 0) x.grad[i] += g; }));
  return y;
};

// A row of the token table plus a row of the position table.
trainer.embed = (tape, tokens, table, bias, positions) => {
  const seq = tokens[0].length, width = bias.cols;
  const y = trainer.matrix(tokens.length * seq, width);
  const each = (visit) => tokens.forEach((row, b) => row.forEach((token, t) => {
    for (let i = 0; i < width; i += 1) {
      visit((b * seq + t) * width + i, i * table.cols + token, i, t * width + i);
    }
  }));
  each((at, of, i, place) => { y.data[at] = table.data[of] + bias.data[i] + positions.data[place]; });
  tape.push(() => each((at, of, i, place) => {
    table.grad[of] += y.grad[at];
    bias.grad[i] += y.grad[at];
    positions.grad[place] += y.grad[at];
  }));
  return y;
};

// Each row less its mean, over its standard deviation; then a factor and a shift.
trainer.norm = (tape, x, weight, bias) => {
  const n = x.cols, y = trainer.matrix(x.rows, n);
  const hat = new Float64Array(x.rows * n), scale = new Float64Array(x.rows);
  for (let r = 0; r < x.rows; r += 1) {
    const row = x.data.subarray(r * n, (r + 1) * n);
    const mean = row.reduce((a, b) => a + b) / n;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n;
    scale[r] = 1 / Math.sqrt(variance + 1e-5);
    for (let i = 0; i < n; i += 1) {
      hat[r * n + i] = (row[i] - mean) * scale[r];
      y.data[r * n + i] = hat[r * n + i] * weight.data[i] + bias.data[i];
    }
  }
  tape.push(() => {
    for (let r = 0; r < x.rows; r += 1) {
      let sum = 0, along = 0;  // of the gradient, and of its part along the row
      for (let i = 0; i < n; i += 1) {
        const g = y.grad[r * n + i], h = hat[r * n + i];
        weight.grad[i] += g * h;
        bias.grad[i] += g;
        sum += g * weight.data[i];
        along += g * weight.data[i] * h;
      }
      for (let i = 0; i < n; i += 1) {
        const own = y.grad[r * n + i] * weight.data[i];
        x.grad[r * n + i] += scale[r] * (own - sum / n - hat[r * n + i] * along / n);
      }
    }
  });
  return y;
};

// Causal attention, all heads: softmax(q k / sqrt(d_head)) v over keys up to the query.
trainer.attend = (tape, q, k, v, seq, n_heads) => {
  const width = q.cols, d_head = width / n_heads, root = Math.sqrt(d_head);
  const n_strings = q.rows / seq, y = trainer.matrix(q.rows, width);
  const pattern = new Float64Array(n_strings * n_heads * seq * seq);
  const each = (visit) => {
    for (let b = 0; b < n_strings; b += 1) {
      for (let h = 0; h < n_heads; h += 1) {
        for (let t = 0; t < seq; t += 1) {
          visit(((b * n_heads + h) * seq + t) * seq, (b * seq + t) * width + h * d_head, t,
            (s) => (b * seq + s) * width + h * d_head);
        }
      }
    }
  };
  each((p, query, t, key) => {
    let sum = 0;
    for (let s = 0; s <= t; s += 1) {
      let score = 0;
      for (let i = 0; i < d_head; i += 1) score += q.data[query + i] * k.data[key(s) + i];
      pattern[p + s] = Math.exp(score / root);
      sum += pattern[p + s];
    }
    for (let s = 0; s <= t; s += 1) {
      pattern[p + s] /= sum;
      for (let i = 0; i < d_head; i += 1) y.data[query + i] += pattern[p + s] * v.data[key(s) + i];
    }
  });
  tape.push(() => each((p, query, t, key) => {
    const from = new Float64Array(t + 1);  // gradient of each weight of the pattern
    let mean = 0;
    for (let s = 0; s <= t; s += 1) {
      for (let i = 0; i < d_head; i += 1) {
        from[s] += y.grad[query + i] * v.data[key(s) + i];
        v.grad[key(s) + i] += pattern[p + s] * y.grad[query + i];
      }
      mean += pattern[p + s] * from[s];
    }
    for (let s = 0; s <= t; s += 1) {  // through the softmax, to the score
      const g = (pattern[p + s] * (from[s] - mean)) / root;
      for (let i = 0; i < d_head; i += 1) {
        q.grad[query + i] += g * k.data[key(s) + i];
        k.grad[key(s) + i] += g * q.data[query + i];
      }
    }
  }));
  return y;
};

// Mean cross-entropy in nats, and the share of right answers.
trainer.loss = (tape, logits, targets) => {
  const n = logits.cols, shares = new Float64Array(logits.data.length);
  let loss = 0, right = 0;
  targets.forEach((target, r) => {
    const row = logits.data.subarray(r * n, (r + 1) * n), highest = Math.max(...row);
    const sum = row.reduce((total, z) => total + Math.exp(z - highest), 0);
    row.forEach((z, i) => { shares[r * n + i] = Math.exp(z - highest) / sum; });
    loss -= (row[target] - highest - Math.log(sum)) / targets.length;
    right += row.indexOf(highest) === target ? 1 / targets.length : 0;
  });
  tape.push(() => targets.forEach((target, r) => {
    for (let i = 0; i < n; i += 1) {
      logits.grad[r * n + i] += (shares[r * n + i] - (i === target)) / targets.length;
    }
  }));
  return { loss, accuracy: right };
};

// The model -------------------------------------------------------------------------

trainer.SIZES = { d_vocab: 3, seq: 6, d_model: 8, d_mlp: 32, n_layers: 2, n_heads: 4, n_classes: 2 };

// Names and shapes as in the package's CausalTransformer.
trainer.shapes = ({ d_vocab, seq, d_model, d_mlp, n_layers, n_classes }) => {
  const layer = (name, out, into) => [[`${name}.weight`, out, into], [`${name}.bias`, 1, out]];
  const norm = (name) => [[`${name}.weight`, 1, d_model], [`${name}.bias`, 1, d_model]];
  const blocks = Array.from({ length: n_layers }, (_, i) => [
    ...norm(`blocks.${i}.norm_1`),
    ...["W_Q", "W_K", "W_V", "W_O"].flatMap((w) => layer(`blocks.${i}.attention.${w}`, d_model, d_model)),
    ...norm(`blocks.${i}.norm_2`),
    ...layer(`blocks.${i}.mlp.0`, d_mlp, d_model), ...layer(`blocks.${i}.mlp.2`, d_model, d_mlp),
  ]).flat();
  return [...layer("embed", d_model, d_vocab), ["positions.table", seq, d_model], ...blocks,
    ...norm("norm"), ...layer("logits_head", n_classes, d_model)];
};

// First parameters, drawn as the package draws them (from other random numbers).
trainer.init = (sizes, seed) => {
  const random = trainer.random(seed), model = {};
  trainer.shapes(sizes).forEach(([name, rows, cols]) => {
    const p = trainer.matrix(rows, cols), isNorm = /norm/.test(name);
    const bound = 1 / Math.sqrt(name.endsWith("bias") ? model[name.replace("bias", "weight")]?.cols ?? 1 : cols);
    p.data = p.data.map(() => {
      if (isNorm) return name.endsWith("weight") ? 1 : 0;
      if (name === "embed.weight") return trainer.normal(random);
      if (name === "positions.table") return 0.5 * trainer.normal(random);
      return bound * (2 * random() - 1);
    });
    model[name] = p;
  });
  return model;
};

// tokens: an array of strings of token ids; targets: one class for every token, on end.
trainer.measure = (model, sizes, { tokens, targets }, backward = false) => {
  const tape = [], logits = trainer.logits(tape, model, sizes, tokens);
  const found = trainer.loss(tape, logits, targets);
  if (backward) {
    Object.values(model).forEach((p) => p.grad.fill(0));
    tape.reverse().forEach((back) => back());  // from the loss to the parameters
  }
  return found;
};

// The likeliest class after every token of one string.
trainer.answers = (model, sizes, string) => {
  const { data, cols } = trainer.logits([], model, sizes, [string]);
  return string.map((_, t) => {
    const row = data.subarray(t * cols, (t + 1) * cols);
    return row.indexOf(Math.max(...row));
  });
};

trainer.logits = (tape, model, sizes, tokens) => {
  const of = (name) => [model[`${name}.weight`], model[`${name}.bias`]];
  let resid = trainer.embed(tape, tokens, ...of("embed"), model["positions.table"]);
  for (let i = 0; i < sizes.n_layers; i += 1) {
    const block = `blocks.${i}`;
    const normed = trainer.norm(tape, resid, ...of(`${block}.norm_1`));
    const [q, k, v] = ["W_Q", "W_K", "W_V"].map((w) =>
      trainer.linear(tape, normed, ...of(`${block}.attention.${w}`)));
    const mixed = trainer.attend(tape, q, k, v, tokens[0].length, sizes.n_heads);
    resid = trainer.add(tape, resid, trainer.linear(tape, mixed, ...of(`${block}.attention.W_O`)));
    const hidden = trainer.relu(tape, trainer.linear(tape,
      trainer.norm(tape, resid, ...of(`${block}.norm_2`)), ...of(`${block}.mlp.0`)));
    resid = trainer.add(tape, resid, trainer.linear(tape, hidden, ...of(`${block}.mlp.2`)));
  }
  return trainer.linear(tape, trainer.norm(tape, resid, ...of("norm")), ...of("logits_head"));
};

// Methods -----------------------------------------------------------------------------

// Adam (Kingma and Ba, 2015), without weight decay; `step` is one update, two passes.
trainer.Adam = class {
  constructor(model, sizes, lr = 0.01, betas = [0.9, 0.98]) {
    Object.assign(this, { model, sizes, lr, betas, t: 0, passes: 0 });
    this.moments = Object.values(model).map((p) => [0, 1].map(() => new Float64Array(p.data.length)));
  }

  step(batch) {
    const found = trainer.measure(this.model, this.sizes, batch, true);
    this.passes += 2;  // one forward, and a backward that costs about as much
    this.t += 1;
    const [b1, b2] = this.betas;
    Object.values(this.model).forEach((p, n) => {
      const [first, second] = this.moments[n];
      p.grad.forEach((g, i) => {
        first[i] = b1 * first[i] + (1 - b1) * g;
        second[i] = b2 * second[i] + (1 - b2) * g * g;
        const size = Math.sqrt(second[i] / (1 - b2 ** this.t)) + 1e-8;
        p.data[i] -= (this.lr * first[i]) / (1 - b1 ** this.t) / size;
      });
    });
    return found;
  }
};

// Pattern search: move one number up, then down, by the radius; keep what lowers the loss.
// `step` polls one candidate, one pass. After a sweep that kept nothing the radius halves.
trainer.Search = class {
  constructor(model, sizes, radius = 0.1, seed = 0) {
    const random = trainer.random(seed);
    Object.assign(this, { model, sizes, radius, random, passes: 0, best: null, kept: false });
    this.numbers = Object.values(model).flatMap((p) => Array.from(p.data, (_, i) => [p, i]));
    this.sweep();
  }

  sweep() {  // all coordinates in a new order, each with a sign of its own
    this.order = this.numbers.map((number) => [this.random(), number]).sort((a, b) => a[0] - b[0])
      .flatMap(([, number]) => {
        const sign = this.random() < 0.5 ? 1 : -1;
        return [[number, sign], [number, -sign]];
      });
    this.kept = false;
  }

  step(batch) {
    if (this.best === null) {
      this.best = trainer.measure(this.model, this.sizes, batch);
      this.passes += 1;
    }
    const [[p, i], sign] = this.order.shift(), old = p.data[i];
    p.data[i] = old + sign * this.radius;
    const found = trainer.measure(this.model, this.sizes, batch);
    this.passes += 1;
    if (found.loss < this.best.loss) {
      this.best = found;
      this.kept = true;
    } else p.data[i] = old;
    if (this.order.length === 0) {
      if (!this.kept) this.radius /= 2;
      this.sweep();
    }
    return this.best;
  }
};

// Parity: after each bit, is the number of ones so far odd? Token 0 is padding, 1 and 2 are
// the bits. Every string of `seq` bits, of which every eighth is held out.
trainer.parity = (seq) => {
  const sets = { train: { tokens: [], targets: [] }, test: { tokens: [], targets: [] } };
  for (let n = 0; n < 2 ** seq; n += 1) {
    const bits = Array.from({ length: seq }, (_, t) => (n >> (seq - 1 - t)) & 1);
    const set = sets[(n * 2654435761) % 4294967296 < 2 ** 29 ? "test" : "train"];
    set.tokens.push(bits.map((bit) => bit + 1));
    let odd = 0;
    bits.forEach((bit) => set.targets.push((odd ^= bit)));
  }
  return sets;
};
