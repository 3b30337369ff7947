// Above stand F, the functions of the table, and O, its operations: n inputs, the value f, the ways b of the rule, and
// what these ask, q. In the page stand the data of the computation and the drawings, as JSON. The other files are parts
// of this one, in the order in which page.py names them: the program and the picture first, what asks and moves last.
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
__PARTS__
function fromAddress() { // "#12" is a step, "#3.12" one in picture 3
  const [step, picture = 0] = location.hash.slice(1).split(".").reverse().map(x => parseInt(x) || 0);
  open(D.pictures[picture] ? picture : 0, step);
}
fromAddress();
addEventListener("hashchange", fromAddress);
})();
