import { describe, expect, test } from 'bun:test'
import { SignInFlows } from '../../../src/auth/sign-in-flows.ts'

const SECRET = new TextEncoder().encode('the secret of today, 32 bytes or more')
const FORMER = new TextEncoder().encode('the secret of before, 32 bytes or so')
const SCOPE = { secure: false, installation: '01234567', base_path: '' }
const WANTED = { provider: 'oidc', purpose: { to: 'sign_in' }, return_to: '/orgs' } as const

function flows(secrets = [SECRET], scope = SCOPE) {
  const clock = { now: 1_000_000 }
  return { clock, flows: new SignInFlows(secrets, scope, () => clock.now) }
}
/** What a browser sends of a `Set-Cookie`. */
const sent = (cookie: string) => cookie.split(';', 1).join()

describe('a sign-in flow', () => {
  test('comes back from the cookie of its browser, once', () => {
    const { flows: of } = flows()
    const { flow, cookie } = of.start(WANTED)
    expect(of.take(sent(cookie), 'oidc', flow.state)).toEqual(flow)
    expect(of.take(sent(cookie), 'oidc', flow.state)).toBeUndefined()
  })

  test('has values of its own, which are hard to guess', () => {
    const { flows: of } = flows()
    const many = Array.from({ length: 50 }, () => of.start(WANTED).flow)
    for (const name of ['state', 'nonce', 'code_verifier'] as const) {
      expect(new Set(many.map((flow) => flow[name])).size).toBe(50)
      for (const flow of many) expect(flow[name].length).toBeGreaterThanOrEqual(43)
    }
  })

  test('does not come back with another state, for another provider, changed, or without the cookie', () => {
    const { flows: of } = flows()
    const { flow, cookie } = of.start(WANTED)
    expect(of.take(sent(cookie), 'oidc', 'another')).toBeUndefined()
    expect(of.take(sent(cookie), 'oidc', null)).toBeUndefined()
    expect(of.take(sent(cookie), 'google', flow.state)).toBeUndefined()
    expect(of.take(null, 'oidc', flow.state)).toBeUndefined()
    const [name, value = ''] = sent(cookie).split('=')
    const [text = '', signature = ''] = value.split('.')
    const other = Buffer.from(JSON.stringify({ ...flow, return_to: '/x' })).toString('base64url')
    for (const forged of [
      `${other}.${signature}`,
      text,
      `${text}.`,
      `.${signature}`,
      `${value}.x`,
      'x'.repeat(9_000),
    ])
      expect(of.take(`${name}=${forged}`, 'oidc', flow.state)).toBeUndefined()
    expect(of.take(sent(cookie), 'oidc', flow.state)).toBeDefined()
  })

  test('ends after ten minutes', () => {
    const { flows: of, clock } = flows()
    const { flow, cookie } = of.start(WANTED)
    expect(cookie).toContain('Max-Age=600;')
    clock.now += 10 * 60_000 + 1
    expect(of.take(sent(cookie), 'oidc', flow.state)).toBeUndefined()
  })

  test('survives a rotation of the secret, and no other secret', () => {
    const { flow, cookie } = flows([FORMER]).flows.start(WANTED)
    expect(flows([SECRET]).flows.take(sent(cookie), 'oidc', flow.state)).toBeUndefined()
    expect(flows([SECRET, FORMER]).flows.take(sent(cookie), 'oidc', flow.state)).toEqual(flow)
  })

  test('has a cookie that is bound to the host over https', () => {
    const { cookie } = flows([SECRET], { secure: true, installation: '01234567', base_path: '' }).flows.start(
      WANTED,
    )
    expect(cookie).toMatch(/^__Host-mc_flow=[^;]+; Path=\/; Max-Age=600; SameSite=Lax; Secure; HttpOnly$/)
  })
})
