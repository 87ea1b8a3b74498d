import { isJsonObject, type Json } from '../json.js';
import { scimErrors } from '../messages/scim-error.js';
import { elementKey, subKey } from '../schema/elements.js';
import type { AttributeNode } from '../schema/resource-schema.js';

type Elements = readonly Json[];

/** Elements are compared through look-ups, one table for each combination of sub-attributes; this many at most. */
const MAX_SHAPES = 32;

/**
 * Appends elements (RFC 7644 §3.5.2.1). One that is there changes nothing; one of which an element with the same
 * type and value is there completes that element.
 */
export function addElements(node: AttributeNode, elements: Elements, added: Elements): Elements {
  const result = [...elements];
  const present = new ShapeIndex(added);
  const positions = new Map<string, number>();
  for (const [position, element] of elements.entries()) {
    present.add(element);
    positions.set(elementKey(node, element), position);
  }
  for (const element of added) {
    if (present.hasExactly(element)) continue;
    const key = elementKey(node, element);
    const same = positions.get(key);
    if (same === undefined) positions.set(key, result.push(element) - 1);
    else result[same] = completed(result[same], element);
    present.add(same === undefined ? element : (result[same] ?? element));
  }
  return result;
}

/** The elements that none of `removed` names: by value, and by type where one is given. */
export function withoutElements(node: AttributeNode, elements: Elements, removed: Elements): Elements {
  const values = new Set<string>();
  const typed = new Set<string>();
  const parts: Json[] = [];
  for (const name of removed) {
    if (!isJsonObject(name)) values.add(elementKey(node, name));
    else if (name['value'] === undefined) parts.push(name);
    else if (node.identity === 'value' || name['type'] === undefined) values.add(subKey(node, name, 'value'));
    else typed.add(typeAndValue(node, name));
  }
  const named = new ShapeIndex(parts);
  for (const part of parts) named.add(part);
  return elements.filter((element) => {
    if (!isJsonObject(element)) return !values.has(elementKey(node, element));
    if (values.has(subKey(node, element, 'value')) && element['value'] !== undefined) return false;
    return !typed.has(typeAndValue(node, element)) && !named.hasPartOf(element);
  });
}

function typeAndValue(node: AttributeNode, element: Json): string {
  if (!isJsonObject(element)) return '';
  return `${subKey(node, element, 'type')}\u0000${subKey(node, element, 'value')}`;
}

function completed(element: Json | undefined, added: Json): Json {
  return isJsonObject(element) && isJsonObject(added) ? { ...element, ...added } : added;
}

/**
 * Elements by what they have under given combinations of sub-attributes ("shapes"), so that long lists need no
 * comparison pair by pair.
 */
class ShapeIndex {
  private readonly shapes = new Map<
    string,
    { readonly names: readonly string[]; readonly seen: Set<string> }
  >();

  /** @param samples elements whose combinations of sub-attributes are looked for */
  constructor(samples: Elements) {
    for (const sample of samples) {
      const names = namesOf(sample);
      const shape = names.join();
      if (!this.shapes.has(shape)) this.shapes.set(shape, { names, seen: new Set() });
    }
    if (this.shapes.size > MAX_SHAPES) {
      throw scimErrors.payloadTooLarge(
        `${MAX_SHAPES} combinations of sub-attributes in the elements of one operation`,
      );
    }
  }

  add(element: Json): void {
    for (const { names, seen } of this.shapes.values()) {
      const part = partOf(element, names);
      if (part !== undefined) seen.add(part);
    }
  }

  /** Whether some element added has all that the sample has. */
  hasExactly(sample: Json): boolean {
    const names = namesOf(sample);
    const part = partOf(sample, names);
    return part !== undefined && this.shapes.get(names.join())?.seen.has(part) === true;
  }

  /** Whether the element has all that some sample has. */
  hasPartOf(element: Json): boolean {
    for (const { names, seen } of this.shapes.values()) {
      const part = partOf(element, names);
      if (part !== undefined && seen.has(part)) return true;
    }
    return false;
  }
}

function namesOf(element: Json): readonly string[] {
  return isJsonObject(element) ? Object.keys(element).toSorted() : [];
}

/** The text of an element under some of its sub-attributes; undefined where it lacks one of them. */
function partOf(element: Json, names: readonly string[]): string | undefined {
  if (!isJsonObject(element)) return JSON.stringify(element);
  const values: Json[] = [];
  for (const name of names) {
    const value = element[name];
    if (value === undefined) return undefined;
    values.push(value);
  }
  return JSON.stringify(values);
}
