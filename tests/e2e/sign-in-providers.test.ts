import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Org, User } from '../../src/contracts/resources.ts'
import { join, PASSWORD, Person, setUp } from '../support/client.ts'
import { Wanderer } from '../support/openid/browser.ts'
import { type EvilProvider, startEvilProvider } from '../support/openid/evil-provider.ts'
import { clientOf } from '../support/openid/real-provider.ts'
import { databaseOf, type TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { violationsInBothThemes } from './support/axe.ts'
import { hasBrowser, launch, signIn, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

const INES = { sub: 'ines', email: 'ines@example.com', email_verified: true, name: 'Ines' }

describe.skipIf(!hasBrowser)('sign-in providers in a browser', () => {
  let server: TestServer
  let browser: Browser
  let provider: EvilProvider
  let admin: Person

  beforeAll(async () => {
    await buildApp()
    provider = await startEvilProvider()
    server = await startEmpty({ env: clientOf(provider) })
    admin = await setUp(server)
    await join(admin, 'Ana Lima')
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await provider?.stop()
  })
  beforeEach(() => {
    provider.conduct = {}
    provider.person = INES
  })

  const dialog = (page: Page) => page.getByRole('dialog', { name: 'Sign-in methods' })

  /** Lets the sessions of somebody be eleven minutes old. */
  async function age(email: string): Promise<void> {
    const sql = databaseOf(server)
    await sql`update sessions s set created_at = now() - interval '11 minutes'
      from users u where u.id = s.user_id and u.email = ${email}`
    // A session from before the person joined does not enter.
    await sql`update memberships m set account_since = now() - interval '12 minutes'
      from users u where u.id = coalesce(m.account_id, m.user_id) and u.email = ${email}`
    await sql.end()
    // It keeps what it knows of sessions.
    await server.restart()
  }

  async function openMethods(page: Page): Promise<void> {
    await page.waitForURL(/\/channels\//)
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Sign-in methods' }).click()
    await dialog(page).waitFor()
  }

  test('the sign-in page offers what is configured, leads there and back to the place', async () => {
    const { context, page, complaints } = await visit(browser)
    await page.goto(`${server.url}/o/fieldnote/tasks`)
    await page.waitForURL(/\/login/)
    const button = page.getByRole('link', { name: 'Continue with localhost' })
    await button.waitFor()
    expect(await page.getByRole('link', { name: /^Continue with/ }).count()).toBe(1)
    expect(await violationsInBothThemes(page)).toEqual([])
    await button.click()
    await page.waitForURL(/\/o\/fieldnote\/tasks$/)
    await page.getByRole('button', { name: /^Account/ }).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a sign-in that does not succeed says why, and the password is still there', async () => {
    const { context, page } = await visit(browser)
    provider.person = { sub: 'stranger', email: 'stranger@example.com', email_verified: true }
    await page.goto(`${server.url}/login`)
    await page.getByRole('link', { name: 'Continue with localhost' }).click()
    await page.getByRole('alert').getByText('There is no account for you here.').waitFor()
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByLabel('Password', { exact: true }).waitFor()
    // Words of an address are ours only.
    await page.goto(`${server.url}/login?sign_in=constructor`)
    await page.getByRole('link', { name: 'Continue with localhost' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await context.close()
  })

  test('an invite is accepted with a provider, under the typed name', async () => {
    const { context, page, complaints } = await visit(browser)
    const { body } = await admin.in<User & { invite_url: string }>('POST', '/users', {
      type: 'human',
      email: 'noa@example.com',
      display_name: 'Noa',
      role: 'contributor',
    })
    provider.person = { sub: 'noa', email: 'noa@example.com', email_verified: true }
    await page.goto(body.invite_url)
    await page.getByLabel('Name', { exact: true }).fill('Noa Peretz')
    expect(await violationsInBothThemes(page)).toEqual([])
    await page.getByRole('button', { name: 'Join with localhost' }).click()
    await page.waitForURL(/\/o\/fieldnote\/channels\//)
    const { body: member } = await admin.in<User>('GET', `/users/${body.id}`)
    expect([member.display_name, member.status]).toEqual(['Noa Peretz', 'active'])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('identities are added to the account and removed again', async () => {
    const { context, page, complaints } = await visit(browser)
    await signIn(page, server.url, 'ana.lima@example.com')
    await openMethods(page)
    await dialog(page).getByText('None yet.').waitFor()
    provider.person = { sub: 'ana at home', email: 'ana@home.example', email_verified: false }
    await dialog(page).getByRole('button', { name: 'Add localhost' }).click()
    await dialog(page).getByText('Added.', { exact: true }).waitFor()
    await dialog(page).getByText('ana@home.example').waitFor()
    expect(new URL(page.url()).searchParams.has('sign_in')).toBe(false)
    expect(await violationsInBothThemes(page, { within: '[role="dialog"]' })).toEqual([])
    await dialog(page)
      .getByRole('button', { name: /^Remove localhost/ })
      .click()
    await dialog(page).getByText('None yet.').waitFor()
    // One that opens another account stays there.
    provider.person = INES
    await dialog(page).getByRole('button', { name: 'Add localhost' }).click()
    await dialog(page).getByText('It opens another account already.').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('administrators name the ways into the organization, but not against themselves', async () => {
    const { context, page } = await visit(browser)
    await signIn(page, server.url, 'ines@example.com')
    await page.goto(`${server.url}/o/fieldnote/settings/sign-in`)
    const box = (name: RegExp) => page.getByRole('checkbox', { name })
    await box(/^GitHub/).waitFor()
    await page.getByText('Events live').waitFor()
    await box(/^GitHub/).uncheck()
    await box(/^E-mail and password/).uncheck()
    expect(await violationsInBothThemes(page, { within: 'main' })).toEqual([])
    const save = page.getByRole('button', { name: 'Save', exact: true })
    await save.click()
    await page.getByText(/^You would lock yourself out/).waitFor()
    await box(/^E-mail and password/).check()
    await save.click()
    await save.waitFor({ state: 'detached' })
    const { body } = await admin.in<Org>('GET', '')
    expect(body.settings.authentication.allowed_oidc_providers).toEqual(['google', 'oidc', 'password'])
    await context.close()
  })

  test('who has signed in with a provider only sets a first password, after signing in again', async () => {
    const { context, page, complaints } = await visit(browser)
    provider.person = INES
    const { body } = await admin.in<User & { invite_url: string }>('POST', '/users', {
      type: 'human',
      email: 'mia@example.com',
      display_name: 'Mia',
      role: 'contributor',
    })
    provider.person = { sub: 'mia', email: 'mia@example.com', email_verified: true }
    await page.goto(body.invite_url)
    await page.getByRole('button', { name: 'Join with localhost' }).click()
    await page.waitForURL(/\/o\/fieldnote\/channels\//)
    await page.waitForURL(/\/channels\//)
    // Not while the page asks for something.
    await page.goto('about:blank')
    await age('mia@example.com')
    await page.goto(`${server.url}/o/fieldnote`)
    await page.waitForURL(/\/channels\//)
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Change password' }).click()
    const set = page.getByRole('dialog', { name: 'Set a password' })
    await set.getByRole('link', { name: 'Sign in again with localhost' }).waitFor()
    expect(await violationsInBothThemes(page, { within: '[role="dialog"]' })).toEqual([])
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-first-old.png` })
    await set.getByRole('link', { name: 'Sign in again with localhost' }).click()
    await set.getByLabel('New password').fill('a harbour of my own 9')
    expect(new URL(page.url()).searchParams.has('ask')).toBe(false)
    expect(await violationsInBothThemes(page, { within: '[role="dialog"]' })).toEqual([])
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-first.png` })
    await set.getByRole('button', { name: 'Set password' }).click()
    await page.getByText('Your password is set').waitFor()
    await new Person(server.url).signIn('mia@example.com', 'a harbour of my own 9')
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a while after the sign-in an identity is added with the password only', async () => {
    const { context, page, complaints } = await visit(browser)
    await signIn(page, server.url, 'ana.lima@example.com')
    await page.waitForURL(/\/channels\//)
    // Not while the page asks for something.
    await page.goto('about:blank')
    await age('ana.lima@example.com')
    await page.goto(`${server.url}/o/fieldnote`)
    await page.waitForURL(/\/channels\//)
    await openMethods(page)
    const password = dialog(page).getByLabel('Current password')
    await password.waitFor()
    expect(await violationsInBothThemes(page, { within: '[role="dialog"]' })).toEqual([])
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-methods-old.png` })
    provider.person = { sub: 'ana abroad', email: 'ana@abroad.example', email_verified: false }
    const add = dialog(page).getByRole('button', { name: 'Add localhost' })
    await add.click()
    await dialog(page).getByText('Type your password.').waitFor()
    await password.fill('not this one')
    await add.click()
    await dialog(page).getByText('This is not your current password.').waitFor()
    await password.fill(PASSWORD)
    await add.click()
    await dialog(page).getByText('Added.', { exact: true }).waitFor()
    await dialog(page).getByText('ana@abroad.example').waitFor()
    expect(complaints.filter((one) => !one.includes('401'))).toEqual([])
    await context.close()
  })

  test('a sign-in link says when its organization lets nobody in with a password, and waits', async () => {
    const { context, page, complaints } = await visit(browser)
    const ana = (await admin.in<{ data: User[] }>('GET', '/users?q=ana')).body.data[0]
    const { body } = await admin.in<{ sign_in_url: string }>('POST', `/users/${ana?.id}/sign-in-link`)
    const ines = Object.assign(new Wanderer(server.url), { org: 'fieldnote' })
    await ines.signInAt()
    const allow = async (...methods: string[]) => {
      const settings = { authentication: { allowed_oidc_providers: methods } }
      expect((await ines.in('PATCH', '', { settings })).status).toBe(200)
    }
    await allow('oidc')
    await page.goto(body.sign_in_url)
    await page.getByText('This link cannot be used now.').waitFor()
    await page.getByText('lets nobody in with a password').waitFor()
    expect(await page.getByLabel('New password').count()).toBe(0)
    expect(await violationsInBothThemes(page)).toEqual([])
    if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-link-409.png` })
    await allow('oidc', 'password')
    await page.reload()
    await page.getByLabel('New password', { exact: true }).fill('the new harbour of 7')
    await page.getByRole('button', { name: 'Set password and sign in' }).click()
    await page.waitForURL(/\/channels\//)
    expect(complaints.filter((one) => !one.includes('409'))).toEqual([])
    await context.close()
  })
})
