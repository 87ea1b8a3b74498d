import { deepEqual, isJsonObject, type Json } from '../json.js';
import { elementKey, subKey } from '../schema/elements.js';
import type { AttributeNode } from '../schema/resource-schema.js';

type Elements = readonly Json[];

/**
 * Appends elements (RFC 7644 §3.5.2.1). One that is there changes nothing; one of which an element with the same
 * type and value is there completes that element.
 */
export function addElements(node: AttributeNode, elements: Elements, added: Elements): Elements {
  const result = [...elements];
  const index = new ValueIndex(node);
  for (const [position, element] of elements.entries()) index.add(element, position);
  for (const element of added) {
    const candidates = index.candidates(element);
    if (candidates.some((position) => includes(result[position], element))) continue;
    const key = elementKey(node, element);
    const same = candidates.find((position) => elementKey(node, result[position] ?? null) === key);
    if (same === undefined) index.add(element, result.push(element) - 1);
    else result[same] = completed(result[same], element);
  }
  return result;
}

/** The elements that none of `removed` names: by value, and by type where one is given. */
export function withoutElements(node: AttributeNode, elements: Elements, removed: Elements): Elements {
  const index = new ValueIndex(node);
  for (const [position, element] of removed.entries()) index.add(element, position);
  return elements.filter((element) => {
    const wanted = index.candidates(element);
    return !wanted.some((position) => isNamedBy(node, element, removed[position] ?? null));
  });
}

/** Positions of elements by the text of their value, so that long lists are not compared pair by pair. */
class ValueIndex {
  private readonly positions = new Map<string, number[]>();

  constructor(private readonly node: AttributeNode) {}

  add(element: Json, position: number): void {
    const key = this.key(element);
    const found = this.positions.get(key);
    if (found === undefined) this.positions.set(key, [position]);
    else found.push(position);
  }

  candidates(element: Json): readonly number[] {
    return this.positions.get(this.key(element)) ?? [];
  }

  private key(element: Json): string {
    return isJsonObject(element) ? subKey(this.node, element, 'value') : elementKey(this.node, element);
  }
}

function includes(element: Json | undefined, part: Json): boolean {
  if (!isJsonObject(element) || !isJsonObject(part)) return deepEqual(element, part);
  for (const name in part) if (!deepEqual(element[name], part[name])) return false;
  return true;
}

function completed(element: Json | undefined, added: Json): Json {
  return isJsonObject(element) && isJsonObject(added) ? { ...element, ...added } : added;
}

function isNamedBy(node: AttributeNode, element: Json, name: Json): boolean {
  // Values are the same already: the index has found them by it.
  if (!isJsonObject(element) || !isJsonObject(name)) return true;
  if (node.identity === 'value') return true;
  if (name['value'] === undefined) return includes(element, name);
  return name['type'] === undefined || subKey(node, name, 'type') === subKey(node, element, 'type');
}
