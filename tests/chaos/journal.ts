/** What one writer knows of one message it sent. */
export interface Sent {
  client_id: string
  channel_id: string
  content: string
  /** Set once the server acknowledged it. */
  ack?: { id: string; seq: number }
}

/** What one reader saw, in the order in which it saw it. */
export interface Seen {
  seq: number
  id: string
  content: string
}

export interface ReaderJournal {
  name: string
  /** Per channel. */
  messages: Map<string, Seen[]>
  /** SSE readers: sequences of the log. */
  sequences?: number[]
  /** Whether it follows from the first message on (else from where it joined). */
  from_start: boolean
  /** Times the server said that a position could not be resumed: each one is a failure here. */
  resets: number
}

export interface Truth {
  /** All stored messages per channel, by seq. */
  channels: Map<string, Seen[]>
  /** All sequences of the log, ascending. */
  sequences: number[]
}

/**
 * Compares what was acknowledged and seen with what is stored. Each returned sentence is a broken promise; none means
 * that nothing was lost, doubled, reordered or invented.
 */
export function check(sent: readonly Sent[], readers: readonly ReaderJournal[], truth: Truth): string[] {
  const problems: string[] = []
  const stored = new Map<string, Seen & { channel_id: string }>()
  for (const [channel_id, messages] of truth.channels) {
    messages.forEach((message, i) => {
      if (message.seq !== i + 1)
        problems.push(`channel ${channel_id}: seq ${message.seq} stands at place ${i + 1}`)
      const before = stored.get(message.content)
      if (before) problems.push(`"${message.content}" is stored twice: seq ${before.seq} and ${message.seq}`)
      stored.set(message.content, { ...message, channel_id })
    })
  }
  for (const { client_id, channel_id, content, ack } of sent) {
    const found = stored.get(content)
    if (!ack) continue
    if (!found) problems.push(`"${content}" (${client_id}) was acknowledged and is not stored`)
    else if (found.id !== ack.id || found.seq !== ack.seq || found.channel_id !== channel_id)
      problems.push(`"${content}" was acknowledged as seq ${ack.seq} and is stored as seq ${found.seq}`)
  }
  const known = new Set(sent.map((message) => message.content))
  for (const content of stored.keys())
    if (!known.has(content)) problems.push(`"${content}" is stored and was never sent`)
  truth.sequences.forEach((sequence, i) => {
    if (sequence !== i + 1) problems.push(`the log has ${sequence} at place ${i + 1}`)
  })
  for (const reader of readers) problems.push(...checkReader(reader, truth))
  return problems
}

function checkReader(reader: ReaderJournal, truth: Truth): string[] {
  const problems: string[] = []
  if (reader.resets > 0) problems.push(`${reader.name} got ${reader.resets} resets for an unknown position`)
  for (const [channel_id, seen] of reader.messages) {
    const all = truth.channels.get(channel_id) ?? []
    const first = reader.from_start ? 1 : (seen[0]?.seq ?? all.length + 1)
    const expected = all.slice(first - 1)
    if (seen.length !== expected.length)
      problems.push(`${reader.name} saw ${seen.length} of ${expected.length} messages of ${channel_id}`)
    for (let i = 0; i < Math.max(seen.length, expected.length); i++) {
      const [s, e] = [seen[i], expected[i]]
      if (s?.seq === e?.seq && s?.id === e?.id && s?.content === e?.content) continue
      problems.push(
        `${reader.name}: place ${i + 1} of ${channel_id} is seq ${s?.seq ?? 'nothing'}, stored is seq ${e?.seq ?? 'nothing'}`,
      )
      break
    }
  }
  reader.sequences?.forEach((sequence, i, all) => {
    const before = all[i - 1]
    if (before !== undefined && sequence <= before)
      problems.push(`${reader.name}: sequence ${sequence} came after ${before}`)
  })
  return problems
}
