// Elements. Texts become text nodes only: whatever a subject or a name holds stays text.
const SVG = "http://www.w3.org/2000/svg";

/** An element; properties beginning with -- are style, true is an attribute without a value. */
function el(tag, attributes = {}, ...children) {
  const node = ["svg", "path"].includes(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("--")) node.style.setProperty(name, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A card of the page: a section with its heading, and what the filters do to it. */
function card(id, title, scope, kind, ...children) {
  return el("section", { id, class: `card ${kind}`, "aria-labelledby": `${id}-title` },
    el("div", { class: "head" }, el("h2", { id: `${id}-title` }, title), el("p", { class: "scope" }, scope)),
    ...children);
}

const empty = (text) => el("p", { class: "empty" }, text);

/** Numbers with what they are, in a row. */
function figures(...entries) {
  return el("dl", { class: "figures" }, entries.map(([label, name, value, text, beside]) =>
    el("div", {}, el("dt", {}, label),
      el("dd", { "data-name": name, "data-value": value }, text, beside && el("small", {}, ` ${beside}`)))));
}

/** A bar for a share, beside its text. */
function gauge(value, text, hue = "") {
  return el("span", { class: "gauge" },
    el("span", { class: "track", "aria-hidden": "true" },
      el("span", { class: `fill ${hue}`, "--share": Math.max(0, Math.min(1, value ?? 0)) })),
    el("span", { class: value === null ? "text none" : "text" }, text));
}

/** A line without axes. */
function spark(values) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 0) || 1;
  const x = (place) => (values.length > 1 ? (place / (values.length - 1)) * 100 : 0);
  const y = (value) => 30 - ((value ?? 0) / top) * 28;
  const line = values.map((value, place) => `${place ? "L" : "M"}${x(place).toFixed(2)} ${y(value).toFixed(2)}`).join("");
  return el("svg", { class: "spark", viewBox: "0 0 100 32", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
    el("path", { class: "area", d: `${line}L100 32L0 32Z` }), el("path", { d: line }));
}

/** With the CRM behind it where several are shown: names are those of one CRM. */
const crmName = (crm) => data.crms[crm][1];
const ofCrm = (crm) => (several && choice.crm === null ? `· ${crmName(crm)}` : "");
const named = ([crm, , name]) => `${name} ${ofCrm(crm)}`.trim();
const ownerName = (owner) => named(data.owners[owner]);
const pipelineName = (pipeline) => named(data.pipelines[pipeline]);
const isGone = (owner) => data.owners[owner][3];

/** An owner's name, marked when no longer active. */
function ownerCell(owner) {
  const [crm, , name] = data.owners[owner];
  return [name, " ", ofCrm(crm) && el("span", { class: "crm" }, ofCrm(crm)), " ",
    isGone(owner) && el("span", { class: "gone" }, several ? "· inactive" : "inactive")];
}
