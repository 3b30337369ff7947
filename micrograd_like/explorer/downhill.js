// ---- steps downhill: inputs move against their derivatives, as in gradient descent
let trail = [], sized = false, foretold = 0, ended = ""; // where the steps led; whether the reader chose their size
const size = $("#size"), MOST_STEPS = 1000;
function moving() { return free.filter(j => !pinned.has(j) && G[j] !== undefined) }
function sensible() { // the largest step is some 2 to 5 % of its input
  const rate = moving().reduce((most, j) => Math.max(most, Math.abs(G[j]) / (Math.abs(held[j]) || 1)), 0), most = .05 / rate;
  if (!most || !isFinite(most)) return .01;
  const e = Math.floor(Math.log10(most)), k = [5, 2].find(k => Number(k + "e" + e) <= most) ?? 1;
  return Number(k + "e" + e);
}
function blocked(js) { // why no step can be made from here
  if (!(size.valueAsNumber > 0 && isFinite(size.valueAsNumber))) return "The step size has to be a number above 0.";
  if (!js.length) return `No input can move: tick one above that ${R} depends on.`;
  const j = js.find(j => !isFinite(G[j]));
  if (j !== undefined) return `The derivative by ${inputs[j][0]} is ${num(G[j])} here, which points nowhere: drag it elsewhere, or take its tick away.`;
  return js.some(j => G[j]) ? "" : `Every derivative is 0 here: ${R} is flat, and no step leads down.`;
}
function beyond({X, other}) { // why the numbers of a step do not hold
  if (other) return `Stopped: another way of the program begins there, since ${other.text} answered ${says(other.answer)} and would answer otherwise. A smaller step may stay on this one.`;
  const k = gap(X), bad = k < 0 ? isFinite(X[D.output]) ? -1 : D.output : k;
  return bad < 0 ? "" : `Stopped: the step leads out of the function's domain, where ${called(bad, X)} is ${num(X[bad])}. Take a smaller step.`;
}
function step() { // "" or why none was made
  const js = moving(), reason = blocked(js);
  if (reason) return reason;
  const there = [...held];
  for (const j of js) there[j] -= size.valueAsNumber * G[j];
  if (js.every(j => there[j] === held[j])) return "The step is too small to change any number.";
  const far = js.find(j => !isFinite(there[j]));
  if (far !== undefined) return `Stopped: the step would make ${inputs[far][0]} ${num(there[far])}. Take a smaller step.`;
  const numbers = run(there), stopped = beyond(numbers);
  if (stopped) return stopped;
  if (!trail.length) trail = [{at: [...held], y: X[D.output]}];
  foretold = -js.reduce((all, j) => all + size.valueAsNumber * G[j] * G[j], 0);
  take(numbers);
  held = there;
  trail.push({at: there, y: X[D.output]});
  if (trail.length > MOST_STEPS) trail.shift();
  return "";
}
function descend(times) {
  ended = "";
  for (let k = 0; k < times && !ended; k++) ended = step();
  moveTo(held);
}
function moveTo(numbers) {
  given = [...numbers];
  update();
  free.forEach(j => field(j));
}
function trailed() { // after each change of an input; one by hand begins a new trail
  if (trail.length && trail.at(-1).at.some((x, j) => !Object.is(x, held[j]))) { trail = []; ended = "" }
  if (trail.length < 2) trail = [];
  if (!trail.length && !sized) size.value = sensible();
  $("#undo").disabled = $("#back").disabled = !trail.length;
  const n = trail.length - 1, y = trail.at(-1)?.y, change = n > 0 ? y - trail[n - 1].y : 0;
  $("#trail").textContent = (n > 0 ? `Step ${n}: ${R} is ${num(y)}, a change of ${signed(change)}${foretold ? `; the derivatives foretold ${signed(foretold)}` : ""}.${change > 0 ? " It has grown: the step was too long, a smaller one leads down." : ""} ` : "") + ended;
  $("#descent").toggleAttribute("hidden", n < 1);
  if (n > 0) drawTrail(n);
}
function drawTrail(n) {
  const ys = trail.map(t => t.y), low = Math.min(...ys), high = Math.max(...ys), L = 62, f = x => x.toFixed(1);
  const px = k => L + k / n * (344 - L), py = y => high > low ? 116 - (y - low) / (high - low) * 92 : 70;
  const text = (x, y, anchor, s) => `<text x="${f(x)}" y="${f(y)}" text-anchor="${anchor}">${esc(s)}</text>`;
  const dots = ys.map((y, k) => n <= 40 || k === n ? `<circle class="pt" cx="${f(px(k))}" cy="${f(py(y))}" r="${k === n ? 4.5 : 2.5}"/>` : "").join("");
  $("#descent").innerHTML = `<line class="axis" x1="${L}" y1="126" x2="350" y2="126"/><line class="axis" x1="${L}" y1="8" x2="${L}" y2="126"/><path class="curve" d="${ys.map((y, k) => (k ? "L" : "M") + f(px(k)) + " " + f(py(y))).join("")}"/>${dots}`
    + text(L, 142, "start", "start") + text(350, 142, "end", `step ${n}`) + text(L + 4, 16, "start", brief(R))
    + text(L - 5, py(high) + 4, "end", num(high)) + (high > low ? text(L - 5, py(low) + 4, "end", num(low)) : "");
  $("#descent").setAttribute("aria-label", `${R} after ${n === 1 ? "one step" : `each of ${n} steps`}: from ${num(ys[0])} to ${num(ys[n])}`);
}
$("#down").onclick = () => descend(1);
$("#down-10").onclick = () => descend(10);
$("#undo").onclick = () => { trail.pop(); ended = ""; foretold = 0; moveTo(trail.at(-1).at) };
$("#back").onclick = () => { const {at} = trail[0]; trail = []; ended = ""; moveTo(at) };
for (const [id, factor] of [["#halve", .5], ["#double", 2]]) $(id).onclick = () => { sized = true; size.value = (size.valueAsNumber || sensible()) * factor };
size.oninput = () => sized = true;
function tick(some, on) {
  for (const j of some) if (on) pinned.delete(j); else pinned.add(j);
  $$("#inputs [type=checkbox]").forEach(e => e.checked = !pinned.has(+e.parentNode.dataset.j));
  $("#every").checked = fitting().some(j => !pinned.has(j));
  trailed();
}
$("#inputs").addEventListener("change", e => { if (e.target.type === "checkbox") tick([+e.target.parentNode.dataset.j], e.target.checked) });
$("#every").onchange = e => tick(fitting(), e.target.checked); // those that the filter finds
$("#downhill").hidden = !free.length;
$("#moves").textContent = `Each ticked input moves against its derivative: x becomes x − step size × ∂${R}/∂x.${pinned.size ? " Whole numbers stay as they are, unless you tick them." : ""}`;
trailed();
