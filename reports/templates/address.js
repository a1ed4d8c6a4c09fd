// What the reader has chosen stands in the address, behind the section: #run-curves?hide=cnn6.
// Others can be sent it, and reloading restores it. Nothing is added to the history.

function address(root) {
  const parts = new Map(); // by key: how to read what is chosen, as texts, and how to choose it
  const within = () => {
    const [anchor, query = ""] = location.hash.slice(1).split("?");
    return [anchor, new URLSearchParams(query)];
  };

  function write() {
    const query = new URLSearchParams();
    for (const [key, { read }] of parts) for (const text of read()) query.append(key, text);
    const [anchor] = within();
    const hash = anchor + (query.size ? `?${query}` : "");
    history.replaceState({ cxrbench: true }, "", location.href.split("#")[0] + (hash && `#${hash}`));
  }

  function restore() {
    const [anchor, query] = within();
    for (const [key, { choose }] of parts) choose(query.getAll(key));
    if (query.size) document.getElementById(anchor)?.scrollIntoView();
  }

  // A link inside the page names only a section, and going back finds an older choice: what is
  // chosen stays. An address that was sent or typed brings its own.
  function arrive() {
    const [anchor, query] = within();
    if (query.size && !history.state?.cxrbench) return restore();
    if (query.size) document.getElementById(anchor)?.scrollIntoView();
    write();
  }

  if (!root.hasAttribute("data-page")) {
    return { add: () => {}, write: () => {}, restore: () => {} }; // a notebook's address is its own
  }
  addEventListener("hashchange", arrive);
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(write, 100); // browsers refuse too many changes in a row
  };
  return { add: (key, part) => parts.set(key, part), write: soon, restore };
}
