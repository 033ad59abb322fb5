// What waits now: overdue activities, deals that nobody has planned to work on, and what is wrong in the data.
const WHOSE = several ? "CRM, owner and pipeline" : "Owner and pipeline";
const NOW_SCOPE = `${WHOSE} apply; the period does not: this is as of now`;
const unfolded = new Set();
let allFolds = false;

function overdueTable(owner, count) {
  const held = new Map(facts.overdue.map((row) => [`${row.owner}/${row.pipeline}`, row.count]));
  const only = { ...choice, owners: new Set([owner]) };
  const order = (row) => (row.due ? Date.parse(row.due) : Infinity);
  const rows = complete(chosen(facts.overdueList, only), (group) => held.get(group), order).slice(0, 25);
  const rest = count - rows.length;
  return [
    grid({
      id: `overdue-of-${owner}`,
      caption: `Overdue activities of ${ownerName(owner)}, most overdue first`,
      rows,
      columns: [
        { title: "Activity", name: "subject", text: true, value: (row) => row.subject ?? "", cell: (row) => [row.subject || "(no subject)", el("span", { class: "second" }, data.types[row.type])] },
        { title: "Deal", text: true, value: (row) => row.deal ?? NONE },
        { title: "Due", value: (row) => row.due, format: longDay },
        { title: "Overdue", value: (row) => daysSince(row.due), format: sinceDays },
      ],
    }),
    rest > 0 && el("p", { class: "note", "data-name": "rest", "data-value": rest }, `And ${number(rest)} more. All of them are in fct_activity, where is_overdue.`),
  ];
}

function fold({ owner, count, oldest }, most) {
  const body = el("div", { class: "behind" });
  const fill = () => { if (!body.childElementCount) body.append(...overdueTable(owner, count).filter(Boolean)); };
  const toggled = (event) => {
    if (event.target.open) { unfolded.add(owner); fill(); } else unfolded.delete(owner);
  };
  if (unfolded.has(owner)) fill();
  return el("details", { class: "fold", open: unfolded.has(owner), ontoggle: toggled, "data-owner": ownerName(owner) },
    el("summary", {},
      el("span", { class: "who" }, ownerCell(owner)),
      el("span", { class: "track", "aria-hidden": "true" }, el("span", { class: "fill warm", "--share": count / most })),
      el("span", { class: "count", "data-name": "overdue", "data-value": count }, number(count), el("span", { class: "sr" }, " overdue")),
      el("span", { class: "oldest" }, oldest ? `oldest ${sinceDays(daysSince(oldest))}` : "")),
    body);
}

function overdue() {
  const rows = [...grouped(chosen(facts.overdue, choice), "owner")].map(([owner, groups]) =>
    ({ owner, count: total(groups, "count"), oldest: groups.map((row) => row.oldest).sort()[0] }))
    .sort((one, other) => other.count - one.count || ownerName(one.owner).localeCompare(ownerName(other.owner)));
  if (!rows.length) return card("overdue", "Overdue now", NOW_SCOPE, "", empty("Nothing is overdue in this selection."));
  const shown = allFolds ? rows : rows.slice(0, 10);
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  const unfoldAll = () => {
    allFolds = true;
    render();
    document.querySelectorAll("#overdue summary")[shown.length].focus();
  };
  const more = el("button", { type: "button", class: "quiet more", onclick: unfoldAll }, `Show all ${number(rows.length)} owners`);
  return card("overdue", "Overdue now", NOW_SCOPE, "long",
    el("p", { class: "lead" }, el("b", { "data-name": "overdue-all", "data-value": all }, plural(all, "activity", "activities")),
      ` of ${plural(rows.length, "owner")}. Open an owner to see what they are, most overdue first.`),
    ...shown.map((row) => fold(row, rows[0].count)), shown.length < rows.length && more);
}

function coverageOf(rows) {
  const names = ["open", "withNext", "value", "atRisk", "valueAtRisk", "rotten", "withoutRate"];
  const sums = Object.fromEntries(names.map((name) => [name, total(rows, name)]));
  return { ...sums, without: sums.open - sums.withNext, withoutShare: share(sums.open - sums.withNext, sums.open) };
}

