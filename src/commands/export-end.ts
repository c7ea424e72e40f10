import { endExport } from '../db/writes/exports.ts'
import { aboutExport } from '../domain/notifications.ts'
import type { Command } from './command.ts'

const HOUR_MS = 3_600_000

/** Ends an attempt at an export, with its file or with the reason why there is none. An overtaken one has no effect. */
export const exportEnd: Command<'export.end'> = {
  name: 'export.end',
  action: null,
  async run(context, { id, ...end }) {
    const { expires_after_hours } = context.permissions.settings.export
    const expires_at = new Date(Date.parse(context.now) + expires_after_hours * HOUR_MS).toISOString()
    const ended = await endExport(context, id, end.file ? { ...end, expires_at } : end)
    if (!ended) return { result: { stored: false }, events: [] }
    const { requested_by } = ended
    const type = end.file ? 'export.ready' : 'export.failed'
    return {
      result: { stored: true },
      events: [{ type, payload: { export: ended.export }, subject_ids: [requested_by] }],
      notifications: end.file ? aboutExport(ended.export, requested_by, 0) : [],
    }
  },
}
