import type { Compare, Filter, Present } from './ast.js';

/** The text of a filter; parsing it gives the same filter again. */
export function printFilter(filter: Filter): string {
  switch (filter.type) {
    case 'or':
      return filter.terms
        .map((term) => (term.type === 'or' ? `(${printFilter(term)})` : printFilter(term)))
        .join(' or ');
    case 'and':
      return filter.terms
        .map((term) =>
          term.type === 'or' || term.type === 'and' ? `(${printFilter(term)})` : printFilter(term),
        )
        .join(' and ');
    case 'not':
      return `not (${printFilter(filter.term)})`;
    case 'compare':
    case 'present':
      return printComparison(filter);
    case 'valuePath': {
      const path = `${filter.attribute}[${printFilter(filter.filter)}]`;
      return filter.comparison === undefined ? path : `${path}.${printComparison(filter.comparison)}`;
    }
    default:
      return filter satisfies never;
  }
}

function printComparison(comparison: Compare | Present): string {
  if (comparison.type === 'present') return `${comparison.attribute} pr`;
  return `${comparison.attribute} ${comparison.op} ${JSON.stringify(comparison.value)}`;
}
