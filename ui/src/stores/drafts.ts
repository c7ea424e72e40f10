import { localKeys, readLocal, writeLocal } from './local.ts'

/** An unsent text, per user and channel; removed when it is sent or the user signs out. */
export interface Draft {
  content: string
  reply_to: string | null
  /** Agents that the text shall not wake. */
  leave_out: string[]
}

const PREFIX = 'mc.draft.'
const keyOf = (user_id: string, channel_id: string) => `${PREFIX}${user_id}.${channel_id}`

/** Keys that another open tab wrote last: that tab shows the draft, and promises to keep it when the session ends. */
const elsewhere = new Set<string>()

if (typeof window !== 'undefined')
  window.addEventListener('storage', ({ key, newValue }) => {
    if (!key?.startsWith(PREFIX)) return
    if (newValue === null) elsewhere.delete(key)
    else elsewhere.add(key)
  })

export function readDraft(user_id: string, channel_id: string): Draft | undefined {
  const text = readLocal(keyOf(user_id, channel_id))
  if (text === undefined) return undefined
  try {
    const { content, reply_to, leave_out } = JSON.parse(text)
    if (typeof content !== 'string') return undefined
    return {
      content,
      reply_to: typeof reply_to === 'string' ? reply_to : null,
      leave_out: Array.isArray(leave_out) ? leave_out.filter((id) => typeof id === 'string') : [],
    }
  } catch {
    // Not written by this app.
    return undefined
  }
}

export function writeDraft(user_id: string, channel_id: string, draft: Draft): void {
  const empty = draft.content.trim() === '' && draft.reply_to === null
  elsewhere.delete(keyOf(user_id, channel_id))
  writeLocal(keyOf(user_id, channel_id), empty ? undefined : JSON.stringify(draft))
}

const discardable = (user_id: string) =>
  localKeys(`${PREFIX}${user_id}.`).filter((key) => !elsewhere.has(key))

/** Number of drafts that a sign-out in this tab discards. */
export function countDrafts(user_id: string): number {
  return discardable(user_id).length
}

/** Removes the drafts of a user, except those under way in other tabs; the returned function restores them. */
export function removeDrafts(user_id: string): () => void {
  const removed = discardable(user_id).map((key) => [key, readLocal(key)] as const)
  for (const [key] of removed) writeLocal(key, undefined)
  return () => {
    for (const [key, text] of removed) writeLocal(key, text)
  }
}

export function hasDraft(user_id: string, channel_id: string): boolean {
  return readDraft(user_id, channel_id) !== undefined
}
