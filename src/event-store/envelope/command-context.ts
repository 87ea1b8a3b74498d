// Who, when and why of a command: given once, written into the metadata of all its events. Types, not interfaces:
// only those are assignable to JsonObject.

export type Actor = {
  /** For example `token`, `admin`, `system`. */
  readonly kind: string;
  readonly id: string;
  /** What a person reads. Never the secret itself. */
  readonly label: string;
};

export type RequestInfo = {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly ip?: string;
  readonly userAgent?: string;
  /** The client's own correlation headers. */
  readonly correlation?: Readonly<Record<string, string>>;
};

export type CommandContext = {
  /** UUID. Repeating a command with the same id on the same stream writes the same events. */
  readonly commandId: string;
  readonly correlationId: string;
  /** What led to the command; the command itself when absent. */
  readonly causationId?: string;
  readonly tenant: string;
  readonly actor: Actor;
  readonly request?: RequestInfo;
  /** ISO 8601, UTC. */
  readonly occurredAt: string;
  /** Names of the leniencies that the request needed; written in order of name. */
  readonly leniencies?: readonly string[] | ReadonlySet<string>;
};
