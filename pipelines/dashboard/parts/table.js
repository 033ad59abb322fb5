// Tables that can be sorted, and that begin short.
const sorting = new Map();
const lengthened = new Set();
const opened = new Set();
const isPhone = matchMedia("(max-width: 40rem)");

/** What a column compares rows by; nothing known comes last either way. */
function compared(column, down) {
  const value = column.value;
  return (one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === b) return 0;
    if (a === null || a === undefined) return 1;
    if (b === null || b === undefined) return -1;
    const order = typeof a === "string" ? a.localeCompare(b) : a - b;
    return down ? -order : order;
  };
}

function headCell(column, place, { id, sortable, sorted, redraw }) {
  const kind = column.text ? "" : "number";
  if (!sortable) return el("th", { scope: "col", role: "columnheader", class: kind }, column.title);
  const here = sorted.place === place;
  const turn = () => {
    sorting.set(id, { place, down: here ? !sorted.down : !column.text });
    redraw();
    document.querySelectorAll(`#${id} .sort`)[place].focus();
  };
  return el("th", { scope: "col", role: "columnheader", class: kind, "aria-sort": here ? (sorted.down ? "descending" : "ascending") : "none" },
    el("button", { type: "button", class: "sort", onclick: turn }, column.title));
}

function bodyRow(columns, row) {
  return el("tr", { role: "row" }, columns.map((column, place) => {
    const value = column.value(row);
    const shown = column.cell ? column.cell(row) : (column.format ?? String)(value);
    const attributes = { class: column.plain ? "plain" : column.text ? "" : "number", "data-name": column.name, "data-value": value };
    if (!place) return el("th", { ...attributes, scope: "row", role: "rowheader" }, shown);
    return el("td", { ...attributes, role: "cell", "data-title": column.title }, el("span", { class: column.bar ? "gauge-cell" : "cell" }, shown));
  }));
}

/**
 * A table. Columns: title, name, value(row), and format(value) or cell(row); `text` for what is no number.
 * `first` is the place of the column it is sorted by to begin with; `limit` the rows shown before more is asked for.
 */
function grid({ id, caption, columns, rows, first = null, limit = Infinity, stack = true }) {
  const few = isPhone.matches ? Math.min(limit, 6) : limit;
  const holder = el("div", { id });
  const redraw = () => {
    const sorted = sorting.get(id) ?? { place: first, down: true };
    const ordered = first === null ? rows : [...rows].sort(compared(columns[sorted.place], sorted.down));
    const shown = lengthened.has(id) ? ordered : ordered.slice(0, few);
    const heads = columns.map((column, place) => headCell(column, place, { id, sortable: first !== null, sorted, redraw }));
    holder.replaceChildren(
      el("table", { class: stack ? "stack" : "", role: "table" },
        el("caption", { class: "sr" }, caption),
        el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads)),
        el("tbody", { role: "rowgroup" }, shown.map((row) => bodyRow(columns, row)))),
      moreButton(id, ordered.length, shown.length, redraw));
  };
  redraw();
  return holder;
}

function moreButton(id, all, shown, redraw) {
  if (shown === all) return "";
  const lengthen = () => {
    lengthened.add(id);
    redraw();
    document.querySelectorAll(`#${id} tbody tr`)[shown].querySelector("th").setAttribute("tabindex", "-1");
    document.querySelectorAll(`#${id} tbody th`)[shown].focus();
  };
  return el("button", { type: "button", class: "quiet more", onclick: lengthen }, `Show all ${number(all)}`);
}

const ownerColumn = { title: "Owner", name: "owner", text: true, value: (row) => ownerName(row.owner), cell: (row) => ownerCell(row.owner) };

/** The numbers behind a chart, for whoever reads better than looks. */
function behind(id, caption, columns, rows) {
  const toggled = (event) => (event.target.open ? opened.add(id) : opened.delete(id));
  return el("details", { class: "numbers", open: opened.has(id), ontoggle: toggled }, el("summary", {}, "Show the numbers"),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, grid({ id, caption, columns, rows, stack: false })));
}
