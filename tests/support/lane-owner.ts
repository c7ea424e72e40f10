/**
 * A process that owns an org and writes events through its lane until it is fenced: the paused owner of the fencing
 * test. Prints `writing` once it writes, `fenced` when it is refused, and the number of its acknowledged events.
 */
import { systemClock } from '../../src/actors/runtime/clock.ts'
import { Lane } from '../../src/actors/runtime/lane.ts'
import { Database } from '../../src/db/client.ts'
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { PostgresLaneStore } from '../../src/db/lane-store.ts'

const { connection, org_id, name } = JSON.parse(process.argv[2] ?? '{}') as {
  connection: ConnectionOptions
  org_id: string
  name: string
}

const database = new Database({ connection, connections_max: 2, idle_in_transaction_ms: 1_000 })
const store = new PostgresLaneStore<string, string>(database, {
  inMemory: () => undefined,
  prefetch: async () => undefined,
  async run(text, context) {
    context.rows.events.push({
      sequence: context.nextSequence(),
      type: 'auth.login_success',
      actor_id: null,
      actor_type: 'system',
      actor_name: name,
      project_ids: [],
      task_id: null,
      channel_id: null,
      subject_ids: [],
      payload: { user_id: text, method: 'password' },
      created_at: context.now,
    })
    return text
  },
})
const head = await store.take(org_id)
let fenced = false
const owner = {
  committed: () => undefined,
  endsBatch: () => false,
  lost: () => {
    fenced = true
  },
  failed: (stage: string, error: unknown) => console.error(stage, error),
}
const lane = new Lane(org_id, head, store, owner, systemClock)
let acked = 0
for (let n = 0; !fenced; n++) {
  try {
    await lane.submit(`${name} ${n}`)
    if (acked++ === 0) console.log('writing')
  } catch {
    // Fenced, or refused for a moment: the loop's condition tells.
    await Bun.sleep(1)
  }
}
console.log(`fenced after ${acked}`)
await database.close()
process.exit(0)
