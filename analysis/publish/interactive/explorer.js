// Draws the interactive figure from the data in the page: what stands in the two Vega-Lite
// specifications is how it looks, what stands here is which rows are shown. `vegaEmbed` is in scope.
const root = document.getElementById("explorer");
const data = JSON.parse(document.getElementById("explorer-data").textContent);
const form = root.querySelector("form");
const note = root.querySelector(".explorer-note");
const event = form.elements.event, first = form.elements.first, last = form.elements.last;
const DAY = data.first_day, SCALE = 1e4; // returns are stored as whole basis points
const percent = (x) => (100 * x).toFixed(1).replace("-", "\u2212") + "%";
const day = (x) => String(x).replace("-", "\u2212");

function cumulated(values, from, to) {
  let sum = 0;
  return values.slice(from - DAY, to - DAY + 1).map((v) => (v === null ? NaN : (sum += v / SCALE)));
}

// The study that an event is of: its paths, and the placebo bands of its years.
const study = () => (data.before && event.value in data.before.paths ? data.before : data);

// Another event may have other firms: where none of those chosen has a path, all that do are.
function choose() {
  const paths = study().paths[event.value] || {}, boxes = [...form.elements.firm];
  if (boxes.some((box) => box.checked && box.value in paths)) return;
  for (const box of boxes) box.checked = box.checked || box.value in paths;
}

function rows() {
  const from = +first.value, to = +last.value, found = { ranges: [], ways: [], left: [] };
  const { paths, bands } = study();
  for (const box of form.elements.firm) {
    if (!box.checked) continue;
    const ticker = box.value, path = (paths[event.value] || {})[ticker];
    const ar = path ? cumulated(path.ar, from, to) : [NaN];
    if (ar.some(Number.isNaN)) { found.left.push(ticker); continue; }
    const raw = cumulated(path.raw, from, to).at(-1);
    const band = (bands[ticker] || {})[to - from + 1];
    const [low, high] = band ? band.map((v) => v / SCALE) : [null, null];
    found.ranges.push({ ticker, ar: ar.at(-1), raw, low, high });
    ar.forEach((value, i) => found.ways.push({ ticker, day: from + i, value, end: from + i === to }));
  }
  spread(found.ways);
  return found;
}

// Names at the ends of the lines, pushed apart where they would cover one another.
function spread(ways) {
  const values = ways.map((row) => row.value), gap = 0.1 * (Math.max(...values) - Math.min(...values));
  let level = -Infinity;
  for (const row of ways.filter((row) => row.end).sort((a, b) => a.value - b.value)) {
    row.label = level = Math.max(row.value, level + gap);
  }
}

function say({ ranges, left }) {
  const said = ranges.map((r) => `${r.ticker}: return ${percent(r.raw)}, abnormal ${percent(r.ar)}, `
    + (r.low === null ? "too few placebo windows for a band"
      : `placebo band ${percent(r.low)} to ${percent(r.high)}`));
  if (left.length) said.push(`${left.join(", ")}: no complete window`);
  note.textContent = `Days ${day(first.value)} to ${day(last.value)}. ` + said.join(". ") + ".";
}

async function start() {
  const image = document.querySelector("#fig-explorer img");
  image.after(root);
  image.classList.add("explorer-static");
  root.hidden = false; // before the views are made: they take the width of their container
  const options = { actions: false, renderer: "svg", tooltip: true };
  const [ranges, ways] = await Promise.all(["ranges", "ways"].map(
    (name) => vegaEmbed(root.querySelector(`.explorer-${name}`), data.specs[name], options)));
  const show = ({ view }, values) => view.data("rows", values).runAsync();
  const update = () => {
    if (+first.value > +last.value) last.value = first.value;
    choose();
    const found = rows();
    show(ranges, found.ranges);
    show(ways, found.ways);
    say(found);
  };
  form.addEventListener("change", update);
  form.addEventListener("submit", (e) => e.preventDefault());
  update();
}
start();
