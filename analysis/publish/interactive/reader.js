// The panel in which a reader argues with the paper: what the rule of each claim returns under other choices. Everything was
// computed before; here it is looked up, said in the panel, and noted beside every claim in the text and in the ledger.
const host = document.getElementById("reader");
const data = JSON.parse(document.getElementById("reader-data").textContent);
const COLUMNS = ["effect", "low", "high", "p", "holm", "verdict", "episodes", "second"], MISSING = -32768;
const sign = (text) => text.replace("-", "\u2212");
const slug = (text) => text.replace(/\u2212/g, "m").replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
const PRINT = {
  percent1: (x) => sign((x / 10).toFixed(1)) + "%",
  percent0: (x) => sign(x.toFixed(0)) + "%",
  decimal2: (x) => sign((x / 100).toFixed(2)),
};
const printP = (x) => (x === 0 ? "< 0.001" : (x / 1000).toFixed(x < 100 ? 3 : 2));
const place = new Map(data.claims.claim.map((id, at) => [id, at]));
const shape = [data.menus.window, data.menus.contamination, data.menus.coding, data.menus.normal, data.menus.length]
  .map((menu) => menu.length);
const normals = data.menus.normal.map((name) => {
  const [model, ...funds] = name.split(" ");
  return { model, benchmark: funds.join(" ") };
});
const distinct = (values) => [...new Set(values)];
const menus = {
  window: data.menus.window,
  benchmark: distinct(normals.map((n) => n.benchmark).filter(Boolean)),
  model: distinct(normals.map((n) => n.model)),
  estimation: data.menus.length.map(String), // a form has a length of its own
  coding: data.menus.coding,
  contamination: data.menus.contamination,
  sample: ["items", "history", "both"],
};
let grid = null;

