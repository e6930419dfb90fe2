// What compiled expressions call in the browser and in tests; it reads no page, no clock and no network.
//
// Values: numbers are BigInt millionths, dates ISO text, moments BigInt microseconds since 1970 UTC, texts strings,
// several choices arrays of strings; null is null. Functions here give null for null, tests give false, as on the server.

const UNIT = 1000000n;
const LIMIT = 1000000000000n * UNIT;
const MAX_TEXT = 100000;
const BLANKS = new Set(" \t\n\v\f\r\u0085\u00a0\u2028\u2029\u3000\ufeff");
const LAST_DAY = 3652058n; // days from 0001-01-01 to 9999-12-31
const FIRST_MOMENT = -62135596800000000n;
const LAST_MOMENT = 253402300799999999n;
const DAY = 86400000000n;
const DAYS_TO_1970 = 719162n;

/** A value that does not exist for these inputs: the server refuses it at save. */
export class EvaluationError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// --- reading and showing ---------------------------------------------------------------------------------------------

export const readText = (value) => (value === undefined ? null : value);

export const readFlag = (value) => (value === undefined || value === null ? null : Boolean(value));

export const readCodes = (value) => (value === undefined ? null : value);

/** Read a number written as text ("1234.5"), or a whole JSON number; at most six places. */
export function readNumber(value) {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "bigint") return value;
  const found = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(String(value));
  if (!found) throw new EvaluationError("EXPR-VALUE", `${value} is not a number`);
  const units = BigInt(found[2] || "0") * UNIT + BigInt((found[3] || "").slice(0, 6).padEnd(6, "0"));
  return found[1] === "-" ? -units : units;
}

/** Read a moment as ISO 8601 with Z or an offset, up to microseconds. */
export function readMoment(value) {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "bigint") return value;
  const found = /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:?\d\d)$/.exec(value);
  if (!found) throw new EvaluationError("EXPR-VALUE", `${value} is not a moment with a zone`);
  const [, day, hour, minute, second, fraction, zone] = found;
  const seconds = BigInt(hour) * 3600n + BigInt(minute) * 60n + BigInt(second || 0) - zoneSeconds(zone);
  return (ordinal(day) - DAYS_TO_1970) * DAY + seconds * UNIT + BigInt((fraction || "").padEnd(6, "0"));
}

function zoneSeconds(zone) {
  if (zone === "Z") return 0n;
  const size = BigInt(zone.slice(1, 3)) * 3600n + BigInt(zone.slice(-2)) * 60n;
  return zone[0] === "-" ? -size : size;
}

/** Show a number as plain text, for a form field or the wire. */
export const showNumber = (value) => text_number(value);

/** Show a moment as ISO text in UTC. */
export function showMoment(value) {
  if (value === null) return null;
  const days = floorDiv(value, DAY);
  const rest = value - days * DAY;
  const two = (number) => String(number).padStart(2, "0");
  const seconds = rest / UNIT;
  const time = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return `${isoOf(days + DAYS_TO_1970)}T${time}.${String(rest % UNIT).padStart(6, "0")}Z`;
}

export const keyOf = (value) => (value && typeof value === "object" ? (value.id ?? null) : (value ?? null));

// --- conditions ------------------------------------------------------------------------------------------------------

export const holds = (value) => value !== null && value !== false && value !== "";

export const isNull = (value) => value === null;

export const isEmpty = (value) => value === null || value.length === 0;

/** Compare by code points; JavaScript itself compares UTF-16 units. */
export function compare(left, right) {
  if (typeof left !== "string") return left < right ? -1 : left > right ? 1 : 0;
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const first = left.charCodeAt(at);
    const second = right.charCodeAt(at);
    if (first !== second) return rank(first) - rank(second);
  }
  return left.length - right.length;
}

// Surrogates stand for the highest code points, but are not the highest units.
const rank = (unit) => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

export function equal(left, right) {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((each, index) => each === right[index]);
  }
  return left === right;
}

export const less = (left, right) => left !== null && right !== null && compare(left, right) < 0;

export const lessOrEqual = (left, right) => left !== null && right !== null && compare(left, right) <= 0;

export const within = (value, codes) => value !== null && codes !== null && codes.includes(value);

export const choices = (codes) => BigInt(codes === null ? 0 : codes.length) * UNIT;

