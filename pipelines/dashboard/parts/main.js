// The page, put together.
const SECTIONS = [headline, doneByType, ratesByWeek, byOwner, overdue, deals, firstTouch, quality];
const isNew = !data.counts.length && !data.coverage.length && !data.overdue.length && !data.firstTouch.length && !data.outcomes.length;

function render() {
  pending.length = 0;
  byId("content").replaceChildren(...(isNew ? [welcome()] : SECTIONS.map((section) => section())));
  drawAll();
}

function welcome() {
  return card("welcome", "Nothing to show yet", "", "",
    empty("The CRM has no activities and no deals in the last year, or they have not been loaded. The numbers come with the next nightly run."));
}

function meta() {
  const time = (stamp) => el("time", { datetime: stamp }, moments.format(new Date(stamp)));
  const proof = data.provedAt ? [` · proved equal to the ${several ? "CRMs" : "CRM"} at `, time(data.provedAt)] : [];
  byId("meta").replaceChildren("As of ", time(data.asOf), data.currency ? ` · amounts in ${data.currency}` : "", ...proof);
}

/** The reader's choice of theme, kept where the browser lets a file keep something. */
const kept = {
  get() { try { return localStorage.getItem("theme"); } catch { return null; } },
  set(theme) { try { localStorage.setItem("theme", theme); } catch { /* the choice lasts as long as the page */ } },
};
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const printing = matchMedia("print");

function dress() {
  const asked = kept.get();
  const dark = !printing.matches && (asked ? asked === "dark" : systemDark.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = dark ? "Light theme" : "Dark theme";
}

function themes() {
  dress();
  const change = () => { dress(); render(); };
  byId("theme").addEventListener("click", () => {
    kept.set(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    change();
  });
  systemDark.addEventListener("change", change);
  printing.addEventListener("change", change);
}

/** As many weeks are named as there is room for, so another width means other charts. */
function followWidth() {
  let width = innerWidth;
  let wait = 0;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(wait);
    wait = setTimeout(drawAll, 150);
  });
}

themes();
followWidth();
meta();
byId("filters").hidden = isNew;
filters(render);
