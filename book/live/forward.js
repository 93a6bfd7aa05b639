"use strict";
// Trained models in a page: the forward pass in plain JavaScript, and an input to play with.
// A matrix is an array of rows; a sequence has a row a position, as (seq, d_model).
const live = {};

// Arithmetic ------------------------------------------------------------------------

live.dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
live.add = (a, b) => a.map((x, i) => x + b[i]);
live.scale = (a, by) => a.map((x) => x * by);
live.relu = (row) => row.map((x) => Math.max(0, x));
live.argmax = (row) => row.indexOf(Math.max(...row));

// nn.Linear: weight is (out, in).
live.linear = (row, weight, bias) => weight.map((w, i) => live.dot(w, row) + bias[i]);

live.softmax = (scores) => {
  const highest = Math.max(...scores);  // less it, no number grows too large
  const exps = scores.map((s) => Math.exp(s - highest));
  const sum = exps.reduce((a, b) => a + b);
  return exps.map((e) => e / sum);
};

// nn.LayerNorm: less its mean, over its standard deviation; then a factor and a shift.
live.norm = (row, weight, bias) => {
  const mean = row.reduce((a, b) => a + b) / row.length;
  const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
  return row.map((x, i) => ((x - mean) / Math.sqrt(variance + 1e-5)) * weight[i] + bias[i]);
};

// The mean over positions that are no padding.
live.mean = (rows, mask) => {
  const kept = rows.filter((_, t) => mask[t]);
  return live.scale(kept.reduce(live.add), 1 / kept.length);
};

// Weighted sum of rows.
live.mix = (weights, rows) =>
  rows[0].map((_, i) => rows.reduce((sum, row, t) => sum + weights[t] * row[i], 0));

// Positions: what each scheme adds to embeddings, does to heads, adds to scores ---------

live.angle = (position, pair, pairs) => position * 10000 ** (-pair / pairs);

live.embedded = (x, model) => {
  const { scheme, n_ctx } = model.positions, table = model["positions.table"];
  const width = x[0].length, pairs = Math.ceil(width / 2);
  return x.map((row, t) => {
    if (scheme === "Absolute") {
      return live.add(row, live.scale(model["positions.weight"], t / n_ctx));
    }
    if (scheme === "Learned" || scheme === "RandomOffset") return live.add(row, table[t]);
    if (scheme === "Randomised") return live.add(row, table[2 * t]);
    if (["Clipped", "Anchored", "Windowed"].includes(scheme)) {
      return live.add(row, table[Math.min(t, table.length - 1)]);
    }
    if (scheme === "Sinusoidal") {
      return row.map((value, i) => {
        const angle = live.angle(t, Math.floor(i / 2), pairs);
        return value + (i % 2 ? Math.cos(angle) : Math.sin(angle));
      });
    }
    return row;
  });
};