// --- numbers ---------------------------------------------------------------------------------------------------------

function checked(units) {
  if (units > -LIMIT && units < LIMIT) return units;
  throw new EvaluationError("EXPR-TOO-LARGE", "A number in the calculation reaches 1,000,000,000,000.");
}

const floorDiv = (left, right) => {
  const quotient = left / right;
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient;
};

/** Divide, rounding half away from zero. */
function rounded(numerator, denominator) {
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const quotient = (2n * top + bottom) / (2n * bottom);
  return negative ? -quotient : quotient;
}

/** Return `action` guarded: null when an argument is null. */
const strict =
  (action) =>
  (...values) =>
    values.includes(null) ? null : action(...values);

/** Return `action` guarded: false when an argument is null. */
const strictTest =
  (action) =>
  (...values) =>
    !values.includes(null) && action(...values);

const whole = (units) => units / UNIT; // without the part of one
const fromCount = (count) => BigInt(count) * UNIT;

export const add = strict((left, right) => checked(left + right));
export const subtract = strict((left, right) => checked(left - right));
export const negate = strict((value) => -value);
export const multiply = strict((left, right) => checked(rounded(left * right, UNIT)));
export const divide = strict((left, right) => (right === 0n ? null : checked(rounded(left * UNIT, right))));
export const modulo = strict((left, right) => (right === 0n ? null : left - right * floorDiv(left, right)));
export const abs = strict((value) => (value < 0n ? -value : value));
export const floor = strict((value) => checked(floorDiv(value, UNIT) * UNIT));
export const ceil = strict((value) => checked(-floorDiv(-value, UNIT) * UNIT));

export const round = strict((value, places) => {
  const step = 10n ** (6n - whole(places));
  return checked(rounded(value, step) * step);
});

export const tiers = strict((amount, ...brackets) => {
  let total = 0n;
  for (let index = 0; index < brackets.length; index += 2) {
    const top = index + 2 < brackets.length && brackets[index + 2] < amount ? brackets[index + 2] : amount;
    const part = top - brackets[index];
    if (part > 0n) total += part * brackets[index + 1];
  }
  return checked(rounded(total, 100n * UNIT));
});

const least = strict((...values) => values.reduce((found, each) => (compare(each, found) < 0 ? each : found)));
const greatest = strict((...values) => values.reduce((found, each) => (compare(each, found) > 0 ? each : found)));
export { least as min_date, least as min_datetime, least as min_number };
export { greatest as max_date, greatest as max_datetime, greatest as max_number };

export const text_number = strict((value) => {
  const size = value < 0n ? -value : value;
  const fraction = String(size % UNIT)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return `${value < 0n ? "-" : ""}${size / UNIT}${fraction ? `.${fraction}` : ""}`;
});

// --- text ------------------------------------------------------------------------------------------------------------

const points = (text) => Array.from(text);

function short(text) {
  // Units are never fewer than code points, so the exact count is needed only for long texts.
  if (text.length > MAX_TEXT && points(text).length > MAX_TEXT) throw tooLong();
  return text;
}

const tooLong = () =>
  new EvaluationError("EXPR-TOO-LONG", "A text in the calculation has more than 100,000 characters.");

/** A count of characters: no part of one, not negative, not more than a text may have. */
function countOf(units) {
  const count = whole(units);
  return count < 0n ? 0 : count > BigInt(MAX_TEXT) ? MAX_TEXT : Number(count);
}

export const text_text = (value) => value;
export const text_date = (value) => value;
export const upper = strict((text) => text.toUpperCase());
export const lower = strict((text) => text.toLowerCase());

export const trim = strict((text) => {
  let start = 0;
  let end = text.length;
  while (start < end && BLANKS.has(text[start])) start++;
  while (end > start && BLANKS.has(text[end - 1])) end--;
  return text.slice(start, end);
});

export const len = strict((text) => fromCount(points(text).length));
export const contains = strictTest((text, part) => text.includes(part));
export const starts_with = strictTest((text, part) => text.startsWith(part));
export const ends_with = strictTest((text, part) => text.endsWith(part));

export const before = strict((text, separator) => {
  const at = text.indexOf(separator);
  return at < 0 ? text : text.slice(0, at);
});

export const after = strict((text, separator) => {
  const at = text.indexOf(separator);
  return at < 0 ? "" : text.slice(at + separator.length);
});

