// How long a new deal waits for its first touch.
function waitColumns(column) {
  return [
    column,
    { title: "New deals", name: "deals", value: (row) => row.deals, format: number },
    { title: "Touched", name: "touched", bar: true, value: (row) => share(row.touched, row.deals), cell: (row) => gauge(share(row.touched, row.deals), percent(share(row.touched, row.deals))) },
    { title: "Half within", name: "p50", value: (row) => row.p50, format: duration },
    { title: "90% within", name: "p90", value: (row) => row.p90, format: duration },
  ];
}

function waitTable(key, rows, column) {
  const entries = [...grouped(rows, key)].map(([place, group]) => ({ [key]: place, ...waited(minutesOf(group, since(choice), LAST)) })).filter((row) => row.deals);
  return grid({ id: `touch-by-${key}`, caption: `Time to first touch by ${key}`, rows: entries, first: 1, limit: 8, columns: waitColumns(column) });
}

function waitChart(rows) {
  const weeks = periodWeeks().map((week) => ({ week, ...waited(minutesOf(rows, week, week)) }));
  const lines = [["Half within", "p50", "c1", "line"], ["90% within", "p90", "c2", "line dashed"]];
  const [unit, size] = unitFor(Math.max(...weeks.map((week) => week.p90 ?? 0)));
  const values = lines.flatMap(([name, field]) => weeks.map((week) =>
    ({ week: week.week, name, value: week[field] === null ? null : week[field] / size, text: duration(week[field]), label: longDay(weekStart(week.week)) })));
  return chart({
    id: "touch-chart",
    title: "Time to first touch by the week in which deals were created",
    legend: lines.map(([name, , hue, kind]) => [name, hue, kind]),
    summary: `Lines: half and 90% of the new deals of each week were touched within this time, over ${choice.weeks} weeks.`,
    spec: linesSpec(values, lines.map(([name]) => name), ["c1", "c2"], `${unit}Label`),
    columns: waitColumns({ title: "Created in the week of", text: true, value: (row) => longDay(weekStart(row.week)) }),
    rows: [...weeks].reverse(),
  });
}

function firstTouch() {
  const rows = chosen(facts.firstTouch, choice);
  const all = waited(minutesOf(rows, since(choice), LAST));
  const title = "Time to first touch";
  const scope = `${WHOSE} apply; the period chooses deals by when they were created`;
  if (!all.deals) return card("touch", title, scope, "", empty("No deal was created in this selection."));
  const source = { title: "Source", name: "source", text: true, value: (row) => data.sources[row.source] || "(none)" };
  return card("touch", title, scope, "long",
    figures(
      ["New deals", "deals", all.deals, number(all.deals)],
      ["Touched", "touched", all.touched, number(all.touched), percent(share(all.touched, all.deals))],
      ["Half within", "p50", all.p50, duration(all.p50)],
      ["90% within", "p90", all.p90, duration(all.p90)]),
    all.touched ? waitChart(rows) : empty("None of them has been touched yet."),
    el("p", { class: "note" }, "Times are of deals that were touched. New deals that still wait are not in them, so the last weeks look faster than they will turn out."),
    el("div", { class: "columns spaced" },
      el("div", {}, el("h3", {}, "By owner"), waitTable("owner", rows, ownerColumn)),
      el("div", {}, el("h3", {}, "By source"), waitTable("source", rows, source))));
}
