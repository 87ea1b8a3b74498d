// Rows of results: judged against their targets, printed as a table and kept as JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HEAD = ['measure', 'what', 'result', 'rounds', 'firm', 'aim', 'reached'];

/**
 * One result.
 *
 * @param target `{ firm, aim?, lower? }`: the value that must be reached and the one aimed at; `lower` when less is
 *   better; no target for a figure that is only shown
 * @param detail the figures behind the value, for the JSON
 */
export function row(name, what, value, unit, target = {}, detail = {}) {
  return { name, what, value, unit, ...target, reached: judge(value, target), detail };
}

/** A measure that this machine or this build cannot run, and why. */
export const leftOut = (name, reason) => ({ name, what: reason, reached: 'left out' });

export const failed = (name, error) => ({
  name,
  what: error.message.split('\n')[0].slice(0, 80),
  reached: 'failed',
  detail: { error: error.stack },
});

function judge(value, { firm, aim, lower = false }) {
  if (firm === undefined) return 'shown';
  const meets = (target) => target !== undefined && (lower ? value <= target : value >= target);
  if (meets(aim)) return 'aim';
  if (meets(firm)) return aim === undefined ? 'yes' : 'firm';
  return 'missed';
}

function amount(value, unit) {
  if (value === undefined) return '';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toLocaleString('en-GB', { maximumFractionDigits: digits });
  return unit === '×' ? `${text}×` : `${text} ${unit}`;
}

function cells(result) {
  const { name, what, value, unit, firm, aim, lower, reached, detail } = result;
  const spread = detail?.spread;
  const rounds = spread === undefined ? '' : `${spread.lowest.toFixed(2)} to ${spread.highest.toFixed(2)}`;
  const bound = (target) => (target === undefined ? '' : `${lower ? '≤' : '≥'} ${amount(target, unit)}`);
  return [name, what, amount(value, unit), rounds, bound(firm), bound(aim), reached];
}

export function table(results) {
  const lines = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const format = (line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  return [
    format(lines[0]),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...lines.slice(1).map(format),
  ].join('\n');
}

export function save(folder, report) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${report.startedAt.replaceAll(':', '-')}.json`);
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}
