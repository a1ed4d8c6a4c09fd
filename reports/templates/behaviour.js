// Small behaviours, each bound by a data attribute. The page reads well without any of them.
(() => {
  "use strict";

  const text = (cell) => cell.textContent.trim();

  // What a cell is sorted by: its own value, else the number it shows, else its words.
  function value(cell) {
    if (!cell || text(cell) === "–") return null;
    if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
    const shown = text(cell);
    const number = Number(shown.replace(/[,%]/g, ""));
    return shown === "" || Number.isNaN(number) ? shown.toLowerCase() : number;
  }

  // Empty cells come last in both directions; numbers begin with the largest.
  function compare(a, b, sign) {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === typeof b) return (a < b ? -1 : a > b ? 1 : 0) * sign;
    return typeof a === "number" ? -1 : 1;
  }

  function sort(table, column, head) {
    const body = table.tBodies[0];
    const keyed = [...body.rows]
      .filter((row) => !row.hasAttribute("data-last"))
      .map((row) => [value(row.cells[column]), row]);
    const words = keyed.every(([key]) => key === null || typeof key === "string");
    const before = head.getAttribute("aria-sort");
    const first = words ? "ascending" : "descending";
    const other = words ? "descending" : "ascending";
    const order = before === first ? other : first;
    const sign = order === "ascending" ? 1 : -1;
    keyed.sort(([a], [b]) => compare(a, b, sign));
    const last = [...body.rows].filter((row) => row.hasAttribute("data-last"));
    body.append(...keyed.map(([, row]) => row), ...last);
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
  }

  function sortable(table) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, column, head));
    });
  }

  // One search field and a choice for some columns; a line stays while it meets all of them.
  function filters(box, root) {
    const rows = [...root.querySelector(`#${box.dataset.filters}`).tBodies[0].rows];
    const search = box.querySelector("input");
    const choices = [...box.querySelectorAll("select")];
    const counter = box.querySelector("output");
    const apply = () => {
      const wanted = search.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        const kept =
          choices.every((c) => !c.value || text(row.cells[c.dataset.column]) === c.value) &&
          (!wanted || row.textContent.toLowerCase().includes(wanted));
        row.hidden = !kept;
        shown += kept;
      }
      counter.textContent = `${shown} of ${rows.length} lines`;
    };
    box.addEventListener("input", apply);
    box.hidden = false;
    apply();
  }

  // The legend's keys hide a row's lines in every drawing at once.
  function legend(key, root) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...key.childNodes);
    button.style.cssText = key.style.cssText;
    button.setAttribute("aria-pressed", "true");
    button.dataset.rowKey = key.dataset.rowKey;
    key.replaceWith(button);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      for (const other of root.querySelectorAll(`[data-row-key="${key.dataset.rowKey}"]`)) {
        other.setAttribute("aria-pressed", String(on)); // each section has a legend of its own
      }
      for (const line of root.querySelectorAll(`[data-row="${key.dataset.rowKey}"]`)) {
        line.classList.toggle("off", !on);
      }
    });
  }

  const page = document.documentElement;

  function remembered() {
    try {
      return localStorage.getItem("cxrbench-theme");
    } catch {
      return null; // a page opened from disk may be denied storage
    }
  }

  function remember(theme) {
    try {
      localStorage.setItem("cxrbench-theme", theme);
    } catch {
      // the choice then lasts as long as the page
    }
  }

  function theme(button) {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const show = (chosen) => {
      page.dataset.theme = chosen;
      button.textContent = chosen === "dark" ? "Light" : "Dark";
      button.setAttribute("aria-label", `${button.textContent} theme`);
    };
    show(remembered() ?? system);
    button.hidden = false;
    button.addEventListener("click", () => {
      show(page.dataset.theme === "dark" ? "light" : "dark");
      remember(page.dataset.theme);
    });
  }

  // The navigation says where the reader is.
  function follow(nav) {
    const links = new Map([...nav.querySelectorAll("a")].map((a) => [a.hash.slice(1), a]));
    const seen = new Set();
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) seen.add(target.id);
          else seen.delete(target.id);
        }
        const current = [...links.keys()].find((id) => seen.has(id));
        for (const [id, link] of links) {
          if (id === current) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
      },
      { rootMargin: "-30% 0px -60% 0px" },
    );
    for (const id of links.keys()) observer.observe(document.getElementById(id));
  }

  function bind(root) {
    root.dataset.bound = "";
    root.querySelectorAll("[data-sortable]").forEach(sortable);
    root.querySelectorAll("[data-filters]").forEach((box) => filters(box, root));
    root.querySelectorAll("[data-row-key]").forEach((key) => legend(key, root));
    root.querySelectorAll("[data-theme-toggle]").forEach(theme);
    root.querySelectorAll("[data-follow]").forEach(follow);
  }

  document.querySelectorAll(".cxrbench:not([data-bound])").forEach(bind);
})();
