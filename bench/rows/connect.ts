import { setUp } from '../../tests/support/client.ts'
import { databaseOf, startServer } from '../../tests/support/server.ts'
import { Statements } from '../../tests/support/statements.ts'
import { median } from '../lib.ts'
import { openChannels, seatOf } from '../load/socket.ts'
import type { Row, Rows } from '../row.ts'

const CHANNELS = 2_000
const CONNECTS = 20

const connect: Row = {
  name: 'connect and `ready` for an administrator who may read 2,000 channels, first connect after a start',
  unit: 'statements',
  judge: [
    { at_most: 10, goal: 5 },
    { figure: 'ms to ready, median of 20 more', at_most: 1_000, goal: 100 },
  ],
  runs_max: 3,
  async run() {
    const server = await startServer({ cluster: 'own', env: { MC_LOG_LEVEL: 'error' } })
    try {
      const seat = seatOf(await setUp(server))
      const sql = databaseOf(server)
      await sql`insert into channels (org_id, id, name, type)
        select o.id, uuidv7(), 'channel ' || n, 'org_wide' from organizations o, generate_series(1, ${CHANNELS}) n`
      await sql.end()
      const statements = await Statements.of(server)
      await statements.reset()
      const first_ms = await timeToReady(seat)
      const { total } = await statements.count()
      const times: number[] = []
      for (let i = 0; i < CONNECTS; i++) times.push(await timeToReady(seat))
      return {
        product: total,
        'ms to ready, first': first_ms,
        'ms to ready, median of 20 more': median(times),
      }
    } finally {
      await server.stop()
    }
  },
}

async function timeToReady(seat: Parameters<typeof openChannels>[0]): Promise<number> {
  const started_at = performance.now()
  const socket = await openChannels(seat, () => undefined)
  const elapsed_ms = performance.now() - started_at
  socket.close()
  return elapsed_ms
}

export const connecting: Rows = { connect }
