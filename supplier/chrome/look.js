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
    inside: false, insideTitle: "", insideText: "", selector, index, parts: {},
  };
  for (const [name, selectors] of Object.entries(query.parts || {})) {
    for (const s of selectors) {
      const list = [...e.querySelectorAll(s)];
      if (list.length === 0) continue;
      out.parts[name] = list.slice(0, 50).map(p => ({text: fold(p.innerText).slice(0, 2000), href: p.href || "", visible: shown(p)}));
      break;
    }
  }
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
// veil hides what matches, or shows it again for an empty list. It is a style
// of its own, so neither the document nor its rules change.
const veil = hide => {
  const others = document.adoptedStyleSheets.filter(s => !s.veil);
  if (hide.length > 0) {
    const sheet = new CSSStyleSheet();
    sheet.veil = true;
    for (const selector of hide) sheet.insertRule(selector + ' { visibility: hidden !important }', 0);
    others.push(sheet);
  }
  document.adoptedStyleSheets = others;
};
const markup = drop => {
  const copy = document.documentElement.cloneNode(true);
  for (const selector of drop) copy.querySelectorAll(selector).forEach(e => e.remove());
  return "<!DOCTYPE html>\n" + copy.outerHTML;
};
const nameOf = e => e ? e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + [...e.classList].map(c => "." + c).join("") : "nothing: it is outside the window";
// over gives what a click at that place would hit instead of e, or e itself.
const over = (e, x, y) => {
  const hit = document.elementFromPoint(x, y);
  const label = hit ? hit.closest("label") : null;
  // What has an action or a name of its own takes the click for itself.
  const inner = hit ? hit.closest("button, a, [role=button], [aria-label]") : null;
  if (inner && inner !== e && e.contains(inner)) return inner;
  return hit && (e.contains(hit) || (label && label.control === e)) ? e : hit;
};
const cover = (selector, index, selectors) => {
  const e = document.querySelectorAll(selector)[index];
  if (!e) return {by: "", which: -1};
  e.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
  const r = e.getBoundingClientRect();
  const hit = over(e, r.left + r.width / 2, r.top + r.height / 2);
  if (hit === e) return {by: "", which: -1};
  return {by: nameOf(hit), which: (selectors || []).findIndex(s => hit && hit.closest(s))};
};
const value = (selector, index) => {
  const e = document.querySelectorAll(selector)[index];
  if (!e) return {why: "missing"};
  return {why: "", value: "value" in e ? e.value : e.innerText};
};
// focused tells whether the cursor is in the field, and marks what stands
// there, so that what is typed replaces it.
const focused = (selector, index) => {
  const e = document.querySelectorAll(selector)[index];
  if (!e || !(document.activeElement === e || e.contains(document.activeElement))) return false;
  if (e.select) e.select();
  else getSelection().selectAllChildren(e);
  return true;
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
  const hit = over(e, x, y);
  if (hit !== e) return {why: "covered", by: nameOf(hit)};
  return {why: "", x, y, element: describe(e, query, selector, index)};
};
