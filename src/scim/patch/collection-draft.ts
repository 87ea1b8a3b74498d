/** An element of a large multi-valued attribute: known by its value alone. */
export interface CollectionElement {
  readonly value: string;
  readonly type?: string;
}

/** The elements a draft starts from; may be far too many to hold at once. */
export interface CollectionBase {
  has(value: string): boolean;
  readonly size: number;
  values(): Iterable<CollectionElement>;
}

/** What a draft changes, relative to its base. Changes without effect are not in it. */
export interface CollectionDelta {
  /** The base had elements and none of them is left; `removed` is then empty. */
  readonly cleared: boolean;
  readonly added: readonly CollectionElement[];
  readonly removed: readonly string[];
}

/**
 * Changes to a large multi-valued attribute, kept as differences: adding three members costs three look-ups
 * whatever the size of the group.
 */
export class CollectionDraft {
  /** Elements that are not in the base, or that came back after the base was cleared. */
  private readonly added = new Map<string, CollectionElement>();
  /** Values of the base that are gone; unused once the base is cleared. */
  private readonly removed = new Set<string>();
  private isCleared = false;

  constructor(private readonly base: CollectionBase) {}

  get size(): number {
    return this.isCleared ? this.added.size : this.base.size - this.removed.size + this.added.size;
  }

  has(value: string): boolean {
    return this.added.has(value) || this.isKept(value);
  }

  *values(): IterableIterator<CollectionElement> {
    if (!this.isCleared) {
      for (const element of this.base.values()) if (!this.removed.has(element.value)) yield element;
    }
    yield* this.added.values();
  }

  /** Adding what is there changes nothing. */
  add(elements: Iterable<CollectionElement>): void {
    for (const element of elements) {
      if (this.has(element.value)) continue;
      if (!this.isCleared && this.removed.delete(element.value)) continue;
      this.added.set(element.value, element);
    }
  }

  /** Removing what is not there changes nothing. */
  remove(values: Iterable<string>): void {
    for (const value of values) {
      if (!this.added.delete(value) && this.isKept(value)) this.removed.add(value);
    }
  }

  removeWhere(predicate: (element: CollectionElement) => boolean): void {
    const values: string[] = [];
    for (const element of this.values()) if (predicate(element)) values.push(element.value);
    this.remove(values);
  }

  clear(): void {
    this.isCleared = true;
    this.added.clear();
    this.removed.clear();
  }

  replaceWith(elements: Iterable<CollectionElement>): void {
    this.clear();
    this.add(elements);
  }

  delta(): CollectionDelta {
    if (this.isCleared) return this.deltaAfterClear();
    const added = [...this.added.values()];
    const isEmptied = this.removed.size > 0 && this.removed.size === this.base.size;
    return { cleared: isEmptied, added, removed: isEmptied ? [] : [...this.removed] };
  }

  private deltaAfterClear(): CollectionDelta {
    const kept = new Set<string>();
    const added: CollectionElement[] = [];
    for (const element of this.added.values()) {
      if (this.base.has(element.value)) kept.add(element.value);
      else added.push(element);
    }
    if (kept.size === 0) return { cleared: this.base.size > 0, added, removed: [] };
    const removed: string[] = [];
    if (kept.size < this.base.size) {
      for (const { value } of this.base.values()) if (!kept.has(value)) removed.push(value);
    }
    return { cleared: false, added, removed };
  }

  private isKept(value: string): boolean {
    return !this.isCleared && !this.removed.has(value) && this.base.has(value);
  }
}
