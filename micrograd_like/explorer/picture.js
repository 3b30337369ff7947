// ---- how names and numbers are written
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
