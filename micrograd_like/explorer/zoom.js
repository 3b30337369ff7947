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
