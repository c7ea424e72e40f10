import { hasBackupSince, readOpenExport } from '../db/queries/exports.ts'
import type { Command } from './command.ts'
import { beginExport } from './export-request.ts'

/**
 * Begins the backup that is due since `due_at`. Without effect when it was begun already, and while an export is under way:
 * the clock asks again.
 */
export const exportSchedule: Command<'export.schedule'> = {
  name: 'export.schedule',
  action: null,
  async run(context, { due_at, destination }) {
    const { sql, org_id } = context
    const idle = !(await readOpenExport(sql, org_id)) && !(await hasBackupSince(sql, org_id, due_at))
    if (!idle) return { result: { started: false }, events: [] }
    const exported = await beginExport(context, { backup: destination })
    return {
      result: { started: true },
      events: [{ type: 'export.requested', payload: { export: exported } }],
    }
  },
}
