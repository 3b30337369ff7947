// ---- predict before reveal: a derivative is asked for before it is shown
let asks = false, question = null, right = 0, answers = 0;
function questionAt(k) { // what comes back along one arrow; where it is the last of several, all that has come
  const s = S[k];
  if (s?.k !== "b" || P.folded) return null;
  const a = A[s.i][s.j], v = a.v, before = sum(v, k - 1), all = sum(v, k).all;
  return {i: s.i, a, v, before, several: (N[v].uses ?? 1) > 1, total: before.k > 0 && all};
}
function kinkOf(q) { // the operation's slopes on both sides, if it turns at the number that it met
  const k = N[q.i].cell - base;
  if (!steps[k]?.[0].f) return null;
  const [o, cells] = steps[k], x = cells.map(i => X[i]), j = q.a.k, f = x0 => Number(o.f(...x.map((y, i) => i === j ? x0 : y)));
  return turn(f, x[j], f(x[j]), Math.abs(x[j]) || 1);
}
const solution = q => q.total ? slope(q.v) : q.a.s();
const ratio = v => `∂${R}/∂${N[v].name}`;
const wanted = q => q.several && !q.total ? `What comes back to ${N[q.v].name} along this arrow?` : `What is ${ratio(q.v)}?`;
function posed(q) { // what is known
  const n = N[q.i], c = N[q.v], kink = kinkOf(q), met = filled(q.i, n.how, (v, k) => isGroup(N[v]) ? taken(n.cell, k) : num(value(v)));
  return `<h2 class="b">Backward through <span class="raw">${esc(n.op)}</span>: your turn</h2><p class="big">${Fr(R, c.name)} ${q.several && !q.total ? "+=" : "="} ${B("?")}</p>`
    + `<p>What arrives: ${Fr(R, n.name)} = ${B(num(slope(q.i)))}</p><p>The operation: ${esc(n.name)} = ${esc(how(q.i))} = ${esc(met)} = ${V(num(value(q.i)))}</p>`
    + (kink ? `<p>It has a kink there: its slope is ${num(kink[0])} below and ${num(kink[1])} above; ${V(num(q.a.d()))} is used.</p>` : "")
    + (q.several ? `<p class="why">${esc(c.name)} is used ${c.uses} times${q.before.k ? `; ${B(num(q.before.t))} has come back to it so far` : ""}. ${q.total ? "This is the last arrow: give the sum of all." : "Give what comes along this arrow alone."}</p>` : "");
}

// the mistakes that are made with the chain rule, each by the number that it leads to: those of `exercise` for one arrow
function mistakes(q) {
  const up = slope(q.i), d = q.a.d(), share = q.a.s(), sum = q.before.t, c = N[q.v].name, n = N[q.i].name, y = solution(q);
  const own = `that is this step's own derivative alone: multiply it by what arrives, ${num(up)}`, rest = q.total ? sum : 0;
  const swapped = A[q.i].filter(a => a.v !== q.v).map(a => [rest + a.s(), `that is what goes to ${N[a.v].name}: the inputs are swapped`]);
  const kink = kinkOf(q) ?? [];
  return [
    ...kink.map(side => [rest + up * side, `the operation has a kink there, with the slopes ${kink.map(num).join(" and ")}: take ${num(d)}, which is used`]),
    [-y, "the sign is the other way round"],
    ...A[q.i].filter(a => a.v === q.v).length > 1 && !q.total ? [[A[q.i].reduce((all, a) => a.v === q.v ? all + a.s() : all, 0), "that is what comes along both arrows; asked is one of them alone"]] : [],
    ...q.total ? [
      [share, `that is only what comes through ${n}; what has come before, ${num(sum)}, is to be added`],
      [sum, `what comes through ${n} is missing`],
      [sum * share, "what comes along several paths is to be added, not multiplied"],
      [sum - share, `the sign of what comes through ${n} is the other way round`],
    ] : q.before.k ? [[sum + share, "that is all that has come so far; asked is what comes along this arrow alone"]] : [],
    ...[[d, own], [up, "that is what arrives alone: multiply it by this step's own derivative"]].map(([x, words]) => [rest + x, words]),
    [d, own],
    [rest + up + d, "what arrives and this step's own derivative are to be multiplied, not added"],
    [rest + up / d, "what arrives is to be multiplied by this step's own derivative, not divided by it"],
    ...swapped,
    ...[q.v, q.i].map(i => [value(i), `that is the value of ${N[i].name}, not a derivative`]),
    [1 / y, "that is one divided by it: the fraction is upside down"],
    [0, `0 would mean that ${R} does not move when ${c} does`],
  ];
}
const agrees = (x, y) => Object.is(x, y) || x === y || isFinite(y) && Math.abs(x - y) <= .005 * Math.abs(y); // in three digits
function likely(q, x) {
  const y = solution(q), found = mistakes(q).find(([wrong]) => agrees(x, wrong) && !agrees(wrong, y));
  return found ? found[1] : `hold the other inputs still, ask how much ${N[q.i].name} moves when ${N[q.v].name} does, and multiply that by what arrives`;
}

