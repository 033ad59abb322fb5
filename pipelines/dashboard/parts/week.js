// Headline numbers, and activities and rates over the weeks.
const SERIES_SCOPE = several ? "CRM, owner, pipeline and period apply" : "Owner, pipeline and period apply";

/** How a number moved, in words and with an arrow; `better` says which way is good. */
function change(now, before, told) {
  if (now === null || before === null) return el("p", { class: "change" }, "no week before to compare with");
  const moved = now - before;
  const tone = Math.abs(moved) < 1e-9 ? "" : moved > 0 ? "better" : "worse";
  const arrow = tone === "" ? "=" : moved > 0 ? "▲" : "▼";
  return el("p", { class: `change ${tone}` }, el("b", {}, `${arrow} ${told(Math.abs(moved))}`), ` from ${told.plain(before)}`);
}
const counted = Object.assign((value) => number(value), { plain: number });
const valued = Object.assign((value) => shortMoney(value), { plain: shortMoney });
const rated = Object.assign((value) => `${points.format(value * 100)} pts`, { plain: percent });

function tile(label, name, now, before, format, told, values) {
  const text = format(now);
  return el("div", { class: "tile" },
    el("dt", {}, label),
    el("dd", {},
      el("p", { class: text.length > 7 ? "value long" : "value", "data-name": name, "data-value": now }, text),
      change(now, before, told), spark(values)));
}

/** The last full week against the week before. */
function headline() {
  const sums = activity(chosenActivity(choice));
  const [now, before, running] = [LAST, LAST - 1, NOW].map((week) => over(sums, week, week));
  const trail = (read) => Array.from({ length: choice.weeks }, (_, place) => read(over(sums, since(choice) + place, since(choice) + place)));
  const entry = (label, name, format, told) => tile(label, name, now[name], before[name], format, told, trail((week) => week[name]));
  const omitted = now.withoutRate + before.withoutRate;
  return card("week", "Last full week", `${dayRange(weekStart(LAST), weekEnd(LAST))}, against the week before · the period sets the small lines only`, "",
    el("dl", { class: "tiles" },
      entry("Activities added", "added", number, counted),
      entry("Activities done", "done", number, counted),
      entry("Completion", "completion", percent, rated),
      entry("Done on time", "punctuality", percent, rated),
      entry("Deals won", "won", number, counted),
      entry("Won value", "value", shortMoney, valued)),
    el("p", { class: "sofar" }, "This week so far: ",
      el("b", { "data-name": "running-done", "data-value": running.done }, number(running.done)), " done, ",
      el("b", {}, number(running.added)), " added, ", el("b", {}, plural(running.won, "deal")), " won",
      running.value ? [" worth ", el("b", {}, shortMoney(running.value))] : "", ".",
      omitted ? ` ${plural(omitted, "deal")} won in these two full weeks ${omitted === 1 ? "has" : "have"} no rate into ${data.currency}; their value is left out.` : ""));
}

/** Types with the most done activities first; the same whatever is chosen, so that colours stay. */
const topTypes = (() => {
  const sums = new Map();
  for (const row of facts.done) sums.set(row.type, (sums.get(row.type) ?? 0) + sumOf(row.done, 0, NOW));
  return [...sums].sort((one, other) => other[1] - one[1] || one[0] - other[0]).map(([type]) => type);
})();

/** What is drawn as one: the common types, and the rest together. */
function typeBands() {
  const shown = topTypes.slice(0, topTypes.length > PALETTE.length + 1 ? PALETTE.length : PALETTE.length + 1);
  const rest = topTypes.slice(shown.length);
  const bands = shown.map((type, place) => ({ name: data.types[type], types: new Set([type]), hue: PALETTE[place] ?? REST }));
  return rest.length ? [...bands, { name: "Other types", types: new Set(rest), hue: REST }] : bands;
}

const periodWeeks = () => Array.from({ length: choice.weeks }, (_, place) => since(choice) + place);

function doneByType() {
  const rows = chosen(facts.done, choice);
  const bands = typeBands().map((band) => ({ ...band, series: weekly(rows.filter((row) => band.types.has(row.type)), ["done"]).done }));
  const held = bands.filter((band) => sumOf(band.series, since(choice), LAST));
  const all = held.reduce((sum, band) => sum + sumOf(band.series, since(choice), LAST), 0);
  if (!all) return card("done", "Activities done by week and type", SERIES_SCOPE, "wide", empty("Nothing was done in this selection."));
  const values = held.flatMap((band, order) => periodWeeks().map((week) =>
    ({ week, order, name: band.name, value: band.series[week], text: number(band.series[week]), label: longDay(weekStart(week)) })));
  const busiest = [...held].sort((one, other) => sumOf(other.series, since(choice), LAST) - sumOf(one.series, since(choice), LAST))[0];
  return card("done", "Activities done by week and type", SERIES_SCOPE, "wide", chart({
    id: "done-chart",
    title: "Activities done by week and type",
    legend: held.map((band) => [band.name, band.hue]),
    summary: `Columns: ${plural(all, "activity", "activities")} done in ${choice.weeks} weeks; most are of type ${busiest.name}.`,
    spec: columnsSpec(values, held.map((band) => band.name), held.map((band) => band.hue)),
    columns: [
      { title: "Week of", text: true, value: (week) => longDay(weekStart(week)) },
      ...held.map((band) => ({ title: band.name, value: (week) => band.series[week], format: number })),
      { title: "All", name: "done", value: (week) => held.reduce((sum, band) => sum + band.series[week], 0), format: number },
    ],
    rows: periodWeeks().reverse(),
  }));
}

function ratesByWeek() {
  const sums = activity(chosenActivity(choice));
  const weeks = periodWeeks().map((week) => ({ week, ...over(sums, week, week) }));
  const whole = over(sums, since(choice), LAST);
  const scope = SERIES_SCOPE;
  if (whole.completion === null && whole.punctuality === null)
    return card("rates", "Completion and on time", scope, "narrow", empty("Nothing was due or done in this selection."));
  const lines = [["Completion", "completion", "c1", "line"], ["Done on time", "punctuality", "c2", "line dashed"]];
  const values = lines.flatMap(([name, field]) => weeks.map((week) =>
    ({ week: week.week, name, value: week[field], text: percent(week[field]), label: longDay(weekStart(week.week)) })));
  return card("rates", "Completion and on time", scope, "narrow", chart({
    id: "rates-chart",
    title: "Completion and on-time rate by week",
    legend: lines.map(([name, field, hue, kind]) => [`${name} ${percent(whole[field])}`, hue, kind]),
    summary: `Lines: over ${choice.weeks} weeks ${percent(whole.completion)} of what was due is done, ${percent(whole.punctuality)} of what was done was on time.`,
    spec: linesSpec(values, lines.map(([name]) => name), ["c1", "c2"], "percentLabel", { domain: [0, 1] }),
    columns: [
      { title: "Week of", text: true, value: (row) => longDay(weekStart(row.week)) },
      { title: "Due", name: "planned", value: (row) => row.planned, format: number },
      { title: "Completion", value: (row) => row.completion, format: percent },
      { title: "On time", value: (row) => row.punctuality, format: percent },
    ],
    rows: [...weeks].reverse(),
  }));
}
