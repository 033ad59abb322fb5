// What is chosen, its controls, and its place in the address.
const PERIODS = [4, 13, 26, 52].filter((weeks) => weeks <= data.weeks);
const USUAL = 13;
const byId = (id) => document.getElementById(id);

const EVERYTHING = () => ({ crm: null, owners: new Set(), pipeline: null, weeks: USUAL });
const choice = EVERYTHING();

/**
 * The choice that the address names; what it names and is not there is left out. Owners and pipelines are named by their
 * ids, so that a bookmark means the same tomorrow.
 */
function fromAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const places = (name, held) => {
    const ids = (asked.get(name) ?? "").split(",");
    return held.map(([crm, id], place) => (ids.includes(id) && isOfCrm(crm, choice.crm) ? place : null)).filter((place) => place !== null);
  };
  const crm = several ? data.crms.findIndex(([name]) => name === asked.get("crm")) : -1;
  choice.crm = crm < 0 ? null : crm;
  choice.owners = new Set(places("owner", data.owners));
  choice.pipeline = places("pipeline", data.pipelines)[0] ?? null;
  choice.weeks = PERIODS.find((weeks) => String(weeks) === asked.get("weeks")) ?? USUAL;
}

function toAddress() {
  const told = new URLSearchParams();
  if (choice.crm !== null) told.set("crm", data.crms[choice.crm][0]);
  if (choice.owners.size) told.set("owner", [...choice.owners].map((owner) => data.owners[owner][1]).sort().join(","));
  if (choice.pipeline !== null) told.set("pipeline", data.pipelines[choice.pipeline][1]);
  if (choice.weeks !== USUAL) told.set("weeks", choice.weeks);
  const hash = told.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
}

const ownersText = () => {
  if (!choice.owners.size) return "All owners";
  const names = [...choice.owners].map(ownerName);
  return names.length < 3 ? names.join(", ") : `${number(names.length)} owners`;
};
const pipelineText = () => (choice.pipeline === null ? "All pipelines" : pipelineName(choice.pipeline));
const isUsual = () => choice.crm === null && !choice.owners.size && choice.pipeline === null && choice.weeks === USUAL;

/** Controls as the choice has them. */
function showChoice() {
  byId("crm").value = choice.crm === null ? "" : String(choice.crm);
  showPipelines();
  narrow();
  byId("owner").replaceChildren(el("span", {}, ownersText()));
  for (const box of byId("owner-choices").querySelectorAll("input")) box.checked = choice.owners.has(Number(box.value));
  byId("pipeline").value = choice.pipeline === null ? "" : String(choice.pipeline);
  for (const radio of byId("period").querySelectorAll("input")) radio.checked = Number(radio.value) === choice.weeks;
  byId("reset").hidden = isUsual();
}

function ownerBoxes(changed) {
  const order = data.owners.map((_, owner) => owner)
    .sort((one, other) => isGone(one) - isGone(other) || ownerName(one).localeCompare(ownerName(other)));
  return order.map((owner) => {
    const toggle = (event) => {
      if (event.target.checked) choice.owners.add(owner);
      else choice.owners.delete(owner);
      changed();
    };
    return el("label", { "data-crm": crmOfOwner[owner] }, el("input", { type: "checkbox", value: owner, onchange: toggle }),
      el("span", {}, ownerName(owner)), isGone(owner) && el("span", { class: "gone" }, "inactive"));
  });
}

function openPanel(open) {
  byId("owner-panel").hidden = !open;
  byId("owner").setAttribute("aria-expanded", String(open));
  if (open) byId("owner-search").focus();
}

/** Only the owners of the CRM, and whose names hold what is typed. */
function narrow() {
  const typed = byId("owner-search").value.trim().toLocaleLowerCase();
  for (const label of byId("owner-choices").children)
    label.hidden = !isOfCrm(Number(label.dataset.crm), choice.crm) || !label.textContent.toLocaleLowerCase().includes(typed);
}

function ownerPicker(changed) {
  byId("owner-choices").append(...ownerBoxes(changed));
  byId("owner").addEventListener("click", () => openPanel(byId("owner-panel").hidden));
  byId("owner-search").addEventListener("input", narrow);
  byId("owner-all").addEventListener("click", () => { choice.owners.clear(); changed(); });
  byId("owner-picker").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || byId("owner-panel").hidden) return;
    openPanel(false);
    byId("owner").focus();
  });
  const outside = (event) => { if (!byId("owner-picker").contains(event.target)) openPanel(false); };
  document.addEventListener("pointerdown", outside);
  document.addEventListener("focusin", outside);
}

/** One CRM, or all; owners and a pipeline of another one are no longer chosen. */
function crmPicker(changed) {
  byId("crm-field").hidden = !several;
  byId("crm").append(el("option", { value: "" }, "All CRMs"), ...data.crms.map(([, name], crm) => el("option", { value: crm }, name)));
  byId("crm").addEventListener("change", (event) => {
    choice.crm = event.target.value === "" ? null : Number(event.target.value);
    choice.owners = new Set([...choice.owners].filter((owner) => isOfCrm(crmOfOwner[owner], choice.crm)));
    if (choice.pipeline !== null && !isOfCrm(data.pipelines[choice.pipeline][0], choice.crm)) choice.pipeline = null;
    changed();
  });
}

/** The pipelines of the CRM as options. */
function showPipelines() {
  const options = data.pipelines.map(([crm], pipeline) =>
    isOfCrm(crm, choice.crm) && el("option", { value: pipeline }, pipelineName(pipeline))).filter(Boolean);
  byId("pipeline").replaceChildren(el("option", { value: "" }, "All pipelines"), ...options);
}

function pipelinePicker(changed) {
  byId("pipeline").addEventListener("change", (event) => {
    choice.pipeline = event.target.value === "" ? null : Number(event.target.value);
    changed();
  });
}

function periodPicker(changed) {
  byId("period").append(...PERIODS.map((weeks) => el("label", {},
    el("input", { type: "radio", name: "weeks", value: weeks, onchange: () => { choice.weeks = weeks; changed(); } }),
    String(weeks), el("span", { class: "unit" }, "\u00a0weeks"))));
}

/** Build the controls; `draw` shows the numbers of a choice. */
function filters(draw) {
  const show = () => { showChoice(); draw(); };
  const changed = () => {
    toAddress();
    show();
    const crm = choice.crm === null ? "" : `${crmName(choice.crm)}, `;
    byId("status").textContent = `Showing ${crm}${ownersText()}, ${pipelineText()}, ${choice.weeks} weeks.`;
  };
  crmPicker(changed);
  ownerPicker(changed);
  pipelinePicker(changed);
  periodPicker(changed);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("reset").addEventListener("click", () => {
    Object.assign(choice, EVERYTHING());
    changed();
    byId(several ? "crm" : "owner").focus();
  });
  addEventListener("hashchange", () => { fromAddress(); show(); });
  fromAddress();
  show();
}
