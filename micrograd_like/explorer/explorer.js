// Above stand F, the functions of the table, and O, its operations: n inputs, the value f, the ways b of the rule, and
// what these ask, q. In the page stand the data of the computation and the drawings, as JSON.
(async () => {
const $ = (s, e = document) => e.querySelector(s), $$ = (s, e = document) => [...e.querySelectorAll(s)];
let chosenTheme = false; // by the reader
addEventListener("message", e => { // a notebook tells the colour of its text: where that is light, it is dark
  const colour = e.data?.micrograd_like;
  if (e.source !== parent || parent === self || typeof colour !== "string" || chosenTheme) return;
  const pen = document.createElement("canvas").getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [r, g, b] = pen.getImageData(0, 0, 1, 1).data;
  document.documentElement.dataset.theme = r + g + b > 382 ? "dark" : "light";
});
const D = await read("data"), drawings = [$("#graph").innerHTML, ...await read("drawings")];
const app = $("#app"), R = D.root, key = $("#key").innerHTML;

async function read(id) { // a string is JSON that was compressed
  const data = JSON.parse(document.getElementById(id).textContent);
  if (typeof data !== "string") return data;
  const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

// places of cells come as differences, and so do the names v1, v2, …
const added = numbers => numbers.map((sum => x => sum += x)(0));
for (const picture of D.pictures) {
  const columns = Object.entries(picture.nodes), row = i => columns.map(([key, all]) => [key, all[i]]).filter(([, x]) => x !== null);
  const nodes = picture.nodes = picture.nodes.cell.map((_, i) => Object.fromEntries(row(i)));
  const counted = nodes.filter(n => typeof n.name === "number");
  added(nodes.map(n => n.cell)).forEach((cell, i) => nodes[i].cell = cell);
  added(counted.map(n => n.name)).forEach((k, i) => counted[i].name = "v" + k);
  for (const n of nodes) if (n.cells) n.cells = added(n.cells);
}

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

// ---- words
const esc = s => String(s).replace(/[&<>"]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}[c]));
const V = s => `<b class="f">${esc(s)}</b>`, B = s => `<b class="b">${esc(s)}</b>`;
const WIDE = innerWidth < 500 ? 28 : 60; // characters of a formula in a fraction, which does not break
const cut = (s, most) => s.length > most ? s.slice(0, most - 1) + "…" + (s.endsWith("\u2069") ? "\u2069" : "") : s;
const part = s => `<mrow><mo>∂</mo><mtext>${esc(cut(s, WIDE))}</mtext></mrow>`;
const Fr = (a, b) => `<math><mfrac>${part(a)}${part(b)}</mfrac></math>`; // which screen readers read as a fraction
const cls = (e, c, on) => e && e.classList.toggle(c, !!on);
function num(x) { // as Python's labels
  if (x !== x) return "nan";
  if (!isFinite(x)) return x > 0 ? "∞" : "-∞";
  const a = Math.abs(x);
  if (!a) return "0";
  if ((a >= 1e-4 && a < 1e6) || (a < 1e9 && Number.isInteger(x))) return a >= 99999.5 ? x.toFixed(0) : String(+x.toPrecision(5));
  const [m, e] = x.toExponential(3).split("e");
  return +m + "e" + +e;
}
const signed = x => (x < 0 ? "− " : "+ ") + num(Math.abs(x)), says = x => x === true ? "yes" : x === false ? "no" : num(x);
const grouped = n => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");

// ---- a picture: P, its nodes N, the arrows A that lead to each, the steps S
let p = 0, P, N, A, S, root, first, into, when, known, inputOf, svg, prefix = "", Z;
const g = id => svg && document.getElementById(prefix + id);
const value = i => X[N[i].cell], slope = i => G[N[i].cell] ?? 0;
const isGroup = n => !!n.kind && n.kind !== "sum";
const elements = n => n.mark ? [n.mark] : ["l", "o", "w"].map(c => c + n.i);
function hottest(n) { return n.cells.filter(k => k !== D.output).reduce((most, k) => { const a = Math.abs(G[k] ?? 0); return a > most || a !== a ? a : most }, 0) }
function open(k, step) {
  p = k;
  P = D.pictures[p];
  N = P.nodes;
  if (P.folded) for (const [i, n] of N.entries()) n.mark = isGroup(n) ? "fold" + i : (n.op || n.kind ? "o" : "l") + n.i;
  root = P.root;
  A = N.map((n, i) => n.arrows.map(([v, k, rule, d, s]) => ({v, k, rule,
    d: () => d === undefined ? arrived(n.cell, 1)[k] ?? 0 : Number(d),
    s: () => s === undefined ? arrived(n.cell, G[n.cell])[k] ?? 0 : Number(s)})));
  known = N.map(n => !n.op && n.kind !== "scope" && n.kind !== "sum");
  inputOf = inputs.map((x, j) => N.findIndex(n => !n.op && !n.kind && n.cell === j));
  order();
  draw();
  table();
  paint();
  crumbs();
  listInputs();
  show(step, 1);
  plot();
}
function order() {
  S = [{k: "in"}];
  N.forEach((n, i) => { if (!known[i]) S.push({k: "f", i}) });
  first = S.length;
  S.push({k: "seed"});
  for (let i = N.length - 1; i >= 0; i--)
    if (!P.folded) A[i].forEach((a, j) => S.push({k: "b", i, j}));
    else if (A[i].length && !known[i]) S.push({k: "g", i});
  S.push({k: "end"});
  into = N.map(() => []);
  when = N.map(() => 0);
  S.forEach((s, q) => {
    if (s.k === "f") when[s.i] = q;
    if (s.k === "b" || s.k === "g") for (const a of s.k === "b" ? [A[s.i][s.j]] : A[s.i]) { a.at = q; into[a.v].push([q, a]) }
  });
  $("#slide").max = S.length - 1;
}
function draw() { // the drawing, with the names of this picture, its elements marked with the places of the nodes
  const graph = $("#graph");
  graph.innerHTML = drawings[P.drawing] || "";
  cls(graph, "folded", P.folded);
  $("#key").innerHTML = P.folded ? `<span class="b">the warmer, the larger the <b>derivative</b></span>` : key;
  svg = $("svg", graph);
  const out = svg && $('[id$="-out"]', svg);
  for (const n of N) n.t = {};
  prefix = out ? out.id.slice(0, -3) : "";
  if (!svg) { $("#zoom").hidden = true; return }
  svg.setAttribute("aria-label", "Computational graph of " + P.title);
  N.forEach((n, i) => {
    for (const id of elements(n)) if (g(id)) g(id).dataset.v = i;
    if (P.again) rename(n, i);
    if (n.mark) $$("polygon,path,ellipse", g(n.mark)).forEach(e => { if (D.heat.includes(e.getAttribute("fill"))) n.heat = e });
    else if (g("w" + n.i)) n.t = numbersIn(g("w" + n.i));
    A[i].forEach(a => {
      if (P.folded) { a.e = g(`e${a.v}_${i}`); if (a.e) $("path", a.e).removeAttribute("stroke-width"); return }
      const name = N[a.v].i + "_" + n.i + "_" + a.k;
      [a.e, a.f, a.g] = ["e", "f", "g"].map(c => g(c + name));
      a.t = a.g ? numbersIn(a.g).d : null;
    });
    if (n.opens) cls(g(n.mark), "opens", 1);
  });
  if (g("out")) g("out").dataset.v = root;
  svg.insertAdjacentHTML("afterbegin", `<defs><marker id="bk" viewBox="0 0 10 10" refX="1" refY="5" markerWidth="11" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 5 10 .8v8.4z" style="fill:var(--derivative);stroke:none"/></marker></defs>`);
  Z = view();
}
function rename(n, i) { // the drawing was made for a picture of the same shape
  const texts = n.mark ? [[n.mark, n.text]] : [["l" + n.i, [n.name]], ["o" + n.i, [n.op]]];
  for (const [id, lines] of texts) if (g(id)) $$("text", g(id)).forEach((t, k) => t.textContent = lines[k] ?? "");
  const inner = g("w" + n.i) && $$("text", g("w" + n.i)).find(t => t.getAttribute("fill") === D.fill[2] && t.textContent.trim());
  if (inner) inner.textContent = n.name;
  if (i === root && !P.folded && g("out")) $("text", g("out")).textContent = n.name;
}
function middle(w) {
  let best = [0, 0];
  $$("polygon,polyline", w).forEach(e => {
    const x = e.getAttribute("points").trim().split(/[ ,]+/).map(Number).filter((_, i) => i % 2 === 0);
    const [a, b] = [Math.min(...x), Math.max(...x)];
    if (b - a > best[1] - best[0]) best = [a, b];
  });
  return (best[0] + best[1]) / 2;
}
function numbersIn(w) { // the texts of a value and its derivative, made to stay in the middle whatever they say
  const found = {}, x = middle(w);
  $$("text", w).forEach(t => {
    const colour = t.getAttribute("fill"), k = D.fill.indexOf(colour);
    if (k < 0 || k > 1 || !t.textContent.trim()) return;
    t.classList.add(k ? "bv" : "fv");
    found[k ? "d" : "v"] = t;
    t.setAttribute("text-anchor", "middle");
    t.setAttribute("x", x);
  });
  $$("polygon", w).forEach(e => e.classList.add("track"));
  return found;
}
function crumbs() { // from the whole to this picture
  const way = [];
  for (let k = p; k !== null; k = D.pictures[k].above) way.unshift(k);
  const nav = $("#crumbs");
  nav.hidden = D.pictures.length < 2;
  const scopes = N.filter(n => n.kind === "scope").length, opens = N.filter(n => n.opens).length;
  const look = opens ? ` · click a folded scope to look inside${opens < scopes ? ` (the ${opens} hottest of ${scopes} open)` : ""}` : "";
  nav.innerHTML = way.map(k => k === p ? `<b>${esc(D.pictures[k].title)}</b>` : `<button type="button" data-p="${k}">${esc(D.pictures[k].title)}</button>`).join(" › ")
    + ` <span>${p ? "" : `${grouped(D.values)} values`}${look}</span>`;
  $("#left").hidden = !P.left;
  if (P.left) $("#left").textContent = `The picture shows what is nearest to ${N[root].name}; ${grouped(P.left)} more values lie behind it. ${inputs.length ? "All of them are computed when an input changes." : ""}`;
}
$("#crumbs").addEventListener("click", e => { const b = e.target.closest("[data-p]"); if (b) go(D.pictures[b.dataset.p].step ?? 0, +b.dataset.p) });

// ---- the steps in words
function sum(v, upto) { // what has come back to a value so far
  const back = upto >= first, end = upto >= S.length - 1;
  let t = 0, k = 0;
  for (const [q, a] of into[v]) if (q <= upto) { t += P.folded ? 0 : a.s(); k++ }
  const all = end || (back && k === (P.folded || !into[v].length ? into[v].length : N[v].uses ?? 1));
  return {t: all && back ? slope(v) : t, k, all};
}
const has = i => { const s = sum(i, seen); return seen >= first && (s.all || (s.k > 0 && !P.folded)) };
const secret = i => asks && !P.folded && !has(i); // not shown until it is answered
function filled(i, text, word) { // a text with words in the gaps, one for each input and, last, one for the value
  return text.replace(/[\ue000-\uf8ff]/g, c => {
    const k = c.charCodeAt(0) - 0xe000, a = A[i].find(a => a.k === k), t = a ? word(a.v, k) : A[i].some(a => a.k > k) ? "…" : word(i);
    return t[0] === "-" && /[-−+×÷^%⁰-⁹¹²³⁻]|\/\//.test(text) ? `(${t})` : t;
  });
}
const taken = (cell, k) => steps.length ? num(X[steps[cell - base][1][k]]) : "…"; // what a value takes out of a group
const named = i => isGroup(N[i]) ? `[${N[i].name}]` : N[i].name, how = i => filled(i, N[i].how, named);
function local(i) { // an operation's own derivative is of its formula: that of the whole value may come along other ways too
  const text = how(i);
  return text.length > WIDE - 2 ? N[i].name : N[i].sign ? `(${text})` : text;
}
const counted = n => `${grouped(n.count)} ${n.kind === "inputs" ? "inputs" : "values"}`;
const opener = n => n.opens ? ` <button type="button" data-p="${n.opens}">Open ${esc(n.name)}</button>` : "";
const list = (names, most = 4) => names.slice(0, most).map(esc).join(", ") + (names.length > most ? ` and ${names.length - most} more` : "");
const moves = (name, d) => `${esc(name)} + 1 &nbsp;→&nbsp; ${esc(R)} <b class="b">${signed(d)}</b>`;
function because(shown, most = 3) { // what why() says of values whose derivative is 0, nan, infinite or one-sided
  const all = new Map(); // the derivatives that have the same reason
  for (const [symbol, ...lines] of new Set(shown.map(i => D.reasons[N[i].cell]).filter(Boolean))) all.set(lines.join("\n"), [...all.get(lines.join("\n")) ?? [], symbol]);
  const moved = held.some((x, j) => !Object.is(x, start[j])) ? `<p class="why">With the numbers of the start, before an input was changed:</p>` : "";
  return [...all].slice(0, most).map(([text, symbols]) => [symbols, ...text.split("\n")]).map(([symbols, head, ...lines]) =>
    `<div class="reason">${moved}<p><b>${list(symbols)} ${esc(head)}</b></p>${lines.map(line => `<p>${esc(line)}</p>`).join("")}</div>`).join("");
}
const words = {
  in: () => `<h2>Start</h2><p>The inputs have values. Nothing else is computed yet.</p><p class="why">Step forward (→) to compute each value in the order Python did; then the derivatives flow back (←).${P.folded ? " A folded scope stands for many values: click it to look inside." : ""}</p>`,
  f: ({i}) => {
    const n = N[i];
    if (n.kind) return `<h2 class="f">Forward</h2><p class="big">${esc(n.name)}</p><p>${counted(n)} are computed${A[i].length ? ` from ${list(A[i].map(a => N[a.v].name))}` : ""}.${n.kind === "sum" ? ` Their sum is ${V(num(value(i)))}.` : ""}</p>${opener(n)}`;
    return `<h2 class="f">Forward</h2><p class="big">${esc(n.name)} = ${esc(how(i))}</p><p class="big">= ${esc(filled(i, n.how, (v, k) => isGroup(N[v]) ? taken(n.cell, k) : num(value(v))))} = ${V(num(value(i)))}</p>`;
  },
  seed: () => p && N[root].cell !== D.output
    ? `<h2 class="b">Backward: what arrives here</h2><p class="big">${Fr(R, N[root].name)} = ${B(num(slope(root)))}</p><p class="why">It comes from the values outside this part that were made of ${esc(N[root].name)}.</p>`
    : `<h2 class="b">Backward: the start</h2><p class="big">${Fr(R, R)} = ${B("1")}</p><p class="why">${esc(R)} changes by exactly as much as itself. Every other derivative grows from this 1.</p>`,
  b: ({i, j}) => {
    const n = N[i], a = A[i][j], c = N[a.v], before = sum(a.v, cur - 1), now = sum(a.v, cur), many = (c.uses ?? 1) > 1, share = num(a.s());
    const added = before.k ? `${B(num(before.t))} + ${B(share)} = ${B(num(now.t))}` : B(num(now.t)) + " so far";
    return `<h2 class="b">Backward through <span class="raw">${esc(n.op)}</span></h2><p class="big">${Fr(R, c.name)} ${many ? `<span title="added to what has arrived already">+=</span>` : "="} ${Fr(R, n.name)} × ${Fr(local(i), c.name)}</p>`
      + `<p class="big">= ${B(num(slope(i)))} × ${V(num(a.d()))} = ${B(share)}</p><p class="why">Local derivative ${Fr(local(i), c.name)}: ${esc(filled(i, a.rule, named))} ${V(num(a.d()))}.`
      + (many ? ` ${esc(c.name)} is used ${c.uses} times; what comes back along each arrow is added: ${added}${now.all ? "" : " (more to come)"}.` : "") + `</p>${now.all ? because([a.v]) : ""}`;
  },
  g: ({i}) => {
    const n = N[i], names = list(A[i].map(a => N[a.v].name));
    if (n.kind === "scope") return `<h2 class="b">Backward through <span class="raw">${esc(n.name)}</span></h2><p>What arrives at its ${counted(n)} is handed on to ${names}.</p><p class="big">largest: ${B(num(hottest(n)))}</p>${opener(n)}`;
    const shares = A[i].slice(0, 5).map(a => `<p>to ${esc(N[a.v].name)}: ${a.k === undefined ? `${B(num(slope(i)))}, unchanged` : `${B(num(slope(i)))} × ${V(num(a.d()))} = ${B(num(a.s()))}`}</p>`).join("");
    return `<h2 class="b">Backward through <span class="raw">${esc(n.op || "Σ")}</span></h2><p class="big">${Fr(R, n.name)} = ${B(num(slope(i)))}</p>${shares}${A[i].length > 5 ? `<p>and to ${A[i].length - 5} more</p>` : ""}${because([i, ...A[i].map(a => a.v)].filter(has))}`;
  },
  end: () => {
    const ends = N.map((n, i) => i).filter(i => known[i] && !N[i].kind), moved = ends.filter(i => slope(i) !== 0);
    const lines = moved.slice(0, 12).map(i => moves(N[i].name, slope(i)));
    const still = ends.length - moved.length, rest = moved.length > 12 ? `<p class="why">and ${moved.length - 12} more inputs</p>` : "";
    if (P.folded) {
      const size = j => G[j] !== G[j] ? Infinity : Math.abs(G[j] ?? 0), most = inputs.map((x, j) => j).filter(size).sort((a, b) => size(b) - size(a)).slice(0, 6);
      return `<h2 class="b">Done</h2><p>The warmer a mark, the more ${esc(R)} answers to what is in it; the largest derivative is ${B(num(largest))}.</p>`
        + (most.length ? `<p>Of the inputs, these move it most:</p><p>${most.map(j => moves(inputs[j][0], G[j])).join("<br>")}</p>` : "") + because(ends);
    }
    return `<h2 class="b">Done</h2><p>What one more unit of each input would do to <b>${esc(R)}</b>, if the program were a straight line:</p><p>${lines.join("<br>")}</p>${rest}`
      + (still ? `<p class="why">${still === 1 ? "One input moves" : `${still} inputs move`} it by nothing.</p>` : "") + because(ends);
  },
};

// ---- showing a step
let cur = 0, seen = 0, timer = 0; // the step, and the last one whose numbers are shown: the one before, while it asks
function flow(groups, c) { // dots that run along the arrows
  if (!svg) return;
  $$(".flow", svg).forEach(e => e.remove());
  for (const group of groups) {
    const path = group && $("path", group);
    if (!path) continue;
    const dots = path.cloneNode(false);
    dots.removeAttribute("stroke");
    dots.setAttribute("class", "flow " + c);
    group.parentNode.appendChild(dots);
  }
}
function show(k, keep, asking) {
  cur = P.step = Math.max(0, Math.min(S.length - 1, k));
  question = asking ? questionAt(cur) : null;
  seen = question ? cur - 1 : cur;
  const s = S[cur], lit = (c, ...all) => all.forEach(e => cls(e, c, 1)), tip = id => g(id) && $("path", g(id)).classList.add("tip");
  $$(".lit-f,.lit-b,.now,.hit").forEach(e => e.classList.remove("lit-f", "lit-b", "now", "nf", "nb", "hit"));
  $$(".tip").forEach(e => e.classList.remove("tip"));
  N.forEach((n, i) => {
    const todo = !known[i] && when[i] > cur;
    for (const id of n.mark ? [n.mark] : ["w", "o", "s"].map(c => c + n.i)) cls(g(id), "todo", todo);
    A[i].forEach(a => [a.e, a.f, a.g].forEach(e => cls(e, "todo", todo)));
  });
  ["eout", "out"].forEach(id => cls(g(id), "todo", when[root] > cur));
  write();
  const n = N[s.i ?? root], mark = n.mark ? g(n.mark) : g("o" + n.i), wire = n => n.mark ? null : g("w" + n.i), line = n => n.mark ? null : g("s" + n.i);
  let hit = -1, dots = [];
  if (s.k === "f") {
    hit = s.i;
    lit("now", mark), lit("nf", mark);
    A[s.i].forEach(a => { lit("lit-f", a.e, a.f, a.g, wire(N[a.v]), line(N[a.v])); dots.push(line(N[a.v]), a.f, a.e) });
    lit("lit-f", line(n), wire(n), s.i === root ? g("eout") : null);
  } else if (s.k === "b" || s.k === "g") {
    hit = s.i;
    lit("now", mark), lit("nb", mark), lit("lit-b", wire(n));
    for (const a of s.k === "b" ? [A[s.i][s.j]] : A[s.i]) {
      lit("lit-b", a.e, a.f, a.g, wire(N[a.v]), line(N[a.v]));
      dots.push(a.e, a.f, line(N[a.v]));
      if (!P.folded) tip("s" + N[a.v].i);
    }
  } else if (s.k === "seed") {
    hit = root;
    lit("lit-b", g("eout"), wire(n), line(n));
    if (!P.folded) tip("s" + n.i);
    dots = [g("eout"), line(n)];
  }
  flow(dots.slice(0, 100), s.k === "f" ? "f" : "b");
  if (hit >= 0) light(hit);
  app.classList.toggle("back", cur >= first);
  const slide = $("#slide"), count = `${cur >= first ? "backward" : "forward"} · ${cur} of ${S.length - 1}`;
  slide.value = cur;
  $("#count").textContent = count;
  slide.setAttribute("aria-valuetext", count);
  $("#prev").disabled = $("#first").disabled = !cur;
  $("#next").disabled = $("#last").disabled = cur === S.length - 1;
  Z?.track();
  paper();
  if (!keep) try { history.replaceState(null, "", "#" + (p ? p + "." : "") + cur) } catch {}
}
function light(i) {
  mark(i, "hit", 1);
  const e = $("#code .hit");
  if (!e) return;
  const box = $("#code .scroll"), y = e.closest(".ln").offsetTop;
  if (y < box.scrollTop || y > box.scrollTop + box.clientHeight - 30) box.scrollTop = y - box.clientHeight / 2;
  const left = e.offsetLeft;
  if (left < box.scrollLeft || left + e.offsetWidth > box.scrollLeft + box.clientWidth) box.scrollLeft = Math.max(0, left - box.clientWidth / 3);
}

// ---- every number that is shown, as it is now
let mode = "derivative";
function write() {
  const change = mode === "derivative" ? {} : changes();
  N.forEach((n, i) => {
    const st = sum(i, seen), shown = has(i), more = shown && !st.all ? " …" : "", todo = !known[i] && when[i] > cur;
    if (n.t.v) n.t.v.textContent = num(value(i));
    if (n.t.d) n.t.d.textContent = "← " + (secret(i) ? "?" : num(shown ? st.t : slope(i)) + more);
    if (n.heat) n.heat.setAttribute("fill", D.heat[shown ? heat(isGroup(n) ? hottest(n) : slope(i)) : 0]);
    if (!n.mark) cls(g("w" + n.i), "nograd", !shown && question?.v !== i);
    A[i].forEach(a => { if (a.t) a.t.textContent = "← " + (asks && !P.folded && a.at > seen ? "?" : num(a.s())); cls(a.g, "nograd", a.at > cur) });
    if (!n.row) return;
    n.row.cells[1].textContent = isGroup(n) ? counted(n) : todo ? "" : num(value(i));
    n.row.cells[2].textContent = mode !== "derivative" ? change[i] ?? "" : !shown ? question?.v === i ? "?" : "" : isGroup(n) ? "≤ " + num(hottest(n)) : num(st.t) + more;
  });
  if (svg && P.folded) {
    const scale = $$("text", svg).find(t => t.textContent.trim().startsWith("large ("));
    if (scale) scale.textContent = `large (${num(largest)})`;
    if (g("out")) $("text", g("out")).textContent = `${P.out} = ${num(value(root))}`;
  }
  titles();
  $("#say").innerHTML = question ? posed(question) : words[S[cur].k](S[cur]);
}
function heat(size) {
  size = Math.abs(size);
  if (!isFinite(size)) return 5;
  return size <= largest * 1e-9 ? 0 : Math.max(0, Math.min(5, 5 + Math.floor(1.5 * (Math.log10(size) - Math.log10(largest)))));
}
function title(id, text) { const e = g(id); if (e && $("title", e)) $("title", e).textContent = text }
function titles() {
  if (svg) N.forEach((n, i) => {
    if (isGroup(n)) return title(n.mark, `${n.name}\n${counted(n)}\nlargest derivative of ${R}: ${hottest(n)}`);
    const text = `${n.name}${n.op ? " = " + how(i) : ""}\nvalue: ${value(i)}\nderivative ∂${R}/∂${n.name}: ${secret(i) ? "?" : slope(i)}`;
    for (const id of [...elements(n), ...n.mark ? [] : ["s" + n.i], ...i === root ? ["out", "eout"] : []]) title(id, text);
    if (!P.folded) A[i].forEach(a => [a.e, a.f, a.g].forEach(e => {
      if (e && $("title", e)) $("title", e).textContent = `${N[a.v].name} → ${n.name}\nvalue: ${value(a.v)}\nshare along this arrow: ${asks && !P.folded && a.at > seen ? "?" : a.s()}`;
    }));
  });
}

// ---- the source, with nested marks; the table; what is pointed at lights up in all of them
function paint() {
  const lines = P.source.length ? P.source : formulas();
  $("#code").hidden = !lines.length;
  $("#code .scroll").scrollTop = $("#code .scroll").scrollLeft = 0;
  $("#code h2").textContent = P.source.length ? "Python" : "In steps";
  $("#code pre").innerHTML = lines.map(([no, text, marks]) => {
    const open = {}, close = {};
    marks.forEach(([a, b, n]) => { (open[a] = open[a] || []).push([b, n]); close[b] = (close[b] || 0) + 1 });
    let h = "";
    for (let c = 0; c <= text.length; c++) {
      h += "</span>".repeat(close[c] || 0);
      (open[c] || []).sort((x, y) => y[0] - x[0]).forEach(([, n]) => h += `<span data-n="${n.join(" ")}">`);
      if (c < text.length) h += esc(text[c]);
    }
    return `<span class="ln"><span class="no">${no}</span>${h}</span>`;
  }).join("");
}
function formulas() { // in place of a source that is not known
  return N.map((n, i) => [n, i]).filter(([n]) => !n.kind && (n.op || n.named)).map(([n, i]) => {
    const text = n.op ? `${n.name} = ${how(i)}` : n.name;
    return ["", text, [[n.op ? n.name.length + 3 : 0, text.length, [i]]]];
  });
}
function table() {
  const shown = N.map((n, i) => i).filter(i => N[i].named || N[i].kind || i === root || N.length <= 24 && N[i].op);
  $("#rows").innerHTML = shown.map(i => `<tr data-v="${i}"><td><button type="button">${esc(N[i].name)}</button></td><td class="f"></td><td class="b"></td></tr>`).join("");
  N.forEach(n => n.row = null);
  $$("#rows tr").forEach(r => N[r.dataset.v].row = r);
}
function mark(i, c, on) {
  $$(`#code [data-n~="${i}"]`).forEach(e => { cls(e, c, on); cls(e.closest(".ln"), "on", on) });
  cls(N[i].row, c, on);
  if (c === "hov") for (const id of elements(N[i])) cls(g(id), c, on);
}
function who(e) { // the node that something on the page stands for
  const t = e.target.closest?.("[data-n],[data-v]");
  if (!t) return -1;
  if (t.dataset.v) return +t.dataset.v;
  const all = t.dataset.n.split(" ").map(Number), i = S[cur].i;
  return all.includes(i) ? i : all[all.length - 1];
}
let hovered = -1, dragged = 0;
function hover(e) {
  const i = who(e);
  if (i === hovered) return;
  if (N[hovered]) mark(hovered, "hov", 0);
  hovered = i;
  if (i >= 0) mark(i, "hov", 1);
  if (S[cur].i >= 0) mark(S[cur].i, "hit", 1);
}
document.addEventListener("pointerover", hover);
document.addEventListener("focusin", hover);
document.addEventListener("click", e => {
  if (dragged) { dragged = 0; return }
  const b = e.target.closest?.("#say [data-p]"), i = who(e);
  if (b) return go(0, +b.dataset.p);
  if (i < 0 || e.target.closest("#inputs")) return;
  if (N[i].opens) return go(0, N[i].opens);
  const back = cur >= first, k = S.findIndex((s, q) => back ? into[i].some(([at]) => at === q) : s.k === "f" && s.i === i);
  go(k < 0 ? back ? first : 0 : k);
});

// ---- inputs
const MOST = 60, free = inputs.map((x, j) => j).filter(j => !inputs[j][2]), span = j => isFinite(start[j]) && 2 * Math.abs(start[j]) || 1;
let given = [...start], held = [...start], chosen = free[0] ?? -1; // as the fields say, and as the page shows
if (inputs.length) take(run(given));
else { for (const [k, x, d] of D.numbers) { X[k] = Number(x); G[k] = Number(d) } take({X, G}) }
const pinned = new Set(free.filter(j => D.whole.includes(j))); // not to be moved downhill: whole numbers, if there are others
if (pinned.size === free.length) pinned.clear();
function fitting() {
  const wanted = $("#filter").value.trim().toLowerCase();
  return free.filter(j => inputs[j][0].toLowerCase().includes(wanted));
}
function listInputs() { // those in the picture first, then by how much the output answers to them
  const fits = fitting();
  const rank = j => inputOf[j] >= 0 ? Infinity : Math.abs(G[j] ?? 0);
  const listed = [...fits].sort((a, b) => rank(b) - rank(a) || a - b).slice(0, MOST);
  $("#filter").hidden = $("#these").hidden = free.length <= 12;
  $("#every").checked = fits.some(j => !pinned.has(j));
  $("#inputs").innerHTML = listed.map(j => {
    const x = given[j], name = esc(inputs[j][0]), fine = isFinite(x), [low, high] = [Math.min(x, start[j] - span(j)), Math.max(x, start[j] + span(j))];
    return `<div class="in${j === chosen ? " on" : ""}" data-j="${j}"${inputOf[j] >= 0 ? ` data-v="${inputOf[j]}"` : ""}><input id="m${j}" type="checkbox"${pinned.has(j) ? "" : " checked"} aria-label="Move ${name} downhill" title="moves downhill"><label for="n${j}" title="${name}">${name}</label><input id="n${j}" type="number" step="any" placeholder="${num(x)}"${fine ? ` value="${x}"` : ""}><input id="r${j}" type="range" step="any"${fine ? ` min="${low}" max="${high}" value="${x}"` : " disabled"} aria-label="${name}"></div>`;
  }).join("") + (fits.length > listed.length ? `<p class="why">… ${grouped(fits.length - listed.length)} more inputs</p>` : fits.length || !free.length ? "" : `<p class="why">no input of that name</p>`);
}
$("#filter").addEventListener("input", listInputs);
const locked = inputs.filter(x => x[2]).slice(0, 8).map(x => x[0]).join(", ");
const why = D.why ? `These numbers cannot be dragged: ${D.why}.` : locked ? `${locked} cannot be dragged: ${D.locked.join("; ")}.` : "";
if (why) $("#inputs").insertAdjacentHTML("afterend", `<p class="why" id="locked">${esc(why)}</p>`);
if (D.once && free.length) $("#try").insertAdjacentHTML("beforeend", `<p class="why" id="once">These are the operations of one run. If the program has an <code>if</code>, other numbers may lead it elsewhere: explore the function itself, and the page knows.</p>`);
if (!free.length) { $("#plot").remove(); $("#try .row").hidden = true }
function set(j, x, from) {
  chosen = j;
  given[j] = x;
  $$(".in").forEach(e => cls(e, "on", +e.dataset.j === j));
  field(j, from);
  update();
}
function field(j, from) { // what the field and the slider of an input say
  const n = $("#n" + j), r = $("#r" + j), x = given[j];
  if (n && from !== n) n.value = +x.toPrecision(6);
  if (r && from !== r) {
    r.disabled = false;
    r.min = Math.min(r.min, x);
    r.max = Math.max(r.max, x);
    r.value = x;
  }
}
// the first operation that has no number, though all that it met are numbers; -1 if each has one
const gap = X => X.findIndex((y, k) => k >= base && !isFinite(y) && steps[k - base][1].every(i => isFinite(X[i])));
let later = 0;
function update() {
  const numbers = run(given), {other} = numbers;
  $$(".in input").forEach(e => e.removeAttribute("aria-invalid"));
  $$(".way li").forEach((e, k) => cls(e, "no", k === other?.q));
  if (other) {
    const place = D.asked[other.q];
    $("#n" + chosen)?.setAttribute("aria-invalid", true);
    $("#alert").textContent = other.q === undefined
      ? `The rule of an operation goes another way here, one that this page does not know: ${other.text} answered ${says(other.answer)} and has another answer now. The page shows the last numbers that hold.`
      : `Another way of the program begins here: ${other.text} answered ${says(other.answer)} and would now answer ${says(other.now)}${place ? ` (${place})` : ""}. The page shows the last numbers that hold.`;
  } else {
    take(numbers);
    held = [...given];
    const k = gap(X);
    $("#alert").textContent = k < 0 ? "" : `${called(k, X)} is ${num(X[k])}: an operation has no number here. Python may raise an error, or the program may catch it and go another way; the page goes on with ${num(X[k])}.`;
  }
  write();
  trailed();
  clearTimeout(later);
  if (steps.length < 2e3) plot(); else later = setTimeout(plot, 150);
}
$("#inputs").addEventListener("input", e => {
  const x = e.target.valueAsNumber;
  if (isFinite(x)) set(+e.target.closest(".in").dataset.j, x, e.target);
});
$("#inputs").addEventListener("focusin", e => {
  const t = e.target.closest(".in");
  if (!t) return;
  chosen = +t.dataset.j;
  $$(".in").forEach(e => cls(e, "on", e === t));
  plot();
});
$("#reset").onclick = () => { given = [...start]; update(); listInputs() };
const modes = {derivative: $("#mode-derivative"), "what if": $("#mode-what-if")};
function choose(m) {
  mode = m;
  for (const o in modes) modes[o].setAttribute("aria-pressed", o === m);
  $("#third").textContent = m === "derivative" ? `∂${R} / ∂name` : `${R}, if name + 1`;
}
for (const m in modes) modes[m].onclick = () => { choose(m); write(); plot() };
choose(mode);
function at(j, x) { // the output, if input j were x; undefined on another way
  const all = [...held];
  all[j] = x;
  const {X, other} = forward(all);
  return other ? undefined : X[D.output];
}
function changes() { // what one more unit of each input really does
  const all = {};
  free.forEach(j => {
    const i = inputOf[j];
    if (i < 0 || !N[i].row) return;
    const y = at(j, held[j] + 1);
    all[i] = y === undefined ? "another way" : isFinite(y - X[D.output]) ? signed(y - X[D.output]) : "no number";
  });
  return all;
}

// ---- the output against the input that was chosen
const brief = name => cut(name, 20);
function plot() {
  const e = $("#plot"), j = chosen;
  if (!e || j < 0) return;
  const x0 = held[j], y0 = X[D.output], d = G[j] ?? 0, name = esc(inputs[j][0]);
  const asked = inputOf[j] >= 0 && secret(inputOf[j]), empty = asked || !isFinite(x0) || !isFinite(y0);
  e.toggleAttribute("hidden", empty);
  $("#line").textContent = asked ? `The straight line at ${inputs[j][0]} is drawn when you have answered.` : !isFinite(x0) ? `${inputs[j][0]} is ${num(x0)}: type a number, to see how ${R} follows it.` : "";
  if (asked) { e.innerHTML = ""; e.setAttribute("aria-label", "The output against the input") }
  if (empty) return;
  const what = mode !== "derivative", w = Math.max(what ? 1.5 : 0, Math.abs(x0) * .5, Math.min(span(j), 3)), n = steps.length < 2e3 ? 96 : 24, a = x0 - w, b = x0 + w;
  const points = Array.from({length: n + 1}, (_, k) => a + (b - a) * k / n).map(x => [x, at(j, x)]);
  const line = x => y0 + d * (x - x0), one = at(j, x0 + 1), seen = [y0, ...points.map(q => q[1]).filter(isFinite), ...what && isFinite(d) ? [line(x0 + 1)] : []];
  let low = Math.min(...seen), high = Math.max(...seen);
  const range = high - low || 1;
  if (!(high > low)) { low -= 1; high += 1 }
  const L = 62, ticks = [low, high], tick = y => Math.abs(y) < 1e-9 * (high - low) ? "0" : num(y), m = (high - low) * .08, f = x => x.toFixed(1);
  low -= m;
  high += m;
  const px = x => L + (x - a) / (b - a) * (350 - L), py = y => 166 - (y - low) / (high - low) * 152;
  let path = "", pen = "M";
  for (const [x, y] of points) if (isFinite(y)) { path += pen + f(px(x)) + " " + f(py(y)); pen = "L" } else pen = "M";
  const text = (x, y, anchor, s) => `<text x="${f(x)}" y="${f(y)}" text-anchor="${anchor}">${esc(s)}</text>`;
  let s = `<clipPath id="frame"><rect x="${L}" y="8" width="${350 - L}" height="162"/></clipPath><line class="axis" x1="${L}" y1="170" x2="350" y2="170"/><line class="axis" x1="${L}" y1="8" x2="${L}" y2="170"/><g clip-path="url(#frame)"><path class="curve" d="${path}"/>`;
  if (isFinite(d)) s += `<line class="tangent" x1="${f(px(a))}" y1="${f(py(line(a)))}" x2="${f(px(b))}" y2="${f(py(line(b)))}"/>`;
  s += `<circle class="pt" cx="${f(px(x0))}" cy="${f(py(y0))}" r="4.5"/>`;
  if (what && isFinite(one) && isFinite(d)) s += `<line class="gap" x1="${f(px(x0 + 1))}" y1="${f(py(one))}" x2="${f(px(x0 + 1))}" y2="${f(py(line(x0 + 1)))}"/><circle class="pt" cx="${f(px(x0 + 1))}" cy="${f(py(one))}" r="4"/><circle class="pl" cx="${f(px(x0 + 1))}" cy="${f(py(line(x0 + 1)))}" r="3"/>`;
  s += `</g>` + text(L, 184, "start", num(a)) + text(350, 184, "end", num(b)) + text(px(x0), 184, "middle", `${brief(inputs[j][0])} = ${num(x0)}`) + text(L + 4, 18, "start", brief(R));
  const [lowest, highest] = ticks.map(tick);
  s += text(L - 5, py(ticks[0]) + 4, "end", lowest) + text(L - 5, py(ticks[1]) + 4, "end", highest === lowest ? "+ " + num(ticks[1] - ticks[0]) : highest);
  e.innerHTML = s;
  e.setAttribute("aria-label", `${R} against ${inputs[j][0]}: the curve${isFinite(d) ? `, and its straight line of slope ${num(d)}` : ""}`);
  const change = one - y0, same = signed(d) === signed(change) && Math.abs(change - d) <= Math.max(1e-9 * Math.abs(d), 1e-15 * Math.abs(y0)) ? ", the same" : "";
  $("#line").innerHTML = !isFinite(d) ? `The derivative by ${name} is ${B(num(d))} here: there is no straight line.`
    : !what ? `The dashed line has the slope ${B(num(d))}, the derivative by ${name}. ${holds(j, x0, y0, d, range)}`
    : one === undefined ? `${name} + 1 lies on another way of the program.`
    : one !== one ? `At ${name} + 1 some operation has no number.`
    : `${name} + 1: the straight line says ${esc(R)} <b class="b">${signed(d)}</b>, the program says <b class="f">${signed(change)}</b>${same}. ${holds(j, x0, y0, d, range)}`;
}
function holds(j, x0, y0, d, range) { // how far the straight line is within 1 % of the change
  if (!isFinite(d)) return "";
  const w = Math.abs(x0) || 1, sides = turn(x => at(j, x), x0, y0, w), name = esc(inputs[j][0]);
  if (sides) return `Here is a kink: the slope is ${B(num(sides[0]))} to the left and ${B(num(sides[1]))} to the right; the derivative takes ${B(num(d))}.`;
  if (d && Math.abs(d) * w < 1e-13 * Math.abs(y0)) return `So small a slope is lost where ${esc(R)} is rounded.`;
  const reach = [-1, 1].map(sign => {
    let good = 0, other = false;
    for (let k = -24; k <= 4; k++) {
      const h = sign * w * 2 ** (k / 2), y = at(j, x0 + h);
      other = y === undefined;
      const rounding = 1e-14 * Math.max(Math.abs(y0), Math.abs(y)), far = d ? Math.max(.01 * Math.abs(d * h), rounding) : 1e-3 * range;
      if (!(Math.abs(y - y0 - d * h) <= far)) break;
      good = Math.abs(h);
    }
    return {good, other};
  });
  const good = Math.min(reach[0].good, reach[1].good), [below, above] = reach.map(r => r.other);
  const ways = below || above ? ` Another way of the program begins ${below && above ? "on either side" : below ? "below" : "above"}.` : "";
  if (!good) return (below || above ? `${name} is right where the program parts.` : "The straight line holds only very near.") + ways;
  if (good >= w * 4) return `In ${name} the program is a straight line as far as one can see.`;
  const far = "up to about ± " + num(+good.toPrecision(2));
  return (d ? `It stays within 1 % of the change ${far}.` : `It stays flat ${far}.`) + ways;
}
function turn(f, x0, y0, w) { // the slopes on both sides, if they stay different however near one looks
  const slopes = h => [(y0 - f(x0 - h)) / h, (f(x0 + h) - y0) / h], near = slopes(w * 2 ** -20), far = slopes(w * 2 ** -16);
  const gap = Math.abs(near[1] - near[0]), settled = near.every((s, k) => Math.abs(s - far[k]) < .1 * gap);
  return settled && gap > 1e-3 * Math.max(...near.map(Math.abs)) && gap > 1e-6 * Math.abs(y0) / w ? near.map(s => +s.toPrecision(5)) : null;
}

// ---- the way taken
if (D.questions?.length) {
  $("#way").hidden = false;
  $("#way ol").innerHTML = D.questions.slice(0, 200).map(([, , answer, text], k) => `<li><code>${esc(text)}</code> <b>${esc(says(answer))}</b>${D.asked[k] ? `<small>${esc(D.asked[k])}</small>` : ""}</li>`).join("");
}

// ---- zoom (ctrl or ⌘ + wheel, buttons), pan, follow; dragging an input in the picture
let follow = true;
function view() {
  const all = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number), here = svg;
  let now = [...all];
  const box = v => { now = v; here.setAttribute("viewBox", v.join(" ")) }, wide = () => all[2] * 1.1 > here.clientWidth;
  const scale = () => { const r = here.getBoundingClientRect(); return Math.max(now[2] / r.width, now[3] / r.height) };
  function zoom(f, cx, cy) {
    const r = here.getBoundingClientRect(), k = scale();
    const x = now[0] + now[2] / 2 + ((cx ?? r.left + r.width / 2) - r.left - r.width / 2) * k, y = now[1] + now[3] / 2 + ((cy ?? r.top + r.height / 2) - r.top - r.height / 2) * k;
    f = Math.min(f, all[2] / now[2]);
    box([x - (x - now[0]) * f, y - (y - now[1]) * f, now[2] * f, now[3] * f]);
    if (now[2] > all[2] * .999) box([...all]);
  }
  function track() { // of a picture too wide to read whole: keep the step in view at reading size
    if (!follow || !wide() || (P.folded && all[2] < all[3] * 6)) return;
    const on = $$(".now,.lit-f,.lit-b", here);
    if (!on.length) return box([...all]);
    here.style.maxWidth = "none";
    here.style.height = `min(44vh,${Math.max(150, all[3] * 1.4)}px)`;
    box([...all]);
    const m = here.getScreenCTM().inverse(), point = (x, y) => { const q = new DOMPoint(x, y).matrixTransform(m); return [q.x, q.y] };
    const hull = list => {
      const r = list.map(e => e.getBoundingClientRect());
      return [...point(Math.min(...r.map(q => q.left)), Math.min(...r.map(q => q.top))), ...point(Math.max(...r.map(q => q.right)), Math.max(...r.map(q => q.bottom)))];
    };
    let [x0, y0, x1, y1] = hull(on);
    const marks = $$(".now", here);
    if ((x1 - x0) * 1.25 > here.clientWidth * 1.3 && marks.length) [x0, y0, x1, y1] = hull(marks); // rather the operation than a long arrow
    const W = Math.max(here.clientWidth / 1.35, (x1 - x0) * 1.25), H = Math.max(here.clientHeight / 1.35, (y1 - y0) * 1.25);
    const fit = (x, w, o, whole) => w >= whole ? o + (whole - w) / 2 : Math.min(Math.max(x, o), o + whole - w);
    box([fit((x0 + x1 - W) / 2, W, all[0], all[2]), fit((y0 + y1 - H) / 2, H, all[1], all[3]), W, H]);
  }
  here.style.cssText = `max-width:${all[2] * 1.75}px`;
  here.addEventListener("wheel", e => { if (e.ctrlKey || e.metaKey) { e.preventDefault(); zoom(Math.exp(e.deltaY * .003), e.clientX, e.clientY) } }, {passive: false});
  free.forEach(j => { if (inputOf[j] >= 0) for (const id of elements(N[inputOf[j]])) if (id[0] !== "o") cls(g(id), "drag", 1) });
  let pan, pull;
  here.addEventListener("pointerdown", e => {
    const i = who(e), j = i < 0 ? -1 : inputOf.indexOf(i);
    if (j >= 0 && free.includes(j) && isFinite(given[j])) { pull = [j, e.clientX, given[j]]; e.preventDefault() }
    else if (now[2] < all[2] * .999) pan = [e.clientX, e.clientY, ...now];
  });
  function move(e) {
    if (pull) {
      const [j, x, was] = pull;
      if (Math.abs(e.clientX - x) > 3 || dragged) { dragged = 1; set(j, +(was + (e.clientX - x) * span(j) / 200).toPrecision(3)) }
    } else if (pan) { const k = scale(); box([pan[2] - (e.clientX - pan[0]) * k, pan[3] - (e.clientY - pan[1]) * k, pan[4], pan[5]]) }
  }
  return {zoom, track, move, up: () => pan = pull = 0, whole: () => box([...all]), wide};
}
addEventListener("beforeprint", () => Z?.whole());
addEventListener("afterprint", () => Z?.track());
addEventListener("pointerup", () => Z?.up());
addEventListener("pointermove", e => Z?.move(e));
$("#fit").onclick = () => { follow = !follow; $("#fit").setAttribute("aria-pressed", !follow); follow && Z.wide() ? Z.track() : Z.whole() };
$("#zoom-in").onclick = () => Z.zoom(1 / 1.5);
$("#zoom-out").onclick = () => Z.zoom(1.5);

// ---- controls
const icon = d => `<svg class="i" viewBox="0 0 16 16" aria-hidden="true"><path d="${d}"/></svg>`;
function face(playing) { $("#play").innerHTML = icon(playing ? "M4 3h3v10H4zM9 3h3v10H9z" : "M4 3v10l9-5z"); $("#play").setAttribute("aria-label", playing ? "Pause" : "Play") }
function stop() { clearInterval(timer); timer = 0; face(false) }
function go(k, picture = p) {
  stop();
  const before = p;
  if (picture !== p) open(picture, k);
  show(k);
  if (picture === before || document.activeElement !== document.body) return;
  const row = N.find(n => n.opens === before)?.row; // the button that had the focus is gone
  (row ? $("button", row) : $("#crumbs button"))?.focus();
}
function next(playing) { // asks before it shows
  if (question) return settle(0);
  if (asks && questionAt(cur + 1)) return pose(cur + 1);
  if (playing) show(cur + 1); else go(cur + 1);
}
$("#first").onclick = () => go(0);
$("#prev").onclick = () => go(cur - 1);
$("#next").onclick = () => next();
$("#last").onclick = () => go(S.length - 1);
$("#slide").oninput = () => go(+$("#slide").value);
$("#play").onclick = () => {
  if (timer) return stop();
  if (cur === S.length - 1) show(0);
  face(true);
  timer = setInterval(() => { if (cur === S.length - 1) stop(); else next(timer) }, 1400);
};
document.addEventListener("keydown", e => {
  const t = e.target, k = e.key;
  if (e.ctrlKey || e.metaKey || e.altKey || t.tagName === "INPUT" && t.id !== "slide") return;
  const keys = {ArrowRight: () => next(), ArrowLeft: () => go(cur - 1), Home: () => go(0), End: () => go(S.length - 1), " ": () => $("#play").click(), Escape: () => P.above !== null && go(D.pictures[P.above].step ?? 0, P.above)};
  if (keys[k] && !(k === " " && t.tagName === "BUTTON")) { e.preventDefault(); keys[k]() }
});
$("#theme").onclick = () => {
  const themes = ["", "light", "dark"], d = document.documentElement, next = themes[(themes.indexOf(d.dataset.theme || "") + 1) % 3];
  chosenTheme = true;
  if (next) d.dataset.theme = next; else delete d.dataset.theme;
  $("#theme").setAttribute("aria-label", "Theme: " + (next || "automatic"));
};
__PARTS__
function fromAddress() { // "#12" is a step, "#3.12" one in picture 3
  const [step, picture = 0] = location.hash.slice(1).split(".").reverse().map(x => parseInt(x) || 0);
  open(D.pictures[picture] ? picture : 0, step);
}
fromAddress();
addEventListener("hashchange", fromAddress);
})();