export const replace = strict((text, old, replacement) => {
  if (points(text).length * Math.max(points(replacement).length, 1) > MAX_TEXT) throw tooLong();
  return old === "" ? text : text.split(old).join(replacement);
});

export const left = strict((text, count) => points(text).slice(0, countOf(count)).join(""));

export const right = strict((text, count) => {
  const all = points(text);
  return all.slice(Math.max(all.length - countOf(count), 0)).join("");
});

export const pad = strict((text, width, fill) => {
  const missing = Math.min(countOf(width), 1000) - points(text).length;
  return missing > 0 ? fill.repeat(missing) + text : text;
});

export const concat = (...texts) => short(texts.map((text) => text ?? "").join(""));
export const join = strict((first, second) => short(first + second));

// --- places ----------------------------------------------------------------------------------------------------------

const RADIUS = 6371.0088; // kilometres
const DEGREE = 0.017453292519943295; // in radians

function point(text) {
  const found = /^(-?[0-9]{1,2}(?:[.][0-9]{1,6})?), ?(-?[0-9]{1,3}(?:[.][0-9]{1,6})?)$/.exec(text);
  if (!found) return null;
  const [lat, lon] = [Number(found[1]), Number(found[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [lat * DEGREE, lon * DEGREE] : null;
}

export const distance_km = strict((start, end) => {
  const [first, second] = [point(start), point(end)];
  if (first === null || second === null) return null;
  const [lat0, lon0] = first;
  const [lat1, lon1] = second;
  const [north, east] = [Math.sin((lat1 - lat0) / 2), Math.sin((lon1 - lon0) / 2)];
  const part = north * north + Math.cos(lat0) * Math.cos(lat1) * east * east;
  const distance = 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(part)));
  // 15 digits first, as on the server.
  const [digits, exponent] = distance.toExponential(14).split("e");
  return rounded(BigInt(digits.replace(".", "")) * 1000n, 10n ** BigInt(14 - Number(exponent))) * 1000n;
});

export const number = strict((text) => {
  const found = /^([+-]?)([0-9]{1,12})(?:\.([0-9]{0,20}))?$/.exec(trim(text));
  if (!found) return null;
  const fraction = (found[3] || "").padEnd(20, "0");
  const size = rounded(BigInt(found[2] + fraction), 10n ** 14n);
  if (size >= LIMIT) return null;
  return found[1] === "-" ? -size : size;
});

// --- dates -----------------------------------------------------------------------------------------------------------

const isLeap = (year) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const daysInMonth = (year, month) => (month === 2 && isLeap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]);
const parts = (day) => [Number(day.slice(0, 4)), Number(day.slice(5, 7)), Number(day.slice(8, 10))];

