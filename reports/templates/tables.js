// Tables: sorted by a click on a heading, narrowed by the fields above them and by the chooser.

const AT_ONCE = 60; // so many lines are laid out in a blink; the others follow on scrolling

const text = (cell) => cell?.textContent.trim() ?? "";

// What a cell is sorted by: its own value, else the number it shows, else its words.
function value(cell) {
  if (!cell) return null;
  if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
  const shown = text(cell);
  if (shown === "–") return null;
  const number = Number(shown.replace(/[,%]/g, ""));
  return shown === "" || Number.isNaN(number) ? shown.toLowerCase() : number;
}

// Empty cells come last in both directions; numbers begin with the largest.
function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === typeof b) return (a < b ? -1 : a > b ? 1 : 0) * sign;
  return typeof a === "number" ? -1 : 1;
}

// The lines of a table: in some order, those that are wanted, and of many only the first.
function listing(table, root) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const last = [...body.rows].filter((row) => row.hasAttribute("data-last"));
  const lines = [...body.rows].filter((row) => !row.hasAttribute("data-last"));
  const more = document.createElement("button");
  let [ordered, wanted, limit] = [lines, () => true, AT_ONCE];

  function show() {
    const kept = ordered.filter((row) => wanted(row) && !isOff(row, root));
    body.replaceChildren(...kept.slice(0, limit), ...last.filter((row) => !isOff(row, root)));
    more.hidden = kept.length <= limit;
    return kept.length;
  }

  function extend(by) {
    limit += by;
    show();
  }

  function order(column, direction) {
    for (const head of heads) head.removeAttribute("aria-sort");
    ordered = lines;
    if (direction) {
      heads[column].setAttribute("aria-sort", direction);
      const sign = direction === "ascending" ? 1 : -1;
      const keyed = lines.map((row) => [value(row.cells[column]), row]);
      ordered = keyed.sort(([a], [b]) => compare(a, b, sign)).map(([, row]) => row);
    }
    limit = AT_ONCE;
    show();
  }

  // Words begin with the first letter, numbers with the largest; then the other way round.
  function turn(column) {
    const keys = lines.map((row) => value(row.cells[column]));
    const words = keys.every((key) => key === null || typeof key === "string");
    const [first, other] = words ? ["ascending", "descending"] : ["descending", "ascending"];
    order(column, heads[column].getAttribute("aria-sort") === first ? other : first);
  }

  function narrow(test) {
    [wanted, limit] = [test, AT_ONCE];
    return show();
  }

  if (lines.length > AT_ONCE) {
    more.type = "button";
    more.className = "further";
    more.textContent = "More lines";
    more.addEventListener("click", () => extend(AT_ONCE));
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && extend(AT_ONCE)).observe(more);
    table.after(more);
    addEventListener("beforeprint", () => extend(Infinity));
    addEventListener("afterprint", () => narrow(wanted));
    show();
  }
  root.addEventListener("chosen", show);
  return { heads, lines, order, turn, narrow };
}

function sortable(table, listed, kept) {
  const { heads, order, turn } = listed;
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      turn(column);
      kept.write();
    });
  });
  kept.add(`sort.${table.id}`, {
    read: () => {
      const column = heads.findIndex((head) => head.hasAttribute("aria-sort"));
      return column < 0 ? [] : [`${column}.${heads[column].getAttribute("aria-sort")}`];
    },
    choose: ([said = ""]) => {
      const [place, direction] = said.split(".");
      const column = Number(place);
      if (heads[column] && /^(a|de)scending$/.test(direction)) order(column, direction);
      else if (heads.some((head) => head.hasAttribute("aria-sort"))) order();
    },
  });
}

// One search field and a choice for some columns; a line stays while it meets all of them.
function filters(box, root, listed, kept) {
  const search = box.querySelector("input");
  const choices = [...box.querySelectorAll("select")];
  const counter = box.querySelector("output");
  const { lines, narrow } = listed;
  const words = new Map(); // of a line, once it has been searched

  function has(row, wanted) {
    if (!words.has(row)) words.set(row, row.textContent.toLowerCase());
    return words.get(row).includes(wanted);
  }

  function apply() {
    const wanted = search.value.trim().toLowerCase();
    const chosen = choices.filter(({ value }) => value);
    const shown = narrow(
      (row) =>
        chosen.every(({ value, dataset }) => text(row.cells[dataset.column]) === value) &&
        (!wanted || has(row, wanted)),
    );
    const [part, all] = [shown, lines.length].map((count) => count.toLocaleString("en"));
    counter.textContent = `${part} of ${all} lines`;
  }

  box.addEventListener("input", () => {
    apply();
    kept.write();
  });
  root.addEventListener("chosen", apply);
  const fields = [search, ...choices];
  const begun = fields.map((field) => field.value);
  fields.forEach((field, place) => {
    kept.add(`show.${box.dataset.filters}.${place}`, {
      read: () => (field.value === begun[place] ? [] : [field.value]),
      choose: ([said]) => {
        const before = field.value;
        field.value = said ?? begun[place];
        if (field.selectedIndex === -1) field.value = begun[place];
        if (field.value !== before) apply();
      },
    });
  });
  box.hidden = false;
  apply();
}

// Which pane of a switch is shown.
function switched(box, kept) {
  const buttons = [...box.querySelectorAll(":scope > input")];
  box.addEventListener("change", (event) => buttons.includes(event.target) && kept.write());
  kept.add(`pane.${buttons[0].name}`, {
    read: () => {
      const place = buttons.findIndex((button) => button.checked);
      return place > 0 ? [String(place)] : [];
    },
    choose: ([place = 0]) => {
      const button = buttons[Number(place)];
      if (button) button.checked = true;
    },
  });
}
