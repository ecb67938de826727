// Sorts and filters the tables whose rows have more below them, and opens a row that the address names.
for (const table of document.querySelectorAll("table.folded")) {
  const [head] = table.tHead.rows, body = table.tBodies[0];
  const pairs = [];
  for (const row of body.rows) row.classList.contains("more") ? pairs.at(-1).push(row) : pairs.push([row]);
  const text = (pair, column) => pair[0].cells[column].textContent.trim();

  const form = document.createElement("form");
  form.className = "folded-controls";
  form.innerHTML = '<label>Words <input type="search"></label> <label>Verdict <select><option value="">all</option></select></label>'
    + ' <output role="status"></output>';
  const [words, verdict, told] = form.querySelectorAll("input, select, output");
  for (const name of new Set(pairs.map(pair => text(pair, 1)))) verdict.append(new Option(name));
  const filter = () => {
    let shown = 0;
    for (const pair of pairs) {
      const kept = (!verdict.value || text(pair, 1) === verdict.value)
        && pair.some(row => row.textContent.toLowerCase().includes(words.value.toLowerCase()));
      for (const row of pair) row.hidden = !kept;
      shown += kept;
    }
    told.textContent = shown + " of " + pairs.length + " rows";
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
  (table.closest(".scroll") || table).before(form);

  // Numbers by size, whatever has none last; ids as A2 before A10.
  const value = cell => parseFloat(cell.replace("\u2212", "-"));
  const compare = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (!isNaN(x) && !isNaN(y)) return x - y;
    if (isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1;
    return a.localeCompare(b, undefined, { numeric: true });
  };
  [...head.cells].forEach((cell, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") === "ascending";
      for (const other of head.cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      pairs.sort((a, b) => (down ? -1 : 1) * compare(text(a, column), text(b, column)));
      for (const pair of pairs) body.append(...pair);
    });
  });

  const open = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const pair = target && pairs.find(([row]) => row.contains(target));
    if (!pair) return;
    if (pair[0].hidden) { form.reset(); filter(); }
    const details = pair[1] && pair[1].querySelector("details");
    if (details) details.open = true;
    target.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", open);
  filter();
  open();
}