live.rotated = (row, t, model) => {
  if (model.positions.scheme !== "Rotary") return row;
  const half = row.length / 2;
  return row.map((value, i) => {
    const angle = live.angle(t, i % half, half);
    const other = i < half ? -row[i + half] : row[i - half];
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
};

live.bias = (model, head, query, key) => {
  const { scheme, n_ctx } = model.positions, table = model["positions.table"];
  if (scheme === "Relative") return table[head][key - query + n_ctx - 1];
  if (scheme === "Alibi") {  // for other numbers of heads than powers of two: see the package
    const n = 2 ** Math.floor(Math.log2(model.n_heads));
    const power = head < n ? (-8 * (head + 1)) / n : (-4 * (2 * (head - n) + 1)) / n;
    return -(2 ** power) * Math.abs(key - query);
  }
  if (scheme === "Windowed") return query - key >= 8 && key >= 4 ? -Infinity : 0;
  if (scheme === "Anchored") {
    const weights = model["positions.weight"][head];
    return key < weights.length ? weights[key] * Math.log(query + 1) : 0;
  }
  return 0;
};

// Models: each returns its logits, and the patterns of its attention by layer and head --

// softmax(queries keys / sqrt(d_head) + bias) values, head by head, then W_O.
live.attention = (model, name, x, mask, off) => {
  const part = (which) =>
    x.map((row) => live.linear(row, model[`${name}.${which}.weight`], model[`${name}.${which}.bias`]));
  const [queries, keys, values] = ["W_Q", "W_K", "W_V"].map(part);
  const d_head = x[0].length / model.n_heads, patterns = [];
  const mixed = x.map(() => []);
  for (let head = 0; head < model.n_heads; head += 1) {
    const own = (rows) => rows.map((row) => row.slice(head * d_head, (head + 1) * d_head));
    const q = own(queries).map((row, t) => live.rotated(row, t, model));
    const k = own(keys).map((row, t) => live.rotated(row, t, model));
    const v = own(values);
    const pattern = q.map((query, i) => live.softmax(k.map((key, j) => {
      if (!mask[j] || (model.causal && j > i)) return -Infinity;
      return live.dot(query, key) / Math.sqrt(d_head) + live.bias(model, head, i, j);
    })));
    patterns.push(pattern);
    const silent = off.has(`${name} ${head}`);  // a head that is switched off says zero
    pattern.forEach((weights, t) => {
      const found = live.mix(weights, v);
      mixed[t].push(...(silent ? found.map(() => 0) : found));
    });
  }
  const out = mixed.map((row) => live.linear(row, model[`${name}.W_O.weight`], model[`${name}.W_O.bias`]));
  return { out, patterns };
};

live.kinds = {
  LogisticRegression: (model, x) => ({
    logits: live.linear(x.flat(), model["linear.weight"], model["linear.bias"]),
    patterns: {},
  }),

  TemporalPooling: (model, x, mask) => {
    const hidden = x.map((row) => live.relu(
      live.linear(row, model["project.weight"], model["project.bias"])));
    const kept = hidden.filter((_, t) => mask[t]), pooled = [];
    if (model.pool !== "max") pooled.push(...live.mean(hidden, mask));
    if (model.pool !== "mean") {
      pooled.push(...kept.reduce((a, b) => a.map((v, i) => Math.max(v, b[i]))));
    }
    return { logits: live.linear(pooled, model["logits_head.weight"], model["logits_head.bias"]),
      patterns: {} };
  },

  AttentionPooling: (model, x, mask) => {
    const scores = x.map((row, t) => {
      if (!mask[t]) return -Infinity;
      const key = live.linear(row, model["W_K.weight"], model["W_K.bias"]);
      return model.scores === "additive"
        ? live.dot(key.map(Math.tanh), model.query)
        : live.dot(key, model.query) / Math.sqrt(key.length);
    });
    const weights = live.softmax(scores);
    const values = x.map((row) => live.linear(row, model["W_V.weight"], model["W_V.bias"]));
    return {
      logits: live.linear(live.mix(weights, values), model["logits_head.weight"],
        model["logits_head.bias"]),
      patterns: { weights: [[weights]] },
    };
  },

  SelfAttention: (model, x, mask, off) => {
    const resid = live.embedded(
      x.map((row) => live.linear(row, model["embed.weight"], model["embed.bias"])), model);
    const { out, patterns } = live.attention(model, "attention", resid, mask, off);
    const hidden = resid.map((row, t) => live.relu(live.add(row, out[t])));
    return {
      logits: live.linear(live.mean(hidden, mask), model["logits_head.weight"],
        model["logits_head.bias"]),
      patterns: { attention: patterns },
    };
  },

  Transformer: (model, x, mask, off) => {
    let resid = live.embedded(
      x.map((row) => live.linear(row, model["embed.weight"], model["embed.bias"])), model);
    const found = {};
    const normed = (name) =>
      resid.map((row) => live.norm(row, model[`${name}.weight`], model[`${name}.bias`]));
    for (let layer = 0; layer < model.n_layers; layer += 1) {
      const block = `blocks.${layer}`, name = `${block}.attention`;
      const { out, patterns } = live.attention(model, name, normed(`${block}.norm_1`), mask, off);
      found[name] = patterns;
      resid = resid.map((row, t) => live.add(row, out[t]));
      const hidden = normed(`${block}.norm_2`).map((row) => live.relu(
        live.linear(row, model[`${block}.mlp.0.weight`], model[`${block}.mlp.0.bias`])));
      if (!off.has(`${block}.mlp`)) {
        resid = resid.map((row, t) => live.add(row, live.linear(
          hidden[t], model[`${block}.mlp.2.weight`], model[`${block}.mlp.2.bias`])));
      }
    }
    resid = normed("norm");
    const head = (row) => live.linear(row, model["logits_head.weight"], model["logits_head.bias"]);
    const read = model.read === "first" ? resid[0] : live.mean(resid, mask);
    return { logits: model.per_position ? resid.map(head) : head(read), patterns: found };
  },
};

// An input of numbers, (seq, d_input), or of token ids, (seq), to logits and patterns.
// off: names of what is switched off, "blocks.0.attention 2" for a head.
live.forward = (model, input, off = new Set()) => {
  const tokens = model.d_vocab !== null;
  const x = tokens
    ? input.map((id) => Array.from({ length: model.d_vocab }, (_, i) => (i === id ? 1 : 0)))
    : input;
  const mask = input.map((id) => !tokens || model.pad === null || id !== model.pad);
  return live.kinds[model.kind](model, x, mask, off);
};

// Weights travel as the bytes of float16 numbers, in base64: a sign, five bits of an
// exponent, ten of a fraction. The smallest numbers have no leading one.
live.half = (bits) => {
  const exponent = (bits >> 10) & 31, fraction = (bits & 1023) / 1024;
  const size = exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction;
  return bits >> 15 ? -size : size;
};
live.unpack = (packed) => {
  const nested = (data, shape, start = 0) => {
    if (shape.length === 0) return data[start];
    if (shape.length === 1) return Array.from(data.subarray(start, start + shape[0]));
    const size = shape.slice(1).reduce((a, b) => a * b);
    return Array.from({ length: shape[0] }, (_, i) => nested(data, shape.slice(1), start + i * size));
  };
  const model = { ...packed, weights: undefined };
  Object.entries(packed.weights).forEach(([name, { shape, bytes }]) => {
    const raw = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
    model[name] = nested(Float64Array.from(new Uint16Array(raw.buffer), live.half), shape);
  });
  return model;
};

// Tasks: the rule that a model should have found; null where it leaves the answer open ---

live.only = (values) => {  // the position of the greatest, if there is one
  const top = Math.max(...values);
  return values.filter((v) => v === top).length > 1 ? null : values.indexOf(top);
};
live.signal = (input) => input.map((features) => features.reduce((a, b) => a + b));
live.slope = (s) => live.dot(s, s.map((_, t) => t - (s.length - 1) / 2));
live.side = (x) => (x === 0 ? null : Number(x > 0));

live.rules = {
  last_gt_first: (input) => {
    const s = live.signal(input);
    return live.side(s[s.length - 1] - s[0]);
  },
  trend_sign: (input) => live.side(live.slope(live.signal(input))),
  xor_of_endpoints: (input) => {
    const s = live.signal(input);
    return live.side(-s[0] * s[s.length - 1]);
  },
  has_pos_and_neg: (input) => {
    const s = live.signal(input);
    return Number(Math.max(...s) > 0 && Math.min(...s) < 0);
  },
  any_positive: (input) => Number(Math.max(...live.signal(input)) > 0),
  sign_of_winner: (input) => {
    const s = live.signal(input);
    return live.side(Math.max(...s) + Math.min(...s));
  },
  argmax_position: (input) => live.only(live.signal(input)),
  sign_changes_mod_3: (input) => {
    const s = live.signal(input);
    if (s.includes(0)) return null;
    return s.slice(1).filter((b, t) => b * s[t] < 0).length % 3;
  },
  value_at_max_key: (input) => {
    const best = live.only(input.map((row) => row[0]));
    return best === null ? null : live.only(input[best].slice(1));
  },
  // The question's features: 1, the key that is asked for, no value.
  value_at_query: (input, _, task) => {
    const n_values = task.labels.length, d_key = input[0].length - 1 - n_values;
    const asked = input.find((row) => row[0] === 1).slice(1, 1 + d_key);
    const match = input.map((row) =>
      (row[0] === 1 ? -9 : live.dot(asked, row.slice(1, 1 + d_key))));
    const [best, second] = [...match].sort((a, b) => b - a);
    if (best - second < 0.2) return null;
    return live.only(input[match.indexOf(best)].slice(1 + d_key));
  },
  sum_mod_10: (_, text) => {
    if (!/^\d(\+\d)*$/.test(text)) return null;
    return text.split("+").reduce((sum, term) => sum + Number(term), 0) % 10;
  },
  selection: (_, text) => {
    const match = /^(First|Second|Last|Max|Min)\((\d+(?:,\d+)+)\)$/.exec(text.replace(/\s/g, ""));
    if (!match) return null;
    const n = match[2].split(",").map(Number);
    return { First: n[0], Second: n[1], Last: n[n.length - 1], Max: Math.max(...n),
      Min: Math.min(...n) }[match[1]];
  },
};
