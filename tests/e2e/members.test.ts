import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { addAgent, PASSWORD, type Person, setUp } from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, signIn, type Visit, visit } from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('members and keys in a browser', () => {
  let server: TestServer
  let browser: Browser
  let admin: Person
  let ines: Visit
  let joined: Visit
  let key = ''

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    browser = await launch()
    ines = await visit(browser)
    await signIn(ines.page, server.url, 'ines@example.com')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  const me = (api_key: string) =>
    fetch(`${server.url}/api/v1/orgs/fieldnote/users/me`, { headers: { Authorization: `Bearer ${api_key}` } })

  async function act(page: Page, member: string, item: string) {
    await page.getByRole('button', { name: `Actions for ${member}` }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }

  test('a member takes another name and username; one that misleads is refused where it is typed', async () => {
    const { page } = ines
    // A navigation closes menus: the org leads on to its first channel.
    await page.waitForURL(/\/channels\//)
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Name and username…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Your name' })
    await dialog.getByLabel('Username').fill('in\u0435s')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Letters of one script').waitFor()
    await dialog.getByLabel('Username').fill('Инес')
    await dialog.getByLabel('Name', { exact: true }).fill('Ines\u202eCarvalho')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Must not contain control').waitFor()
    await dialog.getByLabel('Name', { exact: true }).fill('Ines C.')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Ines C. is @инес now').waitFor()
    await page.getByRole('button', { name: 'Account: Ines C.' }).waitFor()
    // The other tests know the first name.
    await admin.in('PATCH', '/users/me', { display_name: 'Ines Carvalho', username: 'ines-carvalho' })
    await page.getByRole('button', { name: 'Account: Ines Carvalho' }).waitFor()
  })

  test('an invite link lets a person in, who is then in the list as active', async () => {
    const { page } = ines
    await page.getByRole('link', { name: 'Members' }).click()
    await page.getByRole('button', { name: 'Invite person' }).click()
    await page.getByLabel('Name').fill('Tomasz Nowak')
    await page.getByLabel('E-mail').fill('tomasz@example.com')
    await page.getByRole('button', { name: 'Make invite link' }).click()
    const lost = await page.locator('.keybox code').innerText()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('row', { name: /Tomasz Nowak.*Invited/ }).waitFor()
    await act(page, 'Tomasz Nowak', 'New invite link…')
    await page.getByText('The link from before stops working.').waitFor()
    await page.getByRole('button', { name: 'Make invite link' }).click()
    const link = await page.locator('.keybox code').innerText()
    expect(link).not.toBe(lost)
    await page.getByRole('button', { name: 'Done' }).click()

    joined = await visit(browser)
    await joined.page.goto(link)
    await joined.page.getByRole('heading', { name: 'Join Fieldnote' }).waitFor()
    await joined.page.getByLabel('Name').fill('Tomasz N.')
    await joined.page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await joined.page.getByRole('button', { name: 'Join Fieldnote' }).click()
    await joined.page.waitForURL(/\/o\/fieldnote\/channels\//)
    await page.getByRole('row', { name: /Tomasz N\..*Active/ }).waitFor()

    const again = await visit(browser)
    await again.page.goto(link)
    await again.page.getByText('This invite link does not work.').waitFor()
    await again.context.close()
  })

  test('a contributor reads the list and can change nothing', async () => {
    const { page } = joined
    await page.getByRole('link', { name: 'Members' }).click()
    await page.getByRole('row', { name: /Ines Carvalho/ }).waitFor()
    expect(
      await page.getByRole('button', { name: /Actions for|Invite person|Add agent|New channel/ }).count(),
    ).toBe(0)
  })

  test('a refusal of the server stands at its field, which takes the focus', async () => {
    const { page } = ines
    const dialog = page.getByRole('dialog')
    await page.getByRole('link', { name: /^Members/ }).click()
    const refused = async (label: string, text: string) => {
      await dialog.getByText(text).waitFor()
      await dialog.locator('[aria-invalid="true"]:focus').waitFor()
      const field = dialog.getByLabel(label, { exact: true })
      expect(await field.getAttribute('aria-invalid')).toBe('true')
      expect(await field.evaluate((one) => one === document.activeElement)).toBe(true)
      expect(await dialog.getByRole('alert').count()).toBe(0)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
    }
    await page.getByRole('button', { name: 'Add agent' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('Ines Carvalho')
    await dialog.getByLabel('Identifier').fill('another')
    await dialog.getByRole('button', { name: 'Add agent' }).click()
    await refused('Name', 'This name is taken')
    await page.getByRole('button', { name: 'Invite person' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('Ines Two')
    await dialog.getByLabel('E-mail').fill('ines@example.com')
    await dialog.getByRole('button', { name: 'Make invite link' }).click()
    await refused('E-mail', 'This person is a member already.')
    await page.getByRole('button', { name: 'New channel' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('GENERAL')
    await dialog.getByRole('button', { name: 'Create channel' }).click()
    await refused('Name', 'This name is taken')
    const made = await addAgent(admin, 'forge')
    await page.getByRole('row', { name: /forge/ }).waitFor()
    await page.getByRole('button', { name: 'Actions for forge' }).click()
    await page.getByRole('menuitem', { name: 'Change name' }).click()
    await dialog.getByLabel('Username').fill('ines-carvalho')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await refused('Username', 'This username is taken')
    expect(made.user.username).toBe('forge')
  })

  test('an agent gets its key, shown once, and its arrival is seen', async () => {
    const { page } = ines
    // The clock of this device is wrong: only the server's times say whether the agent came.
    await page.evaluate('{ const now = Date.now; Date.now = () => now() + 600_000 }')
    await page.getByRole('button', { name: 'Add agent' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Add agent' }).click()
    await page.locator('[aria-invalid="true"]:focus').waitFor()
    await page.getByLabel('Name').fill('Release Scribe')
    expect(await page.getByLabel('Identifier').inputValue()).toBe('release-scribe')
    await page.getByRole('dialog').getByRole('button', { name: 'Add agent' }).click()
    await page.getByRole('heading', { name: 'Key of Release Scribe' }).waitFor()
    const boxes = await page.locator('.keybox code').allInnerTexts()
    key = boxes[0] ?? ''
    expect(key).toMatch(/^mc_ak_live_/)
    expect(boxes[1]).toBe(`MC_URL=${server.url}\nMC_ORG=fieldnote\nMC_API_KEY=${key}`)
    await page.keyboard.press('Escape')
    expect(await page.getByRole('heading', { name: 'Key of Release Scribe' }).isVisible()).toBe(true)
    expect((await me(key)).status).toBe(200)
    await page.getByText('Release Scribe is connected').waitFor()
    await page.getByRole('button', { name: 'I stored it' }).click()
    await page.getByRole('heading', { name: 'Key of Release Scribe' }).waitFor({ state: 'detached' })
    await page.reload()
    await page.getByRole('row', { name: /Release Scribe/ }).waitFor()
    expect(await page.content()).not.toContain(key)
  })

  test('rotating without grace ends the former key, revoking ends all', async () => {
    const { page } = ines
    await act(page, 'Release Scribe', 'Keys…')
    await page.getByLabel(/the former one goes on for/).selectOption('0')
    await page.getByRole('button', { name: 'Rotate key' }).click()
    await page.getByRole('heading', { name: 'Key of Release Scribe' }).waitFor()
    const next = (await page.locator('.keybox code').allInnerTexts())[0] ?? ''
    await page.getByRole('button', { name: 'I stored it' }).click()
    expect(next).not.toBe(key)
    expect((await me(key)).status).toBe(401)
    expect((await me(next)).status).toBe(200)

    await page.getByRole('heading', { name: 'Key of Release Scribe' }).waitFor({ state: 'detached' })
    await act(page, 'Release Scribe', 'Keys…')
    await page.getByRole('button', { name: 'Revoke all…' }).click()
    await page.getByRole('button', { name: 'Revoke all keys' }).click()
    await page.getByText('All keys of Release Scribe are revoked').waitFor()
    expect((await me(next)).status).toBe(401)
  })

  test('a role is in force at once, on the open page of the one it is about', async () => {
    await act(ines.page, 'Tomasz N.', 'Change role…')
    await ines.page.getByLabel('Role', { exact: true }).selectOption('administrator')
    await ines.page.getByRole('button', { name: 'Change role' }).click()
    await ines.page.getByRole('row', { name: /Tomasz N\..*Administrator/ }).waitFor()
    await joined.page.getByRole('button', { name: 'Add agent' }).waitFor()
    await joined.page.getByRole('button', { name: 'New channel' }).click()
    await joined.page.getByLabel('Name').fill('support-desk')
    await joined.page.getByRole('button', { name: 'Create channel' }).click()
    await joined.page.getByRole('heading', { level: 1, name: 'support-desk' }).waitFor()
    await ines.page.getByRole('link', { name: /support-desk/ }).waitFor()
  })

  test('removing asks for the name, and takes the person out of the page that is open', async () => {
    await act(ines.page, 'Tomasz N.', 'Remove…')
    const remove = ines.page.getByRole('button', { name: 'Remove from the organization' })
    expect(await remove.isDisabled()).toBe(true)
    const { body } = await admin.in<{ data: { username: string; display_name: string }[] }>('GET', '/users')
    const username = body.data.find(({ display_name }) => display_name === 'Tomasz N.')?.username ?? ''
    await ines.page.getByLabel(`Type ${username} to confirm`).fill(username)
    await remove.click()
    await ines.page.getByText('Tomasz N. is removed').waitFor()
    await joined.page.waitForURL(/\/orgs/)
    await joined.page.getByText('You belong to no organization here.').waitFor()
    expect([...ines.complaints, ...joined.complaints]).toEqual([])
  })

  test('the last administrator stays', async () => {
    await act(ines.page, 'Ines Carvalho', 'Change role…')
    await ines.page.getByLabel('Role', { exact: true }).selectOption('contributor')
    await ines.page.getByRole('button', { name: 'Change role' }).click()
    await ines.page.getByText('An organization needs an administrator.').waitFor()
    await ines.page.keyboard.press('Escape')
  })

  test('signing out leaves nothing of the person on the device', async () => {
    const { page, context } = ines
    await page.getByRole('button', { name: 'Account: Ines Carvalho' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/login$/)
    // The one of a known browser stays: it signs nobody in.
    const cookies = (await context.cookies()).filter(
      ({ name, value }) => value !== '' && !name.includes('mc_device'),
    )
    expect(cookies).toEqual([])
    const kept = await page.evaluate('JSON.stringify(Object.entries(localStorage))')
    expect(String(kept)).not.toContain('mc.draft')
    await page.goto(`${server.url}/o/fieldnote/settings/members`)
    await page.waitForURL(/\/login\?return_to=/)
  })
})
