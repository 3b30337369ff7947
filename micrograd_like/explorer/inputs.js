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
