// Which rows and findings are shown: one choice for every table and every drawing of the page.

// Whether what an element is about has been hidden.
function isOff(element, root) {
  return ["row", "finding"].some((kind) =>
    (element.dataset[kind] ?? "").split(" ").some((place) => root.off?.[kind].has(place)),
  );
}

function chooser(panel, root, kept) {
  const boxes = { row: [], finding: [] };
  for (const box of panel.querySelectorAll("[data-choose]")) boxes[box.dataset.choose].push(box);
  const every = [...boxes.row, ...boxes.finding];
  const sheet = root.appendChild(document.createElement("style"));
  const heads = [...root.querySelectorAll("thead th:is([data-row], [data-finding])")];
  const told = [...root.querySelectorAll("[data-chosen]")];
  const { id } = root.querySelector(".report"); // another report on the page has another
  root.off = {};

  // A style sheet hides, so that nothing on the page has to be gone through.
  function apply() {
    for (const kind in boxes) {
      root.off[kind] = new Set(boxes[kind].filter((box) => !box.checked).map((box) => box.value));
    }
    const hidden = Object.entries(root.off).flatMap(([kind, places]) =>
      [...places].map((place) => `[data-${kind}~="${place}"]`),
    );
    const columns = heads
      .filter((head) => isOff(head, root))
      .map((head) => `#${head.closest("table").id} tbody td:nth-child(${head.cellIndex + 1})`);
    const rules = [...hidden.map((mark) => `#${id} ${mark}`), ...columns];
    sheet.textContent = rules.length ? `${rules.join(", ")} { display: none !important; }` : "";
    for (const key of root.querySelectorAll("[data-row-key]")) {
      key.setAttribute("aria-pressed", String(!root.off.row.has(key.dataset.rowKey)));
    }
    const some = every.some((box) => !box.checked);
    for (const place of told) {
      place.textContent = some ? words() : "all shown";
      place.parentElement.toggleAttribute("data-some", some);
    }
    root.dispatchEvent(new Event("chosen"));
  }

  function words() {
    const counts = Object.entries(boxes).map(([kind, all]) => [kind, all, all.length - root.off[kind].size]);
    const some = counts.filter(([, all, shown]) => shown < all.length);
    return some.map(([kind, all, shown]) => `${shown} of ${all.length} ${kind}s`).join(", ");
  }

  panel.addEventListener("change", () => {
    apply();
    kept.write();
  });
  for (const button of panel.querySelectorAll("[data-all], [data-none]")) {
    button.addEventListener("click", () => {
      const kind = button.dataset.all ?? button.dataset.none;
      for (const box of boxes[kind]) box.checked = "all" in button.dataset;
      apply();
      kept.write();
    });
  }
  for (const [kind, key] of [["row", "hide"], ["finding", "without"]]) {
    kept.add(key, {
      read: () => boxes[kind].filter((box) => !box.checked).map((box) => box.dataset.name),
      choose: (names) => {
        for (const box of boxes[kind]) box.checked = !names.includes(box.dataset.name);
        apply();
      },
    });
  }
  for (const button of root.querySelectorAll("[data-chooser-button]")) button.hidden = false;
  for (const key of root.querySelectorAll("[data-row-key]")) pressable(key, boxes.row);
  apply();
}

// A legend's key shows and hides its row, as the chooser does.
function pressable(key, boxes) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...key.childNodes);
  button.style.cssText = key.style.cssText;
  button.setAttribute("aria-pressed", "true");
  button.dataset.rowKey = key.dataset.rowKey;
  key.replaceWith(button);
  const box = boxes.find((box) => box.value === key.dataset.rowKey);
  button.addEventListener("click", () => box.click());
}
