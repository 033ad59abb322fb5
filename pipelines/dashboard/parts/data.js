// What the page was written with, and sums over it. Weeks are numbered; the last one, NOW, is not over yet.
const data = JSON.parse(document.getElementById("data").textContent);
const NOW = data.weeks;
const LAST = NOW - 1;
const DAY = 86_400_000;

const today = data.asOf.slice(0, 10);
const weekStart = (week) => new Date(Date.parse(data.firstWeek) + week * 7 * DAY);
const weekEnd = (week) => new Date(Date.parse(data.firstWeek) + (week * 7 + 6) * DAY);
const daysSince = (day) => (day ? Math.max(0, Math.round((Date.parse(today) - Date.parse(day)) / DAY)) : null);

/** One number for each week, from its runs. */
function expanded(runs) {
  const series = new Float64Array(NOW + 1);
  let week = 0;
  for (const value of runs) {
    if (value < 0) week -= value;
    else series[week++] = value;
  }
  return series;
}

/** Rows as objects, their series expanded. */
function table(rows, names) {
  return rows.map((row) => Object.fromEntries(names.map((name, place) =>
    [name, Array.isArray(row[place]) ? expanded(row[place]) : row[place]])));
}

const facts = {
  counts: table(data.counts, ["owner", "pipeline", "added", "planned", "plannedDone", "timed", "onTime"]),
  done: table(data.done, ["owner", "pipeline", "type", "done"]),
  outcomes: table(data.outcomes, ["owner", "pipeline", "won", "lost", "value", "withoutRate"]),
  coverage: table(data.coverage,
    ["owner", "pipeline", "open", "withNext", "value", "atRisk", "valueAtRisk", "rotten", "withoutRate"]),
  overdue: table(data.overdue, ["owner", "pipeline", "count", "oldest"]),
  overdueList: table(data.overdueList, ["owner", "pipeline", "type", "subject", "due", "deal"]),
  idleList: table(data.idleList, ["owner", "pipeline", "title", "customer", "stage", "value", "quietDays"]),
  firstTouch: data.firstTouch.map(([owner, pipeline, source, steps, minutes]) => {
    let week = 0;
    return { owner, pipeline, source, weeks: steps.map((step) => (week += step)), minutes };
  }),
};

/** Rows are of the CRM that their owner is of. */
const several = data.crms.length > 1;
const crmOfOwner = data.owners.map(([crm]) => crm);
const isOfCrm = (crm, asked) => asked === null || crm === asked;

/** The rows that a choice of a CRM, owners and a pipeline leaves. */
function chosen(rows, { crm, owners, pipeline }) {
  return rows.filter((row) => isOfCrm(crmOfOwner[row.owner], crm)
    && (!owners.size || owners.has(row.owner)) && (pipeline === null || row.pipeline === pipeline));
}

const total = (rows, name) => rows.reduce((sum, row) => sum + row[name], 0);
const share = (part, whole) => (whole ? part / whole : null);
const sumOf = (series, from, to) => series.subarray(from, to + 1).reduce((sum, value) => sum + value, 0);

/** Series of these rows added up, week by week. */
function weekly(rows, names) {
  const sums = Object.fromEntries(names.map((name) => [name, new Float64Array(NOW + 1)]));
  for (const row of rows) for (const name of names) row[name].forEach((value, week) => { sums[name][week] += value; });
  return sums;
}

/** Everything about activities and outcomes of these rows, week by week. */
function activity({ counts, done, outcomes }) {
  return {
    ...weekly(counts, ["added", "planned", "plannedDone", "timed", "onTime"]),
    ...weekly(done, ["done"]),
    ...weekly(outcomes, ["won", "lost", "value", "withoutRate"]),
  };
}

/** The rows about activities and outcomes that a choice leaves. */
const chosenActivity = (choice) => ({
  counts: chosen(facts.counts, choice), done: chosen(facts.done, choice), outcomes: chosen(facts.outcomes, choice),
});

/** The same added up over weeks, with rates. */
function over(sums, from, to) {
  const summed = Object.fromEntries(Object.entries(sums).map(([name, series]) => [name, sumOf(series, from, to)]));
  return {
    ...summed,
    completion: share(summed.plannedDone, summed.planned),
    punctuality: share(summed.onTime, summed.timed),
  };
}

/** The first week of a period that ends with the last full week. */
const since = (choice) => NOW - choice.weeks;

/** Rows by one of their keys. */
function grouped(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    if (!groups.has(row[key])) groups.set(row[key], []);
    groups.get(row[key]).push(row);
  }
  return groups;
}

/** Between the two nearest values, as percentile_cont does. */
function percentile(sorted, fraction) {
  if (!sorted.length) return null;
  const place = (sorted.length - 1) * fraction;
  const below = Math.floor(place);
  const above = sorted[Math.min(below + 1, sorted.length - 1)];
  return sorted[below] + (above - sorted[below]) * (place - below);
}

/** How long deals waited for their first touch; those that still wait are only counted. */
function waited(minutes) {
  const sorted = Float64Array.from(minutes.filter((value) => value >= 0)).sort();
  return { deals: minutes.length, touched: sorted.length, p50: percentile(sorted, 0.5), p90: percentile(sorted, 0.9) };
}

/** Minutes to the first touch of the deals created in these weeks. */
function minutesOf(rows, from, to) {
  const minutes = [];
  for (const row of rows) row.weeks.forEach((week, place) => { if (week >= from && week <= to) minutes.push(row.minutes[place]); });
  return minutes;
}

/**
 * The top of lists that were each cut off: rows up to where the first cut list ends, so that none is missing between.
 * `order` is small for what comes first; `held` is how many rows each group really has.
 */
function complete(rows, held, order) {
  const sorted = [...rows].sort((one, other) => order(one) - order(other));
  let end = Infinity;
  for (const [group, listed] of grouped(sorted.map((row) => ({ ...row, group: `${row.owner}/${row.pipeline}` })), "group"))
    if (listed.length < held(group)) end = Math.min(end, order(listed[listed.length - 1]));
  return sorted.filter((row) => order(row) <= end);
}
