import { endExport } from '../db/writes/exports.ts'
import { aboutExport } from '../domain/notifications.ts'
import type { Command } from './command.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Ends an attempt at an export, with its file or with the reason why there is none. An overtaken one has no effect. */
export const exportEnd: Command<'export.end'> = {
  name: 'export.end',
  action: null,
  async run(context, { id, ...end }) {
    const { export: kept, backup } = context.permissions.settings
    const after = (ms: number) => new Date(Date.parse(context.now) + ms).toISOString()
    const expires_at = {
      exported: after(kept.expires_after_hours * HOUR_MS),
      backup: after(backup.retention_days * DAY_MS),
    }
    const ended = await endExport(context, id, end.file ? { ...end, expires_at } : end)
    if (!ended) return { result: { stored: false }, events: [] }
    const { requested_by } = ended
    const type = end.file ? 'export.ready' : 'export.failed'
    return {
      result: { stored: true },
      events: [
        { type, payload: { export: ended.export }, subject_ids: requested_by === null ? [] : [requested_by] },
      ],
      notifications: end.file && requested_by !== null ? aboutExport(ended.export, requested_by, 0) : [],
    }
  },
}
