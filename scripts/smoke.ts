/**
 * `bun run smoke URL`: tries every critical path of a server at any address, as people and programs use it.
 *
 *   bun run smoke https://mc.example.com                        what anybody may do
 *   MC_SMOKE_PASSWORD=… bun run smoke URL --email A [--org S]   the whole, as an administrator
 *   bun run smoke URL --setup-token T                           the whole, on an empty server, which it sets up
 *
 * It makes an agent and a project with names of their own and puts them away again: the agent is removed, the project
 * archived, and their events stay in the log. `--timeout S`: seconds that each wait may take. Exit code 1 when a step fails.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { Caller } from './smoke/client.ts'
import { type Smoke, STEPS } from './smoke/steps.ts'

function loginOf(values: Record<string, string | undefined>): Smoke['login'] {
  const { email, org } = values
  const token = values['setup-token']
  if (token !== undefined)
    return {
      kind: 'set up',
      token,
      email: 'smoke@example.com',
      password: randomBytes(18).toString('base64url'),
    }
  if (email === undefined) return undefined
  const password = process.env.MC_SMOKE_PASSWORD
  if (!password) throw new Error('Set MC_SMOKE_PASSWORD to the password of the account.')
  return { kind: 'password', email, password, org }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      email: { type: 'string' },
      org: { type: 'string' },
      'setup-token': { type: 'string' },
      timeout: { type: 'string', default: '60' },
    },
  })
  const [address, ...surplus] = positionals
  if (address === undefined || !URL.canParse(address) || surplus.length > 0) {
    console.error(
      'Usage: bun run smoke URL [--email ADDRESS [--org SLUG] | --setup-token=TOKEN] [--timeout SECONDS]',
    )
    return 2
  }
  const base = address.replace(/\/+$/, '')
  const timeout_ms = Number(values.timeout) * 1_000
  const mark = `smoke-${randomBytes(4).toString('hex')}`
  const anonymous = new Caller(base, timeout_ms)
  const person = new Caller(base, timeout_ms)
  const smoke: Smoke = {
    base,
    timeout_ms,
    login: loginOf(values),
    anonymous,
    person,
    agent: anonymous,
    mark,
    made: {},
    withKey(key) {
      const caller = new Caller(base, timeout_ms, key)
      caller.org = person.org
      return caller
    },
  }
  let failed = 0
  const steps = STEPS.filter(({ signed_in }) => smoke.login !== undefined || !signed_in)
  for (const { name, run } of steps) {
    try {
      await run(smoke)
      console.log(`ok    ${name}`)
    } catch (error) {
      failed++
      console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const left_out = STEPS.length - steps.length
  const rest = left_out > 0 ? `, ${left_out} left out: they need --email or --setup-token` : ''
  console.log(`\n${steps.length - failed} passed, ${failed} failed${rest}`)
  return failed === 0 ? 0 : 1
}

if (import.meta.main)
  process.exit(
    await main().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : String(error))
      return 2
    }),
  )
