// Files made from what the page holds: tables in four kinds, drawings as SVG that stand alone.
// Tables are those of reports/writers.py, byte for byte.
const TOKEN = /"(?:[^"\\]|\\.)*"|[^,[\]]+/g;

// Numbers stay as they are written: parsed and written again they might lose their last digit.
const tokens = (line) => line.match(TOKEN) ?? [];

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function unquoted(token) {
  if (token.startsWith('"')) return JSON.parse(token);
  return { null: "", true: "True", false: "False" }[token] ?? token;
}

function csvOf({ names, values }) {
  const lines = [names, ...values.map((line) => tokens(line).map(unquoted))];
  // A line that would be empty has quotes, lest it be read as none.
  return lines.map((line) => `${line.map(quoted).join(",") || '""'}\n`).join("");
}

function jsonOf({ names, values }) {
  const keys = names.map((name) => JSON.stringify(name));
  const record = (line) => tokens(line).map((token, k) => `  ${keys[k]}: ${token}`).join(",\n");
  return `[\n${values.map((line) => ` {\n${record(line)}\n }`).join(",\n")}\n]\n`;
}

function markdownOf({ shown, cells }) {
  const escape = (text) => text.replace(/[\\|`*_<[]/g, "\\$&");
  const rule = shown.map(([, words]) => (words ? ":--" : "--:"));
  const lines = [shown.map(([label]) => label), ...cells].map((line) => line.map(escape));
  return [lines[0], rule, ...lines.slice(1)].map((line) => `| ${line.join(" | ")} |\n`).join("");
}

const LATEX = {
  "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
  "<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}", "–": "--", "±": "$\\pm$",
  "−": "$-$", "≥": "$\\geq$", "≤": "$\\leq$", "×": "$\\times$", "→": "$\\rightarrow$",
};

function latexOf({ shown, cells }) {
  const escape = (text) => {
    const safe = text.replace(/[\\~^<>|–±−≥≤×→&%$#_{}]/g, (mark) => LATEX[mark] ?? `\\${mark}`);
    return safe.startsWith("[") ? `{${safe}}` : safe;
  };
  const write = (line) => `${line.map(escape).join(" & ")} \\\\`;
  const shape = shown.map(([, words]) => (words ? "l" : "r")).join("");
  const head = [`\\begin{tabular}{${shape}}`, "\\toprule", write(shown.map(([it]) => it))];
  return [...head, "\\midrule", ...cells.map(write), "\\bottomrule", "\\end{tabular}", ""].join("\n");
}

const KINDS = [
  ["CSV", "csv", "text/csv", csvOf],
  ["Markdown", "md", "text/markdown", markdownOf],
  ["LaTeX", "tex", "text/x-tex", latexOf],
  ["JSON", "json", "application/json", jsonOf],
];

async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const [head, ...lines] = (await new Response(stream).text()).split("\n");
  const [names, shown, count] = JSON.parse(head);
  const cells = lines.slice(count).map((line) => JSON.parse(line));
  return { names, shown, values: lines.slice(0, count), cells };
}

function save(name, media, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${media};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function fileButton(label, name, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.setAttribute("aria-label", `${label}: ${name}`);
  made.addEventListener("click", act);
  return made;
}

// A browser that cannot unpack keeps the sentence that says how the files can be had.
function tableFiles(box) {
  const { files: name, packed } = box.dataset;
  const made = KINDS.map(([label, end, media, write]) =>
    fileButton(label, name, async () => save(`${name}.${end}`, media, write(await unpack(packed)))),
  );
  if (typeof DecompressionStream === "function") box.replaceChildren("Download ", ...made);
}

// A drawing's colours are variables of the page: alone it has those of light paper. What the reader
// has hidden stays out of it.
function alone(svg, palette, root) {
  const copy = svg.cloneNode(true);
  for (const part of copy.querySelectorAll("[data-row], [data-finding]")) {
    if (isOff(part, root)) part.remove();
  }
  const [, , width, height] = copy.getAttribute("viewBox").split(" ");
  for (const [name, value] of Object.entries({ width, height })) copy.setAttribute(name, value);
  copy.setAttribute("font-family", "sans-serif");
  copy.setAttribute("fill", palette.ink);
  for (const part of copy.querySelectorAll("[style]")) {
    const style = part.getAttribute("style");
    part.setAttribute("style", style.replace(/var\(--([\w-]+)\)/g, (_, name) => palette[name]));
  }
  for (const part of [copy, ...copy.querySelectorAll("*")]) {
    const own = part.getAttributeNames().filter((name) => /^(data-|tabindex|aria-desc)/.test(name));
    own.forEach((name) => part.removeAttribute(name));
  }
  return new XMLSerializer().serializeToString(copy);
}

function drawingFile(figure, palette, root) {
  const svg = figure.querySelector("svg[aria-label]");
  if (!svg) return;
  const label = svg.getAttribute("aria-label");
  const name = label.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 80);
  const act = () => save(`${name || "figure"}.svg`, "image/svg+xml", alone(svg, palette, root));
  figure.append(fileButton("SVG", label, act));
}

function downloads(root) {
  root.querySelectorAll("[data-files]").forEach(tableFiles);
  for (const painted of root.querySelectorAll("[data-palette]")) {
    const palette = JSON.parse(painted.dataset.palette);
    painted.querySelectorAll("figure").forEach((figure) => drawingFile(figure, palette, root));
  }
}
