import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CollectionDraft } from '../scim/patch/collection-draft.js';
import type { JsonObject } from '../scim/json.js';
import { LeniencyUse } from '../scim/leniency.js';
import { checkRequired, parseResource } from '../scim/schema/parse-resource.js';
import { replaceResource } from '../scim/schema/replace-resource.js';
import { withDefaults } from './defaults.js';
import { MemberDirectory } from './member-directory.js';
import { membersChange } from './members-change.js';
import { splitMembers } from './members.js';
import type { ResourceCommandContext, ResourceResult } from './resource-command.js';
import { ResourceWriter, type Target } from './write-resource.js';

/** Replaces a resource by a PUT body (RFC 7644 §3.5.1): what the body leaves out is cleared or defaulted. */
export class ReplaceResource extends Command<ResourceResult> {
  constructor(
    readonly on: ResourceCommandContext,
    readonly target: Target,
    readonly body: JsonObject,
  ) {
    super();
  }
}

@CommandHandler(ReplaceResource)
export class ReplaceResourceHandler implements ICommandHandler<ReplaceResource> {
  constructor(
    private readonly writer: ResourceWriter,
    private readonly directory: MemberDirectory,
  ) {}

  async execute({ on, target, body }: ReplaceResource): Promise<ResourceResult> {
    const leniencies = new LeniencyUse(on.leniencies);
    const parsed = parseResource(on.type.schema, body, { leniencies });
    const { attributes, members } = splitMembers(on.type, parsed);
    checkRequired(on.type.schema, attributes);
    const holder = { type: on.type, tenant: on.context.tenant, id: target.id };
    return this.writer.change({ ...on, leniencies }, target, async (loaded) => {
      const draft = new CollectionDraft(loaded.members);
      draft.replaceWith(members);
      return {
        attributes: withDefaults(
          on.type,
          replaceResource(on.type.schema, loaded.state.attributes, attributes),
          body,
        ),
        members: await membersChange(holder, draft, loaded.members, this.directory),
      };
    });
  }
}
