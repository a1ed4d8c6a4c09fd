// Exact values: of what is pointed at, and of the point of a curve next to the pointer.

const NEAR = 22; // how far from a point it is still read, in pixels of the screen

function readings(root) {
  const tip = root.appendChild(document.createElement("div"));
  tip.className = "tip";
  tip.popover = "manual";
  tip.setAttribute("role", "status");
  const cursors = new Map(); // by drawing: where the arrow keys are

  function show(lines, x, y) {
    tip.replaceChildren(
      ...lines.map((line, place) => {
        const element = document.createElement(place ? "span" : "b");
        element.textContent = line;
        return element;
      }),
    );
    if (!tip.matches(":popover-open")) tip.showPopover();
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(x + 14, innerWidth - width - 8);
    const top = y + 18 + height > innerHeight ? y - height - 12 : y + 18;
    tip.style.translate = `${Math.max(left, 8)}px ${Math.max(top, 8)}px`;
  }

  function hide() {
    if (tip.matches(":popover-open")) tip.hidePopover();
    root.querySelector(".reading")?.classList.remove("reading");
    root.querySelector(".near")?.classList.remove("near");
    root.querySelector(".at")?.remove();
  }

  // Put a ring at a point of a drawing and tell its values there.
  function tell(svg, { line, place }) {
    hide();
    const [x, y] = line.points[place];
    const ring = document.createElementNS(svg.namespaceURI, "circle");
    for (const [name, given] of Object.entries({ class: "at", cx: x, cy: y, r: 3 })) {
      ring.setAttribute(name, given);
    }
    svg.append(ring);
    svg.classList.add("reading");
    line.element.classList.add("near");
    const on = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
    show(values(svg, line, place), on.x, on.y);
  }

  function point(event) {
    const svg = event.target.closest("svg[data-reading]");
    const found = svg && nearest(svg, event, root);
    if (found) return tell(svg, found);
    hide();
    const lines = said(event.target)?.filter(Boolean);
    if (lines?.length) show(lines, event.clientX, event.clientY);
  }

  // Arrow keys: along a line, from row to row, and with Shift from drawing to drawing.
  function press(event) {
    const svg = event.target.closest("svg[data-reading]");
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (event.key === "Escape") hide();
    if (!svg || !step) return;
    event.preventDefault();
    if (event.shiftKey) return focusBeside(svg, step);
    const lines = linesOf(svg).filter(({ element }) => !isOff(element, root));
    if (!lines.length) return;
    const at = cursors.get(svg) ?? { line: lines[0], place: -1 };
    const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    let row = lines.indexOf(at.line);
    row = sideways ? Math.max(row, 0) : (row + step + lines.length) % lines.length;
    const last = lines[row].points.length - 1;
    const place = Math.min(Math.max(at.place + (sideways ? step : 0), 0), last);
    cursors.set(svg, { line: lines[row], place });
    tell(svg, cursors.get(svg));
  }

  root.addEventListener("pointermove", point);
  root.addEventListener("pointerdown", point);
  root.addEventListener("pointerleave", hide);
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", press);
  addEventListener("scroll", hide, { passive: true });
  for (const group of root.querySelectorAll(".panels")) reachable(group);
}

// Of the drawings in a group one can be reached with Tab, so that the next Tab leaves them.
function reachable(group) {
  const drawings = [...group.querySelectorAll("svg[data-reading]")];
  drawings.forEach((svg, place) => (svg.tabIndex = place ? -1 : 0));
}

function focusBeside(svg, step) {
  const drawings = [...svg.closest(".panels").querySelectorAll("svg[data-reading]")];
  const shown = drawings.filter((drawing) => drawing.checkVisibility());
  const next = shown[shown.indexOf(svg) + step];
  if (!next) return;
  svg.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

const read = new WeakMap();

// The lines of a drawing with the points that they go through.
function linesOf(svg) {
  if (!read.has(svg)) {
    const lines = [...svg.querySelectorAll("[data-row]")].map((element) => {
      const path = [...element.querySelectorAll("path")].find((it) => !it.closest("defs"));
      return { element, points: path ? corners(path.getAttribute("d")) : [] };
    });
    read.set(svg, lines.filter(({ points }) => points.length));
  }
  return read.get(svg);
}

function corners(path) {
  let [x, y] = [0, 0];
  return [...path.matchAll(/([MLHV])([-.\d]+)(?: ([-.\d]+))?/g)].map(([, kind, first, second]) => {
    if (kind === "H") x = Number(first);
    else if (kind === "V") y = Number(first);
    else [x, y] = [Number(first), Number(second)];
    return [x, y];
  });
}

function nearest(svg, event, root) {
  const screen = svg.getScreenCTM();
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(screen.inverse());
  let [best, least] = [null, NEAR / screen.a];
  for (const line of linesOf(svg)) {
    if (isOff(line.element, root)) continue;
    line.points.forEach(([x, y], place) => {
      const distance = Math.hypot(x - at.x, y - at.y);
      if (distance < least) [best, least] = [{ line, place }, distance];
    });
  }
  return best;
}

// From places in the drawing back to values; a curve in steps has two corners a threshold.
function values(svg, { element, points }, place) {
  const thresholds = element.dataset.at?.split(" ");
  const stride = thresholds ? Math.round((points.length - 1) / (thresholds.length - 1)) : 1;
  const whole = Math.ceil(place / stride) * stride;
  const [across, up] = JSON.parse(svg.dataset.reading);
  const [x, y] = points[whole] ?? points[place];
  const cut = thresholds?.[whole / stride];
  return [
    hintOf(element),
    `${up[0]} ${written(up, y)}`,
    `${across[0]} ${written(across, x)}`,
    cut && `threshold ${cut}`,
  ].filter(Boolean);
}

function written([, scale, start, end, low, high], place) {
  const drawn = low + ((place - start) / (end - start)) * (high - low);
  const value = { log: 10 ** drawn, root: drawn ** 2 }[scale] ?? drawn;
  return String(Number(value.toFixed(3))).replace("-", "−");
}

// What is said over an element: its own hint, or of a cell of a matrix its row and column.
function said(target) {
  const hinted = target.closest("svg g, [title], [data-hint]");
  const own = hinted && hintOf(hinted);
  const lacking = target.closest("td.empty");
  if (lacking && !own) return [lacking.parentElement.querySelector(".note")?.textContent];
  const cell = target.closest(".grid td, td.bar");
  if (!cell) return own ? [own] : null;
  const head = cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
  return [`${text(head)}: ${text(cell)}`, text(cell.parentElement.cells[0]), own];
}

// The browser would show a title as well, only later: so the hint is kept elsewhere.
function hintOf(element) {
  const title = element.querySelector(":scope > title");
  const hint = title?.textContent ?? element.getAttribute("title");
  if (hint) {
    element.dataset.hint = hint;
    if (!title) element.setAttribute("aria-description", hint);
    title?.remove();
    element.removeAttribute("title");
  }
  return element.dataset.hint;
}
