import type { Export } from '../contracts/resources.ts'
import { readOpenExport } from '../db/queries/exports.ts'
import { insertExport } from '../db/writes/exports.ts'
import { enqueueJob } from '../db/writes/jobs.ts'
import { EXPORT_ATTEMPTS_MAX } from '../domain/exports.ts'
import type { Command, CommandContext } from './command.ts'

/** Asks for a copy of the org. While one is under way it is the answer: two would be the same. */
export const exportRequest: Command<'export.request'> = {
  name: 'export.request',
  action: 'export.manage',
  async run(context, _input, principal) {
    const open = await readOpenExport(context.sql, context.org_id)
    if (open) return { result: { export: open, started: false }, events: [] }
    const exported = await beginExport(context, { requested_by: principal.id ?? '' })
    return {
      result: { export: exported, started: true },
      events: [{ type: 'export.requested', payload: { export: exported } }],
    }
  },
}

/** Stores an export with its job: one that a member asked for, or a backup with its destination. */
export async function beginExport(
  context: CommandContext,
  cause: { requested_by: string } | { backup: 'local' | 's3' },
): Promise<Export> {
  const exported: Export = {
    id: context.newId(),
    status: 'pending',
    progress: 0,
    size_bytes: null,
    sha256: null,
    error: null,
    expires_at: null,
    backup: 'backup' in cause ? cause.backup : null,
    created_at: context.now,
  }
  await insertExport(context, 'backup' in cause ? null : cause.requested_by, exported)
  const { id } = exported
  const payload = { org_id: context.org_id, export_id: id }
  await enqueueJob(context, 'make_export', payload, { key: id, max_attempts: EXPORT_ATTEMPTS_MAX + 1 })
  return exported
}
