/** Lets writes through while they can be read back, and holds their answers until they can. */
export interface WriteGate {
  /** @throws StoreUnavailable while writes are not let through: nothing has been written */
  check(): void;
  /** Resolves when what was written up to a position can be read, or when nobody should wait any longer. */
  readable(position: string): Promise<void>;
}
