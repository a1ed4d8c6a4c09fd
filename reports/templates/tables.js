// Tables: sorted by a click on a heading, narrowed by the fields above them.

const text = (cell) => cell.textContent.trim();

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

function sort(table, column, order) {
  const body = table.tBodies[0];
  const last = [];
  const keyed = [];
  for (const row of body.rows) {
    if (row.hasAttribute("data-last")) last.push(row);
    else keyed.push([value(row.cells[column]), row]);
  }
  const words = keyed.every(([key]) => key === null || typeof key === "string");
  const head = table.tHead.rows[0].cells[column];
  const [first, other] = words ? ["ascending", "descending"] : ["descending", "ascending"];
  order ??= head.getAttribute("aria-sort") === first ? other : first;
  const sign = order === "ascending" ? 1 : -1;
  keyed.sort(([a], [b]) => compare(a, b, sign));
  body.replaceChildren(...keyed.map(([, row]) => row), ...last);
  for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
}

function sortable(table, kept) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      sort(table, column);
      kept.write();
    });
  });
  kept.add(`sort.${table.id}`, {
    read: () => {
      const column = heads.findIndex((head) => head.hasAttribute("aria-sort"));
      return column < 0 ? [] : [`${column}.${heads[column].getAttribute("aria-sort")}`];
    },
    choose: ([said = ""]) => {
      const [column, order] = said.split(".");
      if (heads[column] && /^(a|de)scending$/.test(order)) sort(table, Number(column), order);
      else if (heads.some((head) => head.hasAttribute("aria-sort"))) {
        for (const head of heads) head.removeAttribute("aria-sort");
        table.tBodies[0].replaceChildren(...rows);
      }
    },
  });
}

// One search field and a choice for some columns; a line stays while it meets all of them.
function filters(box, root, kept) {
  const table = root.querySelector(`#${box.dataset.filters}`);
  const search = box.querySelector("input");
  const choices = [...box.querySelectorAll("select")];
  const counter = box.querySelector("output");
  const lines = [...table.tBodies[0].rows].map((row) => ({
    row,
    words: row.textContent.toLowerCase(),
    cells: choices.map((choice) => text(row.cells[choice.dataset.column])),
  }));
  const apply = () => {
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    for (const { row, words, cells } of lines) {
      const meets = choices.every(({ value }, place) => !value || cells[place] === value);
      row.hidden = !meets || (wanted !== "" && !words.includes(wanted));
      shown += !row.hidden && !isOff(row, root);
    }
    counter.textContent = `${shown.toLocaleString("en")} of ${lines.length.toLocaleString("en")} lines`;
  };
  box.addEventListener("input", () => {
    apply();
    kept.write();
  });
  root.addEventListener("chosen", apply);
  const fields = [search, ...choices];
  const begun = fields.map((field) => field.value);
  fields.forEach((field, place) => {
    kept.add(`show.${table.id}.${place}`, {
      read: () => (field.value === begun[place] ? [] : [field.value]),
      choose: ([said]) => {
        field.value = said ?? begun[place];
        if (field.selectedIndex === -1) field.value = begun[place];
        apply();
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
      if (buttons[place]) buttons[place].checked = true;
    },
  });
}
