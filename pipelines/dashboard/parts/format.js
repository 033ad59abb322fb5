// Numbers, money, days and durations, in the reader's locale.
const numbers = new Intl.NumberFormat();
const percents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
const points = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const shortDays = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const longDays = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const moments = new Intl.DateTimeFormat(undefined, {
  weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short",
});
const units = Object.fromEntries(["minute", "hour", "day"].map((unit) =>
  [unit, new Intl.NumberFormat(undefined, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 })]));

/** A formatter of amounts; a code that is no currency stands behind the number. */
function amounts(options) {
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency: data.currency, ...options });
  } catch {
    const plain = new Intl.NumberFormat(undefined, options);
    return { format: (value) => `${plain.format(value)} ${data.currency}`.trim() };
  }
}
const fullAmounts = amounts({ maximumFractionDigits: 0, minimumFractionDigits: 0 });
const shortAmounts = amounts({ notation: "compact", maximumSignificantDigits: 3 });

const NONE = "–";
const orNone = (format) => (value) => (value === null || value === undefined ? NONE : format(value));

const number = orNone((value) => numbers.format(value));
const percent = orNone((value) => percents.format(value));
const money = orNone((value) => fullAmounts.format(value));
const shortMoney = orNone((value) => (Math.abs(value) < 1_000_000 ? fullAmounts : shortAmounts).format(value));
const shortDay = (day) => shortDays.format(new Date(day));
const longDay = orNone((day) => longDays.format(new Date(day)));
const dayRange = (from, to) => (longDays.formatRange ? longDays.formatRange(from, to) : `${longDay(from)} – ${longDay(to)}`);
const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** The unit for durations up to this many minutes, and its minutes. */
const unitFor = (minutes) => (minutes >= 48 * 60 ? ["day", 1440] : minutes >= 120 ? ["hour", 60] : ["minute", 1]);

/** Minutes in the unit that reads best. */
const duration = orNone((minutes) => {
  if (minutes < 60) return units.minute.format(Math.round(minutes));
  if (minutes < 48 * 60) return units.hour.format(Math.round(minutes / 6) / 10);
  const days = minutes / 1440;
  return units.day.format(days < 10 ? Math.round(days * 10) / 10 : Math.round(days));
});
const sinceDays = orNone((days) => units.day.format(days));
