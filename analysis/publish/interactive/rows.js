// What stands behind a number or a claim, where the pointer or the focus is: its words, then the first rows of the data. Tab
// reaches numbers and claims on request only: there are hundreds of them.
const behind = JSON.parse(document.getElementById("rows-data").textContent);
const marked = () => document.querySelectorAll("main .num, main .claim, .abstract .num, .abstract .claim");
const tip = document.createElement("div");
Object.assign(tip, { id: "tip", role: "tooltip", hidden: true });
let shown = null, leaving = 0;

function made(name, text, ...children) {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

// The rows of a key, or of the longest beginning of it; other rules have other rows, which the page does not hold.
function find(element) {
  const key = element.dataset.key, parts = key.toLowerCase().split(".");
  if (parts.includes("registered")) return null;
  const from = element.classList.contains("claim") ? [["claim", ...parts], parts] : [parts];
  for (const words of from) {
    for (let length = words.length; length > 0; length -= 1) {
      const found = behind.sets[words.slice(0, length).join(".")];
      if (found) return found;
    }
  }
  return null;
}

function listed([what, count, rows]) {
  const table = made("table", "", made("caption", `${what}: ${rows.length < count ? `first ${rows.length} of ${count} rows` : `${count} ${count === 1 ? "row" : "rows"}`}`));
  for (const row of rows) {
    table.append(made("tr", "", ...row.map((cell) => made("td", cell))));
  }
  return table;
}

function files(element) {
  const names = (element.dataset.from ?? "").split(" ").filter((name) => name in behind.files);
  return names.length ? made("p", `Data: ${names.map((name) => `${name} (${behind.files[name]} rows)`).join(", ")}`) : "";
}

function show(element) {
  if (shown === element) return;
  hide();
  shown = element;
  element.dataset.told = element.title;
  element.removeAttribute("title"); // or the browser shows it a second time
  const rows = find(element);
  const told = element.dataset.told.split("; ").map((text) => made("p", text));
  tip.replaceChildren(...told, rows ? listed(rows) : files(element));
  tip.hidden = false;
  element.setAttribute("aria-describedby", "tip");
  const box = element.getBoundingClientRect(), height = tip.offsetHeight, width = tip.offsetWidth;
  const below = box.bottom + height + 8 < innerHeight || box.top < height + 8;
  tip.style.top = `${Math.max(4, Math.min(below ? box.bottom + 4 : box.top - height - 4, innerHeight - height - 4))}px`;
  tip.style.left = `${Math.max(4, Math.min(box.left, document.documentElement.clientWidth - width - 4))}px`;
}

function hide() {
  clearTimeout(leaving);
  if (!shown) return;
  shown.title = shown.dataset.told;
  shown.removeAttribute("aria-describedby");
  tip.hidden = true;
  shown = null;
}

const target = (event) => event.target.closest?.(".num, .claim");
addEventListener("pointerover", (event) => {
  if (target(event)) show(target(event));
  if (target(event) || event.target.closest?.("#tip")) clearTimeout(leaving);
  else if (shown && shown !== document.activeElement) { clearTimeout(leaving); leaving = setTimeout(hide, 300); }
});
addEventListener("focusin", (event) => (target(event) ? show(target(event)) : hide()));
addEventListener("focusout", hide);
addEventListener("keydown", (event) => {
  if (event.key === "Escape") hide();
  if (event.altKey && event.shiftKey && event.code === "KeyN") toggle.click();
});
addEventListener("scroll", () => { if (shown && shown !== document.activeElement) hide(); }, { passive: true });

const toggle = made("button", "Tab stops at numbers and claims");
toggle.type = "button";
toggle.setAttribute("aria-pressed", "false");
toggle.setAttribute("aria-keyshortcuts", "Alt+Shift+N");
toggle.title = "Alt+Shift+N";
toggle.addEventListener("click", () => {
  const on = toggle.getAttribute("aria-pressed") === "false";
  toggle.setAttribute("aria-pressed", String(on));
  for (const element of marked()) element.tabIndex = on ? 0 : -1;
});
const bar = made("p", "", toggle);
bar.className = "tab-stops";
const style = made("style", behind.style);
document.head.append(style);
document.documentElement.classList.add("with-tips");
(document.querySelector(".title-block, #title-block-header") ?? document.body).append(bar);
document.body.append(tip);