function coverageTable(id, caption, column, rows) {
  return grid({
    id, caption, rows, first: 4, limit: 8,
    columns: [
      column,
      { title: "Open", name: "open", value: (row) => row.open, format: number },
      { title: "Without next activity", name: "without", bar: true, value: (row) => row.without, cell: (row) => gauge(row.withoutShare, number(row.without), "warm") },
      { title: "At risk", name: "at-risk", value: (row) => row.atRisk, format: number },
      { title: "Value at risk", name: "value-at-risk", value: (row) => row.valueAtRisk, format: money },
    ],
  });
}

function idleTable(rows, groups) {
  const held = new Map(groups.map((row) => [`${row.owner}/${row.pipeline}`, row.open - row.withNext]));
  const listed = complete(rows, (group) => held.get(group), (row) => -(row.value ?? -1)).slice(0, 50);
  return grid({
    id: "idle-table",
    caption: "The biggest open deals without a next activity",
    rows: listed,
    limit: 10,
    columns: [
      { title: "Deal", name: "deal", text: true, value: (row) => row.title ?? "", cell: (row) => [row.title || "(no title)", el("span", { class: "second" }, [row.customer, pipelineName(row.pipeline), row.stage].filter(Boolean).join(" · "))] },
      { ...ownerColumn },
      { title: "Last touch", value: (row) => row.quietDays, cell: (row) => (row.quietDays === null ? "never" : `${sinceDays(row.quietDays)} ago`) },
      { title: "Value", name: "value", value: (row) => row.value, cell: (row) => (row.value === null ? "no rate" : money(row.value)) },
    ],
  });
}

function deals() {
  const rows = chosen(facts.coverage, choice);
  const all = coverageOf(rows);
  const title = "Open deals without a next activity";
  if (!all.open) return card("deals", title, NOW_SCOPE, "", empty("No deal is open in this selection."));
  const split = (key) => [...grouped(rows, key)].map(([place, groups]) => ({ [key]: place, ...coverageOf(groups) }));
  const pipelineColumn = { title: "Pipeline", name: "pipeline", text: true, value: (row) => pipelineName(row.pipeline) };
  return card("deals", title, NOW_SCOPE, "long",
    figures(
      ["Open deals", "open", all.open, number(all.open), shortMoney(all.value)],
      ["Without next activity", "without", all.without, number(all.without), percent(all.withoutShare)],
      ["Value at risk", "value-at-risk", all.valueAtRisk, shortMoney(all.valueAtRisk), `in ${plural(all.atRisk, "deal")}`],
      ["Rotten", "rotten", all.rotten, number(all.rotten), percent(share(all.rotten, all.open))]),
    el("div", { class: "columns" },
      el("div", {}, el("h3", {}, "By owner"), coverageTable("risk-by-owner", "Deals without a next activity by owner", ownerColumn, split("owner"))),
      el("div", {}, el("h3", {}, "By pipeline"), coverageTable("risk-by-pipeline", "Deals without a next activity by pipeline", pipelineColumn, split("pipeline")))),
    el("h3", {}, "The biggest of them"),
    all.without ? idleTable(chosen(facts.idleList, choice), rows) : empty("Every open deal has a next activity."),
    all.withoutRate ? el("p", { class: "note", "data-name": "without-rate", "data-value": all.withoutRate },
      `${plural(all.withoutRate, "open deal")} in other currencies ${all.withoutRate === 1 ? "has" : "have"} no rate into ${data.currency}: counted as deals, left out of all amounts.`) : null);
}

function quality() {
  const found = data.quality.map(([crm, text, records, population]) => ({ crm, text, records, population }));
  const rows = [...grouped(found.filter((row) => isOfCrm(row.crm, choice.crm)), "text")].map(([text, group]) => {
    const [records, population] = [total(group, "records"), total(group, "population")];
    return { text, records, population, share: share(records, population) };
  }).sort((one, other) => other.records - one.records);
  const scope = several ? "Only the CRM applies" : "No filter applies: this is the whole account";
  if (!rows.some((row) => row.records)) return card("quality", "Data quality", scope, "", empty("No check has found anything."));
  return card("quality", "Data quality", scope, "", grid({
    id: "quality-table",
    caption: "What is missing or odd in the CRM's records",
    rows: rows.filter((row) => row.records),
    columns: [
      { title: "What was found", plain: true, text: true, value: (row) => row.text },
      { title: "Records", name: "records", value: (row) => row.records, format: number },
      { title: "Of", value: (row) => row.population, format: number },
      { title: "Share", bar: true, value: (row) => row.share, cell: (row) => gauge(row.share, percent(row.share), "warm") },
    ],
  }), el("p", { class: "note" }, "Some of their ids are in rpt_data_quality."));
}
