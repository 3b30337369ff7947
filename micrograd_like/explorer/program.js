// ---- the program: cells hold the inputs, then constants, then what each step computes from cells before it
const inputs = D.inputs || [], start = inputs.map(([, x]) => Number(x)), constants = (D.constants || []).map(Number);
const base = inputs.length + constants.length, steps = unpacked(D.steps || []);
const frozen = new Map((D.frozen || []).map(([k, x]) => [k, Number(x)]));

function unpacked(flat) { // each step: its operation, and how much its inputs lie behind those of the last such step
  const last = O.map(o => Array(o.n).fill(0)), all = [];
  for (let p = 0; p < flat.length;) {
    const k = flat[p++];
    last[k] = last[k].map(at => at + flat[p++]);
    all.push([O[k], last[k]]);
  }
  return all;
}
function forward(given) {
  const X = [...given, ...constants];
  for (const [o, at] of steps) X.push(o.f ? Number(o.f(...at.map(i => X[i]))) : frozen.get(X.length));
  for (const [q, [k, at, answer, text]] of (D.questions || []).entries()) {
    const now = O[k].f(...at.map(i => X[i]));
    if (now !== answer) return {X, other: {q, text, answer, now}};
  }
  return {X};
}
function shares(X, k, g) { // what the inputs of a step receive, when g arrives at its value: its rule
  const [o, at] = steps[k - base], x = at.map(i => X[i]);
  let asked;
  for (const way of o.b) {
    const answer = way(x, X[k], g);
    if (typeof answer !== "number") return answer;
    asked ??= o.q[answer];
  }
  return {text: asked[0].replace(/[\ue000-\uf8ff]/g, c => called(at[c.charCodeAt(0) - 0xe000] ?? k, X)), answer: asked[1]};
}
function backward(X) { // the chain rule
  const G = [];
  G[D.output] = 1;
  for (let k = D.output; k >= base; k--) {
    if (G[k] === undefined) continue;
    const s = shares(X, k, G[k]);
    if (!Array.isArray(s)) return {G, other: s};
    steps[k - base][1].forEach((i, j) => { if (s[j] !== null) G[i] = G[i] === undefined ? s[j] : G[i] + s[j] });
  }
  return {G};
}
function run(given) {
  const {X, other} = forward(given);
  return other ? {X, G: [], other} : {X, ...backward(X)};
}
function called(cell, X) { const n = N?.find(n => n.cell === cell && n.name); return n ? n.name : inputs[cell]?.[0] ?? num(X[cell]) }
let X = [], G = [], largest = 1, cache = new Map();
function take(numbers) { // what the page shows from now on
  ({X, G} = numbers);
  cache = new Map();
  largest = G.reduce((most, g, k) => k === D.output || (k >= inputs.length && k < base) || !isFinite(g) ? most : Math.max(most, Math.abs(g)), 0) || 1;
}
function arrived(k, g) { // at the inputs of a cell
  const key = k + (g === 1 ? ":" : "");
  if (!cache.has(key)) { const s = g === undefined || k < base ? [] : shares(X, k, g); cache.set(key, Array.isArray(s) ? s : []) }
  return cache.get(key);
}