const iso = (year, month, day) =>
  `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;

/** Days from 0001-01-01; the algorithm counts years from March, so that leap days come last. */
function ordinal(text) {
  const [year, month, day] = parts(text);
  const y = month <= 2 ? year - 1 : year;
  const m = (month + 9) % 12;
  const days = 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((m * 306 + 5) / 10);
  return BigInt(days + day - 307);
}

function isoOf(days) {
  // 306 days lie between 0000-03-01 and 0001-01-01.
  const shifted = Number(days) + 306;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const m = Math.floor((5 * dayOfYear + 2) / 153);
  const month = m < 10 ? m + 3 : m - 9;
  return iso(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - Math.floor((153 * m + 2) / 5) + 1);
}

export const date = strict((year, month, day) => {
  if ([year, month, day].some((each) => each % UNIT !== 0n)) return null;
  const [y, m, d] = [year, month, day].map((each) => Number(whole(each)));
  if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > daysInMonth(y, m)) return null;
  return iso(y, m, d);
});

export const add_days = strict((day, count) => {
  const days = ordinal(day) + whole(count);
  return days < 0n || days > LAST_DAY ? null : isoOf(days);
});

function monthsLater(day, count) {
  const [year, month, dayOfMonth] = parts(day);
  const index = BigInt(year * 12 + month - 1) + count;
  if (index < 12n || index >= 120000n) return null;
  const [y, m] = [Number(index / 12n), Number(index % 12n) + 1];
  return iso(y, m, Math.min(dayOfMonth, daysInMonth(y, m)));
}

export const add_months = strict((day, count) => monthsLater(day, whole(count)));
export const add_years = strict((day, count) => monthsLater(day, whole(count) * 12n));

const weekdayOf = (day) => Number(ordinal(day) % 7n); // Monday is 0: so was 0001-01-01
const quarterOf = (month) => Math.floor((month - 1) / 3);

export const start_of_week = strict((day) => isoOf(ordinal(day) - BigInt(weekdayOf(day))));
export const start_of_month = strict((day) => `${day.slice(0, 8)}01`);
export const start_of_quarter = strict((day) => iso(parts(day)[0], quarterOf(parts(day)[1]) * 3 + 1, 1));
export const start_of_year = strict((day) => `${day.slice(0, 5)}01-01`);

const monthEnd = (year, month) => iso(year, month, daysInMonth(year, month));
export const end_of_month = strict((day) => monthEnd(parts(day)[0], parts(day)[1]));
export const end_of_quarter = strict((day) => monthEnd(parts(day)[0], quarterOf(parts(day)[1]) * 3 + 3));
export const end_of_year = strict((day) => `${day.slice(0, 5)}12-31`);

export const year = strict((value) => fromCount(parts(value)[0]));
export const month = strict((value) => fromCount(parts(value)[1]));
export const day = strict((value) => fromCount(parts(value)[2]));
export const weekday = strict((value) => fromCount(weekdayOf(value) + 1));
export const days_between = strict((start, end) => (ordinal(end) - ordinal(start)) * UNIT);

const later = (moment, microseconds) => {
  const value = moment + microseconds;
  return value < FIRST_MOMENT || value > LAST_MOMENT ? null : value;
};

export const add_hours = strict((moment, count) => later(moment, count * 3600n));
export const add_minutes = strict((moment, count) => later(moment, count * 60n));
export const hours_between = strict((start, end) => rounded((end - start) * UNIT, 3600n * UNIT));
export const minutes_between = strict((start, end) => rounded((end - start) * UNIT, 60n * UNIT));

/** The wall-clock time as microseconds, by the server's table: `starts[i]` is the second from which `offsets[i + 1]` holds. */
function wall(moment, zone) {
  const second = Number(floorDiv(moment, UNIT));
  let low = 0;
  let high = zone.starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (zone.starts[middle] <= second) low = middle + 1;
    else high = middle;
  }
  return later(moment, BigInt(zone.offsets[low]) * UNIT);
}

export function local_date(moment, zone) {
  const local = moment === null ? null : wall(moment, zone);
  return local === null ? null : isoOf(floorDiv(local, DAY) + DAYS_TO_1970);
}

export function local_hour(moment, zone) {
  const local = moment === null ? null : wall(moment, zone);
  return local === null ? null : ((local - floorDiv(local, DAY) * DAY) / 3600000000n) * UNIT;
}

// --- rows, in the order of their ids ---------------------------------------------------------------------------------

const kept = (rows, where) => (where ? rows.filter(where) : rows);
const values = (rows, value, where) =>
  kept(rows, where)
    .map(value)
    .filter((each) => each !== null);
const total = (found) => checked(found.reduce((sum, each) => sum + each, 0n));
const one = (rows, value) => (rows.length ? value(rows[0]) : null);

export const sum_rows = (rows, value, where) => total(values(rows, value, where));

export function avg_rows(rows, value, where) {
  const found = values(rows, value, where);
  return found.length ? divide(total(found), fromCount(found.length)) : null;
}

export const count_rows = (rows, value, where) =>
  fromCount(value ? values(rows, value, where).length : kept(rows, where).length);

export const count_distinct_rows = (rows, value, where) => fromCount(new Set(values(rows, value, where)).size);

export function min_rows(rows, value, where) {
  const found = values(rows, value, where);
  return found.length ? least(...found) : null;
}

export function max_rows(rows, value, where) {
  const found = values(rows, value, where);
  return found.length ? greatest(...found) : null;
}

export const any_rows = (rows, value, where) => (where ? rows.some(where) : rows.length > 0);
export const all_rows = (rows, value, where) => rows.every(where);
export const first_rows = (rows, value, where) => one(kept(rows, where), value);
export const last_rows = (rows, value, where) => one(kept(rows, where).slice(-1), value);
export const list_rows = (rows, value, where) => short(values(rows, value, where).join(", "));
export const distinct_rows = (rows, value, where) => [...new Set(values(rows, value, where))];
