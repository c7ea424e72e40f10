import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DemoLogins } from '../../../src/demo/seed.ts'
import { Person } from '../../support/client.ts'
import type { TestServer } from '../../support/server.ts'
import { BEHIND, seeded } from './behind.ts'
import { until } from './browser.ts'
import { startServer } from './server.ts'

export interface Demo {
  server: TestServer
  logins: Omit<DemoLogins, 'agents'>
}

/** Starts the demo, and waits until it is seeded. Behind a proxy: its organization, without the agents that talk. */
export async function startDemo(): Promise<Demo> {
  if (BEHIND !== undefined) return await seeded(await startServer())
  const server = await startServer({ command: ['demo'] })
  const file = join(server.data_dir, 'demo', 'demo-logins.json')
  await until(
    'the demo is seeded',
    async () => existsSync(file) && readFileSync(file, 'utf8').trimEnd().endsWith('}'),
    (is) => is,
  )
  return { server, logins: JSON.parse(readFileSync(file, 'utf8')) }
}

/** A person of the demo, by the begin of the e-mail address, signed in. */
export async function demoPerson({ server, logins }: Demo, name: string): Promise<Person> {
  const person = logins.people.find(({ email }) => email.startsWith(name))
  if (!person) throw new Error(`nobody is called ${name}`)
  const signed_in = await new Person(server.url).signIn(person.email, person.password)
  signed_in.org = logins.org_slug
  return signed_in
}
