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

// The caption follows the event: behind its number stands what is drawn, in place of what the picture without a script shows.
function retitle() {
  const caption = document.querySelector("#fig-explorer figcaption");
  let told = caption.querySelector(".explorer-told");
  if (!told) {
    const kept = caption.querySelector(".float-label"), now = document.createElement("span");
    told = document.createElement("span");
    told.className = "explorer-told";
    const first = kept ? kept.nextSibling : caption.firstChild;
    if (!kept) { // the number stands in the text itself
      const number = first.data?.match(/^\s*\S+\s\d+:\s/);
      if (number) first.splitText(number[0].length);
    }
    const own = [...caption.childNodes].filter((node) => node !== kept && !(node === first && !kept && first.data?.match(/^\s*\S+\s\d+:\s$/))
      && !node.classList?.contains("provenance"));
    own[0].before(now, told);
    told.append(...own);
    now.className = "explorer-now";
  }
  const now = caption.querySelector(".explorer-now");
  const changed = event.value !== event.querySelector("option[selected]").value;
  told.hidden = changed;
  now.textContent = changed
    ? ` Cumulative abnormal return of the firms chosen over days ${day(first.value)} to ${day(last.value)} around the event of ${event.selectedOptions[0].textContent} Grey bars: placebo bands. `
    : "";
}

// Choices as the address has them, and back.
function recall() {
  const wanted = address.read();
  for (const [name, field] of [["event", event], ["from", first], ["to", last]]) {
    const value = wanted.get(name);
    const start = [...field.options].find((option) => option.defaultSelected);
    field.value = [...field.options].some((option) => option.value === value) ? value : start.value;
  }
  const firms = wanted.get("firms")?.split(" ");
  for (const box of form.elements.firm) box.checked = firms ? firms.includes(box.value) : box.defaultChecked;
}

function remember() {
  const boxes = [...form.elements.firm], own = (field) => [...field.options].find((option) => option.defaultSelected).value;
  const changed = (field) => (field.value === own(field) ? null : field.value);
  const firms = boxes.filter((box) => box.checked).map((box) => box.value).join(" ");
  address.write({
    event: changed(event), from: changed(first), to: changed(last),
    firms: boxes.every((box) => box.checked === box.defaultChecked) ? null : firms,
  });
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
    retitle();
  };
  form.addEventListener("change", () => { update(); remember(); });
  address.follow(() => { recall(); update(); });
  form.addEventListener("submit", (e) => e.preventDefault());
  recall();
  update();
  if (address.read().has("event")) root.closest("figure, .quarto-figure, #fig-explorer")?.scrollIntoView();
}
start();
