// What a reader chose stands in the address, `#event=…&window=…`, so that it can be linked. Every script of the page has
// keys of its own and leaves those of the others; an anchor of the text is left as it is.
const address = {
  read: () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : ""),
  write(values) {
    const now = address.read();
    for (const [name, value] of Object.entries(values)) {
      if (value === null) now.delete(name); else now.set(name, value);
    }
    const text = now.toString();
    if (text || location.hash.includes("=")) history.replaceState(null, "", `#${text}`);
  },
  follow: (apply) => addEventListener("hashchange", () => { if (location.hash.includes("=")) apply(); }),
};
