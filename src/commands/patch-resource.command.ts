import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Json } from '../scim/json.js';
import { LeniencyUse } from '../scim/leniency.js';
import { parsePatchOp } from '../scim/messages/patch-op.js';
import { applyPatch } from '../scim/patch/apply-patch.js';
import { CollectionDraft } from '../scim/patch/collection-draft.js';
import { MemberDirectory } from './member-directory.js';
import { membersChange } from './members-change.js';
import type { ResourceCommandContext, ResourceResult } from './resource-command.js';
import { ResourceWriter, type Target } from './write-resource.js';

/** Changes a resource by a PatchOp message (RFC 7644 §3.5.2): all operations, or none. */
export class PatchResource extends Command<ResourceResult> {
  constructor(
    readonly on: ResourceCommandContext,
    readonly target: Target,
    readonly body: Json,
  ) {
    super();
  }
}

@CommandHandler(PatchResource)
export class PatchResourceHandler implements ICommandHandler<PatchResource> {
  constructor(
    private readonly writer: ResourceWriter,
    private readonly directory: MemberDirectory,
  ) {}

  async execute({ on, target, body }: PatchResource): Promise<ResourceResult> {
    const { type } = on;
    const leniencies = new LeniencyUse(on.leniencies);
    const { operations } = parsePatchOp(body, leniencies);
    const holder = { type, tenant: on.context.tenant, id: target.id };
    return this.writer.change({ ...on, leniencies }, target, async (loaded) => {
      const draft = new CollectionDraft(loaded.members);
      const collections = type.members ? { [type.members.attribute]: draft } : {};
      const attributes = applyPatch(type.schema, loaded.state.attributes, operations, {
        leniencies,
        collections,
        // Members are written as changes, however many there are; the body's size bounds them.
        ...(type.members ? { maxValues: Infinity } : {}),
      });
      const members = await membersChange(holder, draft, loaded.members, this.directory);
      return { attributes, members };
    });
  }
}
