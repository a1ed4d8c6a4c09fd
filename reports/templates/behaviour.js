// Small behaviours, each bound by a data attribute. The page reads well without any of them.

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

// The navigation says where the reader is, and closes when he has chosen where to go.
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
  nav.addEventListener("click", (event) => {
    if (event.target.closest("a") && nav.matches(":popover-open")) nav.hidePopover();
  });
}

function bind(root) {
  root.dataset.bound = "";
  const kept = address(root);
  const listed = new Map();
  for (const table of root.querySelectorAll("[data-sortable]")) {
    listed.set(table.id, listing(table, root));
    sortable(table, listed.get(table.id), kept);
  }
  for (const box of root.querySelectorAll("[data-filters]")) {
    filters(box, root, listed.get(box.dataset.filters), kept);
  }
  root.querySelectorAll(".switch").forEach((box) => switched(box, kept));
  root.querySelectorAll("[data-chooser]").forEach((panel) => chooser(panel, root, kept));
  root.querySelectorAll("[data-theme-toggle]").forEach(theme);
  root.querySelectorAll("[data-follow]").forEach(follow);
  readings(root);
  downloads(root);
  kept.restore();
}

document.querySelectorAll(".cxrbench:not([data-bound])").forEach(bind);
