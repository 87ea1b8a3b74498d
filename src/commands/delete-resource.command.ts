import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LeniencyUse } from '../scim/leniency.js';
import type { ResourceCommandContext, ResourceResult } from './resource-command.js';
import { ResourceWriter, type Target } from './write-resource.js';

/** Deletes a resource (RFC 7644 §3.6). Its unique values are free again; its id is never used again. */
export class DeleteResource extends Command<ResourceResult> {
  constructor(
    readonly on: ResourceCommandContext,
    readonly target: Target,
  ) {
    super();
  }
}

@CommandHandler(DeleteResource)
export class DeleteResourceHandler implements ICommandHandler<DeleteResource> {
  constructor(private readonly writer: ResourceWriter) {}

  execute({ on, target }: DeleteResource): Promise<ResourceResult> {
    return this.writer.remove({ ...on, leniencies: new LeniencyUse(on.leniencies) }, target);
  }
}
