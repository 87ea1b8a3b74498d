import type { LeniencyUse } from '../leniency.js';
import type { AttributeDefinition, SchemaDefinition } from './attribute.js';
import { checkExtension, checkSchema } from './check-schema.js';
import { COMMON_ATTRIBUTES } from './common-attributes.js';
import { NameTable } from './name-table.js';

/** Where an attribute or sub-attribute stands in a resource. One object exists for each place of a schema. */
export interface AttributePath {
  /** Set only for attributes of an extension: its URN as registered. */
  readonly urn?: string;
  readonly attribute: AttributeDefinition;
  readonly sub?: AttributeDefinition;
  /** Canonical notation: `userName`, `name.givenName`, `urn:…:User:department`, `meta.created`. */
  readonly path: string;
}

/** A place of a schema together with what is known about it before any request arrives. */
export interface AttributeNode {
  readonly path: AttributePath;
  /** The definition of the place itself: the sub-attribute's, where there is one. */
  readonly definition: AttributeDefinition;
  /** Sub-attributes by name; empty unless complex. */
  readonly subs: NameTable<AttributeNode>;
  /** Complex with `value` and a `$ref` to a resource (manager, members). */
  readonly isReference: boolean;
  /** What makes two elements of a multi-valued attribute the same one. */
  readonly identity: 'value' | 'typeAndValue' | 'whole';
  /** Sub-attributes without which an element is not accepted. */
  readonly requiredSubs: readonly AttributeNode[];
  /** Whether some sub-attribute is left out of answers unless asked for. */
  readonly hidesSubs: boolean;
}

export interface ExtensionNode {
  readonly schema: SchemaDefinition;
  readonly required: boolean;
  readonly attributes: NameTable<AttributeNode>;
  readonly checked: readonly AttributeNode[];
}

export interface ResourceSchemaOptions {
  /** The resource type's name, for example `User`. */
  readonly name: string;
  readonly core: SchemaDefinition;
  readonly extensions?: readonly { readonly schema: SchemaDefinition; readonly required: boolean }[];
  /** Attributes outside any schema; those of RFC 7643 §3.1 unless given. */
  readonly commonAttributes?: readonly AttributeDefinition[];
}

/** The schemas of one resource type, compiled so that names resolve by one look-up. */
export class ResourceSchema {
  /** Core and common attributes by name. */
  readonly attributes = new NameTable<AttributeNode>();
  /** Extensions by URN. */
  readonly extensionNodes = new NameTable<ExtensionNode>();
  /** Core schema first, then the extensions. */
  readonly schemas: readonly SchemaDefinition[];
  /** Core attributes with something required in or about them. */
  readonly checked: readonly AttributeNode[];
  /** Whether answers leave anything out even when nothing was selected. */
  readonly hidesAttributes: boolean;
  private readonly nodes = new NameTable<AttributeNode>();
  private readonly bareExtensionNodes = new Map<string, AttributeNode | 'ambiguous'>();

  constructor(
    readonly name: string,
    readonly core: SchemaDefinition,
    readonly extensions: readonly { readonly schema: SchemaDefinition; readonly required: boolean }[],
    commonAttributes: readonly AttributeDefinition[],
  ) {
    this.schemas = [core, ...extensions.map(({ schema }) => schema)];
    for (const definition of commonAttributes) this.addCore(definition);
    this.checked = core.attributes.map((definition) => this.addCore(definition)).filter(isChecked);
    for (const extension of extensions) this.addExtension(extension.schema, extension.required);
    this.hidesAttributes = [...this.nodes.values()].some(({ definition }) => isHidden(definition));
  }

  /**
   * The place that an attribute notation (RFC 7644 §3.10) names, in any letter case, with or without URN.
   * Attributes of an extension resolve without its URN only where a leniency allows it and one extension
   * alone has the name.
   */
  resolve(notation: string, leniencies?: LeniencyUse): AttributePath | undefined {
    return this.node(notation, leniencies)?.path;
  }

  /** Like {@link resolve}, with the compiled sub-attributes. */
  node(notation: string, leniencies?: LeniencyUse): AttributeNode | undefined {
    return this.nodes.get(notation) ?? this.bareExtensionNode(notation, leniencies);
  }

  /** The complex attribute to which a sub-attribute belongs; undefined for an attribute. */
  parentOf({ path }: AttributeNode): AttributeNode | undefined {
    return path.sub === undefined ? undefined : this.nodes.get(path.path.slice(0, -path.sub.name.length - 1));
  }

  /** The extension whose URN this is, in any letter case. */
  extension(urn: string): ExtensionNode | undefined {
    return this.extensionNodes.get(urn);
  }

  isCoreUrn(urn: string): boolean {
    return urn === this.core.id || urn.toLowerCase() === this.core.id.toLowerCase();
  }