// arithmetic as it is typed, with the signs of textbooks and of full-width keyboards; undefined if it is none
const SIGNS = {"×": "*", "·": "*", "÷": "/", "⁄": "/", "−": "-", "–": "-", "∞": "inf", "**": "^"};
function numberIn(text) {
  const plain = s => s.replace(/[\u2066-\u2069]/g, "").replace(/[⁻⁰¹²³⁴-⁹]+/g, s => "^(" + s.normalize("NFKC") + ")").normalize("NFKC").replace(/\*\*|[×·÷⁄−–∞]/g, s => SIGNS[s]);
  const names = N.map((n, i) => [plain(n.name), i]).filter(([name]) => name && !/^[\d.]/.test(name)).sort((a, b) => b[0].length - a[0].length);
  let rest = plain(text).trim();
  const eat = found => { if (!found) throw 0; rest = rest.slice(found[0].length).trim(); return found[0] };
  const next = signs => rest && signs.includes(rest[0]) ? eat([rest[0]]) : "";
  function sum() { let x = product(); for (let s; s = next("+-");) { const y = product(); x = s === "+" ? x + y : x - y } return x }
  function product() { let x = signed(); for (let s; s = next("*/");) { const y = signed(); x = s === "*" ? x * y : x / y } return x }
  function signed() { const s = next("+-"); return s ? s === "-" ? -signed() : signed() : power() }
  function power() { const x = atom(); return next("^") ? x ** signed() : x }
  function atom() {
    if (next("(")) { const x = sum(); eat(/^\)/.exec(rest)); return x }
    const named = names.find(([name]) => rest.startsWith(name) && !/^[\p{L}\d_]/u.test(rest.slice(name.length)));
    if (named) { eat([named[0]]); return value(named[1]) }
    const word = eat(/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|^(inf|nan)(?![\p{L}\d_])/iu.exec(rest)).toLowerCase();
    return word === "inf" ? Infinity : Number(word);
  }
  try {
    const written = /inf|nan/i.test(rest), x = sum();
    return rest || !written && !isFinite(x) ? undefined : x;
  } catch { return undefined }
}

function pose(k) {
  stop();
  show(k, 0, true);
  $("#answer").value = $("#verdict").textContent = "";
  $("#answer").focus();
}
function settle(found) { // show what was asked for
  const y = solution(question), q = question, stay = $("#ask").contains(document.activeElement);
  right += found;
  answers++;
  show(cur);
  $("#verdict").innerHTML = `<b>${found ? "Right" : "Shown"}</b>: ${q.several && !q.total ? `${B(num(y))} along this arrow` : `${esc(ratio(q.v))} = ${B(num(y))}`}.`;
  if (stay) (cur < S.length - 1 ? $("#next") : $("#prev")).focus();
}
function check() {
  const text = $("#answer").value, x = numberIn(text);
  if (!text.trim()) return $("#answer").focus();
  if (x !== undefined && agrees(x, solution(question))) return settle(1);
  const words = x !== undefined ? likely(question, x)
    : /^\s*[-−+]?\d+([,，]\d+)+\s*$/.test(text) ? "a number is written with a point and without commas, as in 2.5"
    : "this is no number; write it as 2.5, 2/3, 3 × 4, inf or nan, or as arithmetic with the names in the picture";
  $("#verdict").innerHTML = `<b>Not yet</b>: ${esc(words)}.`;
  $("#answer").select();
  $("#answer").focus();
}
function paper() { // the field for the answer, as it belongs to the step
  $("#quiz").disabled = P.folded;
  $("#ask").hidden = !asks || P.folded;
  $("#field").hidden = !question;
  if (!asks) return;
  if (question) $("#asked").textContent = wanted(question);
  else $("#verdict").textContent = answers ? "" : "Step on: each derivative is asked for before it is shown.";
  $("#score").textContent = answers ? `${right} of ${answers} right` : "";
  plot();
}
$("#quiz").onclick = () => {
  asks = !asks;
  right = answers = 0;
  $("#quiz").setAttribute("aria-pressed", asks);
  $("#verdict").textContent = "";
  show(cur);
  plot();
};
$("#check").onclick = check;
$("#reveal").onclick = () => settle(0);
$("#answer").onkeydown = e => { if (e.key === "Enter" && !e.isComposing) { e.preventDefault(); check() } }; // else Enter would press the button that gets the focus
