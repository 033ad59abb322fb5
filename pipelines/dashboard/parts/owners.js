// One row for each owner.
function ownerRows() {
  const kinds = Object.entries(chosenActivity(choice)).map(([kind, rows]) => [kind, grouped(rows, "owner")]);
  const waiting = grouped(chosen(facts.overdue, choice), "owner");
  const owners = data.owners.map((_, owner) => owner).filter((owner) => !choice.owners.size || choice.owners.has(owner));
  return owners.map((owner) => {
    const own = Object.fromEntries(kinds.map(([kind, rows]) => [kind, rows.get(owner) ?? []]));
    return { owner, ...over(activity(own), since(choice), LAST), overdue: total(waiting.get(owner) ?? [], "count") };
  }).filter((row) => row.added || row.done || row.planned || row.won || row.overdue || choice.owners.size);
}

function byOwner() {
  const rows = ownerRows();
  const title = "Owners";
  const scope = `${SERIES_SCOPE}; overdue is as of now`;
  if (!rows.length) return card("owners", title, scope, "", empty("No owner has activities in this selection."));
  const most = Math.max(...rows.map((row) => row.done), 1);
  return card("owners", title, scope, "long", grid({
    id: "owners-table",
    caption: `Activities, rates and deals by owner over ${choice.weeks} weeks`,
    first: 1,
    limit: 12,
    rows,
    columns: [
      ownerColumn,
      { title: "Done", name: "done", bar: true, value: (row) => row.done, cell: (row) => gauge(row.done / most, number(row.done), "plain") },
      { title: "Added", name: "added", value: (row) => row.added, format: number },
      { title: "Completion", name: "completion", bar: true, value: (row) => row.completion, cell: (row) => gauge(row.completion, percent(row.completion)) },
      { title: "On time", name: "punctuality", bar: true, value: (row) => row.punctuality, cell: (row) => gauge(row.punctuality, percent(row.punctuality), "warm") },
      { title: "Deals won", name: "won", value: (row) => row.won, format: number },
      { title: "Won value", name: "value", value: (row) => row.value, format: money },
      { title: "Overdue now", name: "overdue", value: (row) => row.overdue, format: number },
    ],
  }));
}
