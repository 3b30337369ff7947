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
