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
