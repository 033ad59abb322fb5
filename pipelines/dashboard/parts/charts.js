// Charts: Vega-Lite, drawn as SVG in the page's own colours.
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const PALETTE = ["c1", "c2", "c3", "c4", "c5", "c6"];
const REST = "c7";

const LABELS = {
  weekLabel: (week) => shortDay(weekStart(week)),
  percentLabel: percent,
  numberLabel: (value) => (Number.isInteger(value) ? number(value) : ""),
  dayLabel: (days) => units.day.format(days),
  hourLabel: (hours) => units.hour.format(hours),
  minuteLabel: (minutes) => units.minute.format(minutes),
};

/** What all charts share. */
function config() {
  const text = { labelColor: color("ink-2"), labelFontSize: 11.5, labelPadding: 6 };
  return {
    aria: false, // the figure itself is described, and its numbers are in a table
    background: null,
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: { ...text, title: null, domain: false, ticks: false, gridColor: color("line") },
    axisX: { grid: false, domain: true, domainColor: color("line-strong"), labelAngle: 0 },
    axisY: { tickCount: 5 },
  };
}

/** Weeks from left to right, as many of them named as there is room for, at even distances. */
function weekAxis(room, scale) {
  const step = Math.ceil(choice.weeks / Math.max(2, Math.floor(room / 62)));
  const values = periodWeeks().filter((week) => (LAST - week) % step === 0);
  return { field: "week", type: "ordinal", scale, axis: { values, labelExpr: "weekLabel(datum.value)" } };
}
const valueAxis = (field, label, scale) => ({ field, type: "quantitative", scale, axis: { labelExpr: `${label}(datum.value)` } });

/** Draw into a container that is in the page; `spec` is told how wide it is. */
async function draw(container, spec) {
  const whole = { width: "container", height: 230, autosize: { type: "fit", contains: "padding" }, config: config(), ...spec(container.clientWidth - 50) };
  const drawn = await vegaEmbed(container, whole, {
    mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false, expressionFunctions: LABELS,
    ast: true, // expressions are interpreted: the page's policy forbids code made from text
  });
  views.push(drawn);
}

/** A chart with its legend, its description, and the numbers behind it. `colors` are names of the page's colours. */
function chart({ id, title, legend, summary, spec, columns, rows }) {
  const container = el("div", { class: "chart", role: "img", "aria-label": summary });
  pending.push(() => draw(container, spec));
  const items = legend.map(([name, hue, kind = ""]) =>
    el("li", {}, el("span", { class: `swatch ${kind}`, "--swatch": `var(--${hue})`, "aria-hidden": "true" }), name));
  return el("figure", { id }, el("ul", { class: "legend", "aria-hidden": "true" }, items), container, behind(`${id}-numbers`, title, columns, rows));
}

/** How each chart of the page is drawn, once it is in the page; and what has been drawn. */
const pending = [];
const views = [];

function drawAll() {
  for (const view of views.splice(0)) view.finalize();
  for (const drawn of pending) drawn();
}

/** Stacked columns, one for each week; names and hues from the bottom up. */
const columnsSpec = (values, names, hues) => (room) => {
  return {
    data: { values },
    mark: { type: "bar", stroke: color("card"), strokeWidth: choice.weeks > 26 ? 0.5 : 1, cornerRadiusEnd: 1 },
    encoding: {
      x: weekAxis(room, { paddingInner: 0.22, paddingOuter: 0.1 }),
      y: valueAxis("value", "numberLabel"),
      color: { field: "name", type: "nominal", scale: { domain: names, range: hues.map(color) }, legend: null },
      order: { field: "order", type: "quantitative" },
      tooltip: [{ field: "name", title: "Type" }, { field: "label", title: "Week of" }, { field: "text", title: "Done" }],
    },
  };
};

/** Lines over the weeks; the second one is dashed, so that colour is not all that tells them apart. */
const linesSpec = (values, names, hues, label, scale) => (room) => {
  const encoding = {
    x: weekAxis(room, { type: "point", padding: 0.4 }),
    y: valueAxis("value", label, scale),
    color: { field: "name", type: "nominal", scale: { domain: names, range: hues.map(color) }, legend: null },
    tooltip: [{ field: "name", title: "Rate" }, { field: "label", title: "Week of" }, { field: "text", title: "Value" }],
  };
  const dash = { field: "name", type: "nominal", scale: { domain: names, range: [[1, 0], [5, 3]] }, legend: null };
  return {
    data: { values },
    layer: [
      { mark: { type: "line", strokeWidth: choice.weeks > 26 ? 1.5 : 2.25, strokeJoin: "round" }, encoding: { ...encoding, strokeDash: dash } },
      { mark: { type: "point", filled: true, size: choice.weeks > 26 ? 12 : 34, opacity: 1 }, encoding },
    ],
  };
};
