import { addAgent, generalChannel, join, type Person, setUp } from '../../tests/support/client.ts'
import { startServer } from '../../tests/support/server.ts'
import { Statements } from '../../tests/support/statements.ts'
import { until } from '../../tests/support/streams.ts'
import { type Returning, returningSocket, returningStream } from '../load/returning.ts'
import { seatOf } from '../load/socket.ts'
import { raiseLimits } from '../product.ts'
import type { Row, Rows } from '../row.ts'
import { waitFor } from '../wait.ts'

const CLIENTS_OF_A_KIND = 2_000
const PEOPLE = 50
/** More than it takes to start the server and to connect everybody on a slow machine. */

const comeBack: Row = {
  name: '2,000 SSE and 2,000 WebSocket clients come back with their cursors after kill -9 of the server',
  unit: 's from ready until all have everything',
  judge: [
    { at_most: 10, goal: 3 },
    { figure: 'statements for each client', at_most: 3, goal: 1 },
  ],
  runs_max: 3,
  async run() {
    const server = await startServer({ cluster: 'own', env: { MC_LOG_LEVEL: 'error' } })
    const clients: Returning[] = []
    try {
      const admin = await setUp(server)
      await raiseLimits(admin)
      const { id: channel_id } = await generalChannel(admin)
      const seats = [await addAgent(admin, 'reader'), ...(await people(admin)).map(seatOf)]
      const statements = await Statements.of(server)
      const say = async (content: string) => {
        const { status } = await admin.in('POST', `/channels/${channel_id}/messages`, { content })
        if (status !== 201) throw new Error(`message: ${status}`)
      }
      const allHave = (content: string) =>
        waitFor('clients to come back', () => clients.every(({ last }) => last === content))
      for (let i = 0; i < CLIENTS_OF_A_KIND; i++) {
        const seat = seats[i % seats.length]!
        clients.push(returningStream(seat), returningSocket(seat, channel_id))
        if (i % 50 === 0) await Bun.sleep(20)
      }
      // A client without a cursor does not get earlier messages, so every client must connect first.
      await until(async () => (await connections(server.url)) === 2 * CLIENTS_OF_A_KIND, 'all clients')
      await say('before')
      await allHave('before')
      const killed_at = performance.now()
      await server.kill('SIGKILL')
      await server.restart()
      const ready_at = performance.now()
      await statements.reset()
      await say('after')
      await allHave('after')
      const back_at = performance.now()
      const { total } = await statements.count()
      await say('live')
      await allHave('live')
      return {
        product: (back_at - ready_at) / 1_000,
        's from the kill': (back_at - killed_at) / 1_000,
        'statements for each client': total / clients.length,
      }
    } finally {
      for (const client of clients) client.close()
      await server.stop()
    }
  },
}

async function people(admin: Person): Promise<Person[]> {
  const joined: Person[] = []
  for (let i = 0; i < PEOPLE; i++) joined.push(await join(admin, `Person ${i}`))
  return joined
}

async function connections(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  let count = 0
  for (const [, value] of text.matchAll(/^mc_edge_connections\{[^}]*\} (\d+)/gm)) count += Number(value)
  return count
}

export const returning: Rows = { 'come-back': comeBack }