  /** The extension attribute that a notation without URN names, where a leniency allows that. */
  bareExtensionNode(notation: string, leniencies: LeniencyUse | undefined): AttributeNode | undefined {
    if (leniencies === undefined || this.bareExtensionNodes.size === 0) return undefined;
    const found = this.bareExtensionNodes.get(notation.toLowerCase());
    if (found === undefined || found === 'ambiguous') return undefined;
    return leniencies.allows('bareExtensionAttribute') ? found : undefined;
  }

  private addCore(definition: AttributeDefinition): AttributeNode {
    const node = compileAttribute(definition, undefined);
    this.attributes.set(definition.name, node);
    for (const place of placesOf(node)) {
      this.nodes.set(place.path.path, place);
      // RFC 7644 §3.10: the URN of the core schema may stand in front; id, meta and externalId as well.
      this.nodes.set(`${this.core.id}:${place.path.path}`, place);
    }
    return node;
  }

  private addExtension(schema: SchemaDefinition, required: boolean): void {
    const attributes = new NameTable<AttributeNode>();
    for (const definition of schema.attributes) {
      const node = compileAttribute(definition, schema.id);
      attributes.set(definition.name, node);
      for (const place of placesOf(node)) {
        this.nodes.set(place.path.path, place);
        this.addBareExtensionNode(place.path.path.slice(schema.id.length + 1).toLowerCase(), place);
      }
    }
    const checked = [...attributes.values()].filter(isChecked);
    this.extensionNodes.set(schema.id, { schema, required, attributes, checked });
  }

  private addBareExtensionNode(bare: string, node: AttributeNode): void {
    this.bareExtensionNodes.set(bare, this.bareExtensionNodes.has(bare) ? 'ambiguous' : node);
  }
}

/**
 * Checks and compiles the schemas of a resource type; done once at start-up.
 *
 * @throws Error naming the faulty schema and attribute
 */
export function compileResourceSchema(options: ResourceSchemaOptions): ResourceSchema {
  const extensions = options.extensions ?? [];
  checkSchema(options.core);
  for (const { schema } of extensions) {
    checkSchema(schema);
    checkExtension(schema, options.core);
  }
  return new ResourceSchema(
    options.name,
    options.core,
    extensions,
    options.commonAttributes ?? COMMON_ATTRIBUTES,
  );
}

function compileAttribute(definition: AttributeDefinition, urn: string | undefined): AttributeNode {
  const place = urn === undefined ? {} : { urn };
  const path = urn === undefined ? definition.name : `${urn}:${definition.name}`;
  const subs = new NameTable<AttributeNode>();
  for (const sub of definition.subAttributes ?? []) {
    const subPath = { ...place, attribute: definition, sub, path: `${path}.${sub.name}` };
    subs.set(sub.name, compileNode(subPath, sub, new NameTable()));
  }
  return compileNode({ ...place, attribute: definition, path }, definition, subs);
}

function compileNode(
  path: AttributePath,
  definition: AttributeDefinition,
  subs: NameTable<AttributeNode>,
): AttributeNode {
  return {
    path,
    definition,
    subs,
    isReference: isReference(definition, subs),
    identity: identityOf(definition, subs),
    requiredSubs: [...subs.values()].filter((sub) => sub.definition.required),
    hidesSubs: [...subs.values()].some((sub) => isHidden(sub.definition)),
  };
}

function isHidden({ returned, mutability }: AttributeDefinition): boolean {
  // What is writeOnly is in no resource in the first place.
  return (returned === 'never' || returned === 'request') && mutability !== 'writeOnly';
}

function isReference(definition: AttributeDefinition, subs: NameTable<AttributeNode>): boolean {
  const targets = subs.get('$ref')?.definition.referenceTypes ?? [];
  return (
    definition.mutability !== 'readOnly' &&
    subs.has('value') &&
    targets.some((target) => target !== 'external' && target !== 'uri')
  );
}

function identityOf(
  definition: AttributeDefinition,
  subs: NameTable<AttributeNode>,
): AttributeNode['identity'] {
  if (definition.type !== 'complex') return 'value';
  const value = subs.get('value');
  if (value === undefined) return 'whole';
  // RFC 7643 §2.4: elements differ by type and value. One whose value is immutable is nothing but that value.
  return value.definition.mutability === 'immutable' ? 'value' : 'typeAndValue';
}

/** Whether `checkRequired` has to look at the attribute. Values that the server sets are its own business. */
function isChecked({ definition, requiredSubs }: AttributeNode): boolean {
  if (definition.mutability === 'readOnly' || definition.mutability === 'writeOnly') return false;
  return definition.required || requiredSubs.length > 0;
}

function placesOf(node: AttributeNode): AttributeNode[] {
  return [node, ...node.subs.values()];
}