async function unpack() {
  const bytes = Uint8Array.from(atob(data.grid), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const values = new DataView(await new Response(stream).arrayBuffer());
  const cells = shape.reduce((a, b) => a * b), found = {};
  let at = 0;
  for (const id of data.argued) {
    found[id] = {};
    for (const name of COLUMNS) {
      const column = found[id][name] = new Int32Array(cells);
      for (let i = 0, sum = 0; i < cells; i += 1, at += 2) column[i] = sum = (sum + values.getInt16(at, true)) << 16 >> 16;
    }
  }
  return found;
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const form = element("form", { "aria-label": "Choices" });
const status = element("p", { role: "status", "aria-live": "polite", class: "reader-status" });
const body = element("tbody");

function build() {
  host.append(element("h3", {}, "Argue with the paper"), element("p", {}, data.words.intro));
  for (const [name, options] of Object.entries(menus)) {
    const select = element("select", { name });
    for (const value of options) select.append(element("option", { value: slug(value) }, data.words.options[name]?.[value] ?? value));
    form.append(element("label", {}, `${data.words.axes[name]} `, select));
  }
  form.append(element("button", { type: "reset" }, "The ledger's choices"));
  const head = element("tr");
  for (const title of ["Claim", "Under these choices", "Holm p", "Its rule says", "Ledger", "As registered"]) head.append(element("th", { scope: "col" }, title));
  const table = element("table", {}, element("thead", {}, head), body);
  host.append(form, status, element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Every claim under these choices" }, table));
  host.hidden = false;
}

const chosen = (name) => form.elements[name].selectedIndex;
const option = (name) => menus[name][chosen(name)];

// The place of the model and its benchmark; the mean of the firm itself has no benchmark.
function normal() {
  const { value: model } = { value: option("model") }, benchmark = option("benchmark");
  return normals.findIndex((n) => n.model === model && (n.benchmark === "" || n.benchmark === benchmark));
}

function allowed() {
  const benchmark = option("benchmark"), select = form.elements.model;
  menus.model.forEach((model, at) => {
    select.options[at].disabled = !normals.some((n) => n.model === model && (n.benchmark === "" || n.benchmark === benchmark));
  });
  if (select.selectedOptions[0].disabled) select.selectedIndex = 0;
  form.elements.benchmark.disabled = option("model") === "mean";
}

const plain = () => Object.keys(menus).every((name) => chosen(name) === 0 || (name === "benchmark" && option("model") === "mean"))
  && normal() === 0;

function interval(format, effect, low, high) {
  return `${PRINT[format](effect)} (${PRINT[format](low)} to ${PRINT[format](high)})`;
}

// What the rule of a claim says: { text, holm, verdict } or { text } where nothing can be said.
function ask(id) {
  const at = place.get(id), claims = data.claims;
  if (option("sample") !== "items") return askEarlier(claims.earlier[at], option("sample"), claims.conditioned[at]);
  if (!claims.format[at]) return { text: `No choice applies: ${claims.reach[at]}.`, verdict: claims.verdict[at], same: true };
  const index = [chosen("window"), chosen("contamination"), chosen("coding"), normal(), chosen("estimation")]
    .reduce((sum, part, axis) => sum * shape[axis] + part, 0);
  const cell = Object.fromEntries(COLUMNS.map((name) => [name, grid[id][name][index]]));
  const taken = claims.windows[at].split(";")[chosen("window")];
  const episodes = claims.sides[at] === 2 ? `${cell.episodes} + ${cell.second}` : cell.episodes;
  const notes = [chosen("window") === 0 ? "" : taken ? `window ${taken}` : "its own window", `${episodes} episodes`];
  if (chosen("window") !== 0 && claims.reach[at]) notes.push(claims.reach[at]);
  const verdict = data.verdicts[cell.verdict];
  if (cell.low === MISSING) return { text: `Too few episodes (${notes.filter(Boolean).join("; ")}).`, verdict };
  const p = cell.p === MISSING ? "" : `; p ${printP(cell.p)}`;
  return {
    text: `${interval(claims.format[at], cell.effect, cell.low, cell.high)}${p}; ${notes.filter(Boolean).join("; ")}.`,
    holm: cell.holm === MISSING ? null : cell.holm, verdict,
  };
}

// A test of the earlier years: runs by window, own news and intercept, in standard errors and without a verdict.
function askEarlier(id, sample, conditioned = false) {
  const rows = data.earlier, none = (text) => ({ text, verdict: "" });
  if (!id) return none("Not applicable: no claim of the earlier years says the same.");
  if (conditioned && sample === "both") return none("Not applicable: the claim sets a condition on its events that the test of the earlier years does not.");
  if (chosen("coding") || chosen("estimation")) return none("Not applicable: coding and estimation length vary in the items' years alone.");
  const window = chosen("window") ? option("window") : rows.window[0];
  const at = rows.claim.findIndex((claim, i) => claim === id && rows.sample[i] === sample && rows.window[i] === window
    && rows.contamination[i] === option("contamination") && rows.normal[i] === data.menus.normal[normal()]);
  if (at < 0) return none(`Not applicable: ${sample === "both" ? "both studies are pooled at their first choices alone" : "no such run of the earlier years"}.`);
  return {
    text: `${interval("decimal2", rows.scar[at], rows.low[at], rows.high[at])} standard errors; p ${printP(rows.p[at])}; ${rows.episodes[at]} episodes${sample === "both" ? " of both studies" : " of the years before"}${conditioned ? ", without the condition that the claim sets on its events" : ""}.`,
    holm: rows.holm[at] ?? null, verdict: "no verdict: a run beside the registered one",
  };
}

function note(id) {
  const at = place.get(id), said = at === undefined ? askEarlier(id, "history") : ask(id);
  const parts = [`Under a reader's choices, exploratory: ${said.text}`];
  if (said.holm !== undefined && said.holm !== null) parts.push(`Holm p ${printP(said.holm)}.`);
  if (said.verdict && !said.same) parts.push(`Its rule says: ${said.verdict}.`);
  if (at !== undefined) parts.push(`Ledger: ${data.claims.verdict[at]}${data.claims.registered[at] ? `; as registered: ${data.claims.registered[at]}` : ""}.`);
  return parts.join(" ");
}

// The claim of a row of the ledger, by a mark or by its first cell, and that of a sentence, by its key.
function places() {
  const found = [];
  for (const span of document.querySelectorAll(".claim[data-key]")) {
    const key = span.dataset.key, id = place.has(key) ? key : key.match(/^before\.(h\d+)$/)?.[1].toUpperCase();
    if (place.has(id) || data.earlier?.claim.includes(id)) found.push([id, span, "after"]);
  }
  for (const row of document.querySelectorAll("#tbl-ledger tbody tr")) {
    const id = row.dataset.claim ?? row.cells[0]?.textContent.trim().replace(/\*+$/, "");
    if (place.has(id)) found.push([id, row.cells[1] ?? row.cells[0], "append"]);
  }
  return found;
}

function annotate() {
  document.querySelectorAll(".reader-note").forEach((made) => made.remove());
  if (plain()) return;
  for (const [id, where, how] of places()) where[how](element("span", { class: "reader-note" }, ` [${note(id)}]`));
}

function update(event) {
  allowed();
  body.replaceChildren();
  const turned = [], survive = [];
  for (const [at, id] of data.claims.claim.entries()) {
    const said = ask(id);
    if (said.holm !== undefined && said.holm !== null && said.holm < data.size) survive.push(id);
    if (option("sample") === "items" && said.verdict !== data.claims.verdict[at]) turned.push(`${id} (${said.verdict})`);
    const link = element("a", { href: `#${new URLSearchParams([...address.read(), ["row", id]])}` }, id);
    const cells = [said.text, said.holm === undefined || said.holm === null ? "\u2013" : printP(said.holm), said.same ? "\u2013" : said.verdict || "\u2013", data.claims.verdict[at], data.claims.registered[at] || "\u2013"];
    const row = element("tr", { id: `reader-${id}` }, element("th", { scope: "row", title: data.claims.statement[at] }, link));
    cells.forEach((text) => row.append(element("td", {}, text)));
    body.append(row);
  }
  annotate();
  status.textContent = plain() ? "These are the choices of the ledger."
    : `Exploratory. Holm p below ${data.size / 10}%: ${survive.join(", ") || "no claim"}. `
      + (option("sample") === "items" ? `Other verdicts than in the ledger: ${turned.join(", ") || "none"}.` : "Verdicts are those of the items' years alone.");
  if (event) address.write(Object.fromEntries(Object.keys(menus).map((name) => [name, chosen(name) ? form.elements[name].value : null])));
}

function follow() {
  const wanted = address.read();
  for (const [name, options] of Object.entries(menus)) {
    const at = options.findIndex((value) => slug(value) === wanted.get(name));
    form.elements[name].selectedIndex = Math.max(at, 0);
  }
  update();
  const row = document.getElementById(`reader-${wanted.get("row")}`);
  if (row) { row.scrollIntoView({ block: "center" }); row.querySelector("a").focus({ preventScroll: true }); }
}

document.head.append(element("style", {}, data.style));
try {
  grid = await unpack();
  build();
  form.addEventListener("change", update);
  form.addEventListener("reset", () => setTimeout(() => update(true)));
  form.addEventListener("submit", (event) => event.preventDefault());
  address.follow(follow);
  follow();
} catch (error) {
  host.append(element("p", {}, "This browser cannot unpack the choices; a newer one can."));
  host.hidden = false;
  if (!(error instanceof ReferenceError)) throw error;
}
