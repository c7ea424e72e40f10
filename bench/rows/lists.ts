import postgres from 'postgres'
import type { Person } from '../../tests/support/client.ts'
import { fillOrg } from '../../tests/support/volume.ts'
import { percentile } from '../lib.ts'
import { anotherOrg, type Product } from '../product.ts'
import type { Figures, Row, Rows } from '../row.ts'

/** Lists as a board, a person and an agent request them, in an org of years. */
const LISTS = [
  '/tasks?per_page=25',
  '/tasks?per_page=100',
  '/tasks?status=in-progress&sort=priority',
  '/tasks?assigned_to=me&blocked=false&sort=priority',
  '/tasks?blocked=true',
  '/tasks?priority=critical&type=bug&sort=updated_at',
  '/tasks?q=invoice+retry',
  '/tasks?q=AUTH-471',
  '/tasks?page=100&sort=title&order=asc',
  '/tasks?include_archived=true&sort=status',
  '/projects?per_page=25',
  '/projects?per_page=100',
  '/projects?stage=development&sort=name&order=asc',
  '/projects?q=invoice',
  '/projects?assigned_to=me&include_archived=true',
  '/channels?per_page=100',
]
const CALLS_MIN = 40

let large: Promise<Person> | undefined

async function fillLargeOrg({ admin, database }: Product): Promise<Person> {
  const person = await anotherOrg(admin, 'large')
  const sql = postgres({ ...database, ssl: false, max: 1, onnotice: () => undefined })
  const size = { members: 200, projects: 2_000, tasks: 100_000, messages: 1_000, notifications: 0 }
  const { body } = await person.in<{ id: string }>('GET', '')
  await fillOrg(sql, body.id, admin.user_id, size)
  await sql.end()
  return person
}

const largeOrg: Row = {
  name: 'lists of an org with 100,000 tasks and 2,000 projects: p95 of the slowest list',
  unit: 'ms',
  judge: [{ at_most: 30, goal: 10 }],
  async run(product, seconds) {
    large ??= fillLargeOrg(product)
    const person = await large
    const figures: Figures = {}
    for (const path of LISTS) {
      const times: number[] = []
      const until = performance.now() + (seconds * 1000) / 2
      while (performance.now() < until || times.length < CALLS_MIN) {
        const started_at = performance.now()
        const { status } = await person.in('GET', path)
        if (status !== 200) throw new Error(`${path}: ${status}`)
        times.push(performance.now() - started_at)
      }
      figures[path] = percentile(times, 95)
    }
    return { product: Math.max(...Object.values(figures)), ...figures }
  },
}

export const lists: Rows = { large: largeOrg }
