const fold = s => (s || "").replace(/\s+/g, " ").trim();
const shown = e => {
  const r = e.getBoundingClientRect();
  return r.width > 0 && r.height > 0 && e.checkVisibility({opacityProperty: true, visibilityProperty: true});
};
const enabled = e => !e.matches(":disabled") && !e.closest('[aria-disabled="true"]');
const describe = (e, query, selector, index) => {
  const r = e.getBoundingClientRect();
  const attrs = {};
  for (const a of e.attributes) attrs[a.name] = a.value.slice(0, 500);
  const out = {
    text: fold(e.innerText).slice(0, 2000), attrs, visible: shown(e), enabled: enabled(e),
    box: {x: r.left, y: r.top, width: r.width, height: r.height},
    inside: false, insideTitle: "", insideText: "", selector, index,
  };
  const around = query.within ? e.closest(query.within) : null;
  if (around) {
    out.inside = true;
    const title = query.title ? around.querySelector(query.title) : null;
    out.insideTitle = title ? fold(title.innerText) : "";
    out.insideText = fold(around.innerText).slice(0, 2000);
  }
  return out;
};
const look = queries => {
  const found = {};
  for (const [name, query] of Object.entries(queries)) {
    found[name] = [];
    for (const selector of query.selectors || []) {
      const list = [...document.querySelectorAll(selector)];
      if (list.length === 0) continue;
      found[name] = list.slice(0, 200).map((e, i) => describe(e, query, selector, i));
      break;
    }
  }
  const text = document.body ? fold(document.body.innerText).slice(0, 4000) : "";
  return {url: location.href, title: document.title, ready: document.readyState, text, found};
};
const markup = drop => {
  const copy = document.documentElement.cloneNode(true);
  for (const selector of drop) copy.querySelectorAll(selector).forEach(e => e.remove());
  return "<!DOCTYPE html>\n" + copy.outerHTML;
};
// aim answers whether a person could click the element now, and where.
const aim = (query, selector, index, text, scroll) => {
  const e = document.querySelectorAll(selector)[index];
  if (!e) return {why: "missing"};
  if (fold(e.innerText).slice(0, 2000) !== text) return {why: "stale", by: fold(e.innerText).slice(0, 100)};
  if (scroll) e.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
  if (!shown(e)) return {why: "hidden"};
  if (!enabled(e)) return {why: "disabled"};
  const r = e.getBoundingClientRect();
  const x = r.left + r.width / 2, y = r.top + r.height / 2;
  const hit = document.elementFromPoint(x, y);
  const label = hit ? hit.closest("label") : null;
  if (!hit || !(e.contains(hit) || (label && label.control === e))) {
    const name = hit ? hit.tagName.toLowerCase() + (hit.id ? "#" + hit.id : "") + [...hit.classList].map(c => "." + c).join("") : "nothing: it is outside the window";
    return {why: "covered", by: name};
  }
  return {why: "", x, y, element: describe(e, query, selector, index)};
};
