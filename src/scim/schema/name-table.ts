/**
 * Values by attribute name. Names are case-insensitive (RFC 7643 §2.1); nearly every client sends them as
 * registered, so the exact spelling is tried first.
 */
export class NameTable<T> {
  private readonly exact = new Map<string, T>();
  private readonly folded = new Map<string, T>();

  set(name: string, value: T): void {
    this.exact.set(name, value);
    this.folded.set(name.toLowerCase(), value);
  }

  get(name: string): T | undefined {
    return this.exact.get(name) ?? this.folded.get(name.toLowerCase());
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  values(): IterableIterator<T> {
    return this.exact.values();
  }
}
