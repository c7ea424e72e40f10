import { identity, type Ledger, type StoredOrg } from './ledger.ts'

/**
 * Compares the callers' ledger with the stored log. Each returned sentence is a broken promise; none means that nothing
 * was lost, doubled, reordered, invented or written without the right to.
 */
export function checkOrg(ledger: Ledger, stored: StoredOrg): string[] {
  return [
    ...ledger.problems,
    ...checkNumbers(stored),
    ...checkPosts(ledger, stored),
    ...checkChanges(ledger, stored),
    ...checkRights(stored),
    ...checkPublication(ledger, stored),
  ]
}

/** `sequence` and each channel's `seq` are contiguous from 1, in the same order, up to the stored heads. */
function checkNumbers({ head, events, messages, last_seqs }: StoredOrg): string[] {
  const problems: string[] = []
  const seqs = new Map<string, number>()
  let with_message = 0
  let last = 0
  for (const { sequence, message } of events) {
    if (sequence !== last + 1) problems.push(`in the log ${sequence} follows ${last}`)
    last = sequence
    if (!message) continue
    with_message++
    const seq = seqs.get(message.channel_id) ?? 0
    if (message.seq !== seq + 1)
      problems.push(`in channel ${message.channel_id} seq ${message.seq} follows ${seq}`)
    seqs.set(message.channel_id, message.seq)
  }
  if (head !== last) problems.push(`the head is ${head}, the log ends with ${last}`)
  if (messages !== with_message)
    problems.push(`${messages} messages are stored, ${with_message} of them with an event`)
  for (const [channel_id, last_seq] of last_seqs)
    if (last_seq !== (seqs.get(channel_id) ?? 0))
      problems.push(`channel ${channel_id} says last_seq ${last_seq}, stored is ${seqs.get(channel_id) ?? 0}`)
  return problems
}

/** Each acknowledged message is stored once, at the acknowledged place; no refused or unknown one is stored. */
function checkPosts({ posts }: Ledger, { events }: StoredOrg): string[] {
  const problems: string[] = []
  const found = new Map<string, NonNullable<StoredOrg['events'][number]['message']>>()
  for (const { message } of events) {
    if (!message) continue
    const before = found.get(message.content)
    if (before) problems.push(`"${message.content}" is stored twice: seq ${before.seq} and ${message.seq}`)
    found.set(message.content, message)
  }
  for (const { content, channel_id, sender_id, outcome, place } of posts) {
    const message = found.get(content)
    found.delete(content)
    if (outcome === 'under way') problems.push(`"${content}" was never answered`)
    else if (outcome === 'refused') {
      if (message) problems.push(`"${content}" was refused and is stored as seq ${message.seq}`)
    } else if (!message) problems.push(`"${content}" was acknowledged and is not stored`)
    else if (message.id !== place?.id || message.seq !== place.seq)
      problems.push(`"${content}" was acknowledged as seq ${place?.seq} and is stored as seq ${message.seq}`)
    else if (message.channel_id !== channel_id || message.sender_id !== sender_id)
      problems.push(`"${content}" is stored in another channel or of another sender`)
  }
  for (const content of found.keys()) problems.push(`"${content}" is stored and was never sent`)
  return problems
}

/** The log has exactly the acknowledged changes of each subject, in the order of the acknowledgements. */
function checkChanges({ changes }: Ledger, { events }: StoredOrg): string[] {
  const problems: string[] = []
  const logged = new Map<string, string[]>()
  for (const { change } of events)
    if (change) logged.set(change.subject, [...(logged.get(change.subject) ?? []), change.mark])
  for (const [subject, made] of changes) {
    for (const { mark, outcome } of made)
      if (outcome === 'under way') problems.push(`${subject}: "${mark}" was never answered`)
    const expected = made.filter(({ outcome }) => outcome === 'acknowledged').map(({ mark }) => mark)
    const found = logged.get(subject) ?? []
    const at = expected.findIndex((mark, i) => found[i] !== mark)
    if (at >= 0)
      problems.push(`${subject}: "${expected[at]}" was acknowledged, the log has "${found[at]}" at its place`)
    else if (found.length > expected.length)
      problems.push(`${subject}: the log has "${found[expected.length]}" besides the acknowledged changes`)
    logged.delete(subject)
  }
  for (const subject of logged.keys()) problems.push(`${subject} is in the log and nobody changed it`)
  return problems
}

/** Each message in a project's channel was written while its agent was assigned to the project. */
function checkRights({ events, assigned }: StoredOrg): string[] {
  const problems: string[] = []
  const now = new Set<string>()
  for (const agents of assigned.values()) for (const agent of agents) now.add(agent)
  for (const { message, change } of events) {
    if (change?.mark === 'assigned') now.add(change.subject)
    if (change?.mark === 'unassigned') now.delete(change.subject)
    if (message && assigned.has(message.channel_id) && !now.has(message.sender_id))
      problems.push(`"${message.content}" is stored though its sender was not assigned at that moment`)
  }
  return problems
}

/** Every stored event was published once, in the order of the log. */
function checkPublication({ published }: Ledger, { events }: StoredOrg): string[] {
  const stored = events.map(({ sequence, type, message }) => identity(sequence, type, message?.id))
  // Events of the set-up are older than the first publication that was recorded.
  const first = published[0] === undefined ? stored.length : stored.indexOf(published[0])
  if (first < 0) return [`"${published[0]}" was published and is not stored`]
  const expected = stored.slice(first)
  const at = expected.findIndex((name, i) => published[i] !== name)
  if (at >= 0) return [`the log has "${expected[at]}", published at its place was "${published[at]}"`]
  return published.length > expected.length ? [`"${published[expected.length]}" was published besides`] : []
}
