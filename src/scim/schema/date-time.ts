// xsd:dateTime values (RFC 7643 §2.3.5). Read by hand: `Date.parse` accepts far more than the type allows.
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,32}))?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?$/iu;

/** An instant, in UTC. */
export interface Instant {
  /** `YYYY-MM-DDTHH:MM:SS`, UTC. */
  readonly seconds: string;
  /** Digits of the fraction of a second; may be empty. */
  readonly fraction: string;
}

/** Reads an xsd:dateTime; one without a zone is taken as UTC. Undefined when the text is none. */
export function parseDateTime(text: string): Instant | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day)) return undefined;
  if (!isTimeOfDay(Number(hour), Number(minute), Number(second), fraction)) return undefined;
  date.setUTCHours(Number(hour), Number(minute) - offsetMinutes(zone), Number(second));
  const utcYear = date.getUTCFullYear();
  if (utcYear < 0 || utcYear > 9999) return undefined;
  return { seconds: date.toISOString().slice(0, 19), fraction };
}

/** The value as it is stored and returned: UTC with `Z`, the fraction as sent. */
export function formatInstant({ seconds, fraction }: Instant): string {
  return fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

/** Text of one width that sorts by code point as the instants do; precise to the nanosecond. */
export function instantKey({ seconds, fraction }: Instant): string {
  return `${seconds}.${fraction.slice(0, 9).padEnd(9, '0')}Z`;
}

/** The same key of a time that `Date.toISOString` wrote, without reading it. */
export function timestampKey(iso: string): string {
  return `${iso.slice(0, 23)}000000Z`;
}

function isTimeOfDay(hour: number, minute: number, second: number, fraction: string): boolean {
  // xsd:dateTime writes the end of a day as 24:00:00.
  if (hour === 24) return minute === 0 && second === 0 && /^0*$/u.test(fraction);
  return hour < 24 && minute < 60 && second < 60;
}

function offsetMinutes(zone: string | undefined): number {
  if (zone === undefined || zone.length === 1) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}
