/**
 * Where the dialect of Microsoft Entra ID differs from the RFCs. Each entry names one relaxation, what the
 * client sends and where that is known from. The code that relaxes asks {@link LeniencyUse.allows} at the
 * moment it matters, so that the audit can tell which requests needed which relaxation.
 */
export const LENIENCIES = {
  booleanAsString: 'Booleans arrive as the strings "True" and "False" (Entra rule 5).',
  removeMembersByValue:
    'remove with a value array removes only the values it lists, not the whole attribute (Entra rule 8).',
  createOnReplaceWithoutMatch:
    'replace through a filter that matches nothing creates the element; RFC 7644 §3.5.2.3 demands noTarget (Entra rule 9).',
  createOnAddWithoutMatch: 'add through a filter that matches nothing creates the element (Entra §6.8).',
  dottedKeys:
    'A PATCH value without path has keys such as name.givenName, URN:attr, URN:attr.sub, attr[filter].sub (Entra rule 11).',
  referenceShapes:
    'manager and members arrive as a string, an object, or an array of one; an empty string unassigns (Entra rule 12).',
  bareWordInFilter: 'Filter values arrive without quotes (Entra §2.4).',
  valuePathSubAttributeInFilter: 'Filters of the form emails[type eq "work"].value eq "x" (Entra §5).',
  complexComparedByValue: 'manager eq "id" compares manager.value (Entra §5).',
  unknownSchemaUrn: 'Foreign and misspelt URNs stand in schemas (Entra rule 25).',
  emptyOperations: 'A PATCH has an empty Operations array (Entra §10.1).',
  roleDocumentInString: 'The value of a role is a JSON document inside a string (Entra §6.9).',
  displayNameAsDisplay: 'A role names its display displayName (Entra §6.9).',
  bareExtensionAttribute: 'Attributes of an extension are named without its URN (Entra rule 12, §6.1).',
  emptyStringUnassigns: 'An empty string unassigns an optional attribute (Entra §10.2, test 16).',
  booleanFilterAsString: 'Filters compare booleans with strings: primary eq "True" (Entra §6.8).',
} as const;

export type Leniency = keyof typeof LENIENCIES;
export type LeniencySet = ReadonlySet<Leniency>;

export const ENTRA_LENIENCIES: LeniencySet = new Set(Object.keys(LENIENCIES).filter(isLeniency));
export const STRICT: LeniencySet = new Set();

export function isLeniency(name: string): name is Leniency {
  return Object.hasOwn(LENIENCIES, name);
}

/** The leniencies one request may use, and those it did use. */
export class LeniencyUse {
  readonly used = new Set<Leniency>();

  constructor(private readonly allowed: LeniencySet) {}

  /** Whether the relaxation is on; asked only where the answer decides, because asking records its use. */
  allows(leniency: Leniency): boolean {
    if (!this.allowed.has(leniency)) return false;
    this.used.add(leniency);
    return true;
  }
}
