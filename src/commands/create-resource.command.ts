import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { JsonObject } from '../scim/json.js';
import { LeniencyUse } from '../scim/leniency.js';
import { checkRequired, parseResource } from '../scim/schema/parse-resource.js';
import { MemberDirectory } from './member-directory.js';
import { resolveMembers, splitMembers } from './members.js';
import type { ResourceCommandContext, ResourceResult } from './resource-command.js';
import { withDefaults } from './defaults.js';
import { ResourceWriter } from './write-resource.js';

/** Creates a resource from a POST body (RFC 7644 §3.3). */
export class CreateResource extends Command<ResourceResult> {
  constructor(
    readonly on: ResourceCommandContext,
    /** Id of the new resource. */
    readonly id: string,
    readonly body: JsonObject,
  ) {
    super();
  }
}

@CommandHandler(CreateResource)
export class CreateResourceHandler implements ICommandHandler<CreateResource> {
  constructor(
    private readonly writer: ResourceWriter,
    private readonly directory: MemberDirectory,
  ) {}

  async execute({ on, id, body }: CreateResource): Promise<ResourceResult> {
    const leniencies = new LeniencyUse(on.leniencies);
    const parsed = parseResource(on.type.schema, body, { leniencies });
    const { attributes, members } = splitMembers(on.type, parsed);
    checkRequired(on.type.schema, attributes);
    const holder = { type: on.type, tenant: on.context.tenant, id };
    const resolved = await resolveMembers(holder, members, this.directory);
    return this.writer.create({ ...on, leniencies }, id, withDefaults(on.type, attributes, body), resolved);
  }
}
