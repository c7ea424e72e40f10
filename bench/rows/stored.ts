import type { Person } from '../../tests/support/client.ts'
import { agentsInProjects, peopleInOrgs, type Seat, storedMessages } from '../load/messages.ts'
import { singleRowInserts } from '../reference/inserts.ts'
import type { Row, Rows } from '../row.ts'

const SENDERS = 32
/** Messages under way per sender: a busy client, and the server's bound for one socket. */
const BUSY = 8
const FULL = 64

let agents: Promise<Seat[]> | undefined
let people: Promise<Seat[]> | undefined
const oneOrg = (admin: Person) => (agents ??= agentsInProjects(admin, SENDERS))
const manyOrgs = (admin: Person) => (people ??= peopleInOrgs(admin, SENDERS))

function row(
  where: string,
  seats: (admin: Person) => Promise<Seat[]>,
  window: number,
  floor: number,
  goal: number,
): Row {
  return {
    name: `stored and acknowledged messages, ${where}, 32 senders, ${window} under way each`,
    unit: 'messages/s',
    judge: [{ reference: 'single-row inserts', floor, goal }],
    async run({ admin, database }, seconds) {
      const product = await storedMessages(await seats(admin), seconds, window)
      return { product, 'single-row inserts': await singleRowInserts(database, SENDERS, seconds) }
    },
  }
}

export const stored: Rows = {
  stored: row('one org', oneOrg, BUSY, 0.6, 1),
  orgs: row('32 orgs', manyOrgs, BUSY, 0.5, 0.8),
  'stored-full': row('one org', oneOrg, FULL, 1, 1.5),
  'orgs-full': row('32 orgs', manyOrgs, FULL, 1, 1.5),
}
