import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import {
  type Agent,
  addAgent,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../support/client.ts'
import type { TestServer } from '../support/server.ts'
import { SseJournal } from '../support/streams.ts'
import { buildApp } from './support/app.ts'
import {
  composer,
  hasBrowser,
  launch,
  openChannel,
  said,
  say,
  session,
  until,
  type Visit,
  visit,
  waitForText,
} from './support/browser.ts'
import { startEmpty } from './support/server.ts'

describe.skipIf(!hasBrowser)('two people and an agent', () => {
  let server: TestServer
  let browser: Browser
  let ines: Visit
  let mei: Visit
  let forge: Agent
  let admin: Person
  let channel_id: string
  const tall = { viewport: { width: 1280, height: 3000 } }

  beforeAll(async () => {
    await buildApp()
    server = await startEmpty()
    admin = await setUp(server)
    await join(admin, 'Mei Lindqvist')
    forge = await addAgent(admin, 'forge')
    channel_id = (await generalChannel(admin)).id
    browser = await launch()
    ines = await visit(browser, tall)
    mei = await visit(browser, tall)
    await session(ines.page, server.url, 'ines@example.com')
    await session(mei.page, server.url, 'mei.lindqvist@example.com')
    for (const { page } of [ines, mei]) await openChannel(page, server.url, 'fieldnote', channel_id)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  test('what one types, the other reads, and so does the agent', async () => {
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, forge.headers)
    await say(ines.page, 'hello @forge, are you there?')
    await waitForText(mei.page, 'hello @forge, are you there?')
    const events = await until(
      'delivery to the agent',
      async () => stream.ofType('message.created'),
      (seen) => seen.length > 0,
    )
    const heard = events[0]?.payload.message as Message
    expect(heard.content).toBe('hello @forge, are you there?')
    expect(heard.mentions).toEqual([forge.user.id])

    const answer = await forge.in('POST', `/channels/${channel_id}/messages`, {
      content: 'yes, **here**',
      reply_to: heard.id,
    })
    expect(answer.status).toBe(201)
    for (const { page } of [ines, mei]) {
      await waitForText(page, 'yes, here')
      const row = page.locator('article', { hasText: 'yes, here' })
      expect(await row.locator('.tag-agent').innerText()).toBe('agent')
      expect(await row.locator('.re').innerText()).toContain('Ines Carvalho: hello')
      expect(await row.locator('strong').innerText()).toBe('here')
    }
    await stream.close()
  })

  test('how far the agent is shows under the message, live', async () => {
    await say(ines.page, '@forge please build')
    await waitForText(mei.page, '@forge please build')
    const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages?limit=1`)
    const seq = body.data[0]?.seq
    for (const [state, words] of [
      ['queued', 'queued'],
      ['working', 'working'],
      ['answered', 'answered'],
    ] as const) {
      await forge.in('POST', `/channels/${channel_id}/messages/${seq}/deliveries`, { state })
      for (const { page } of [ines, mei]) await page.locator('.deliv', { hasText: words }).waitFor()
    }
  })

  test('typing is seen by the other and not by oneself', async () => {
    await composer(mei.page).pressSequentially('I am wri', { delay: 20 })
    await ines.page.getByText('Mei Lindqvist is typing').waitFor()
    expect(await mei.page.getByText('is typing').count()).toBe(0)
    await composer(mei.page).fill('')
    await ines.page.getByText('Mei Lindqvist is typing').waitFor({ state: 'detached' })
  })

  test('a mention is completed, marked and counted', async () => {
    const { body } = await admin.in<{ id: string }>('POST', '/channels', { name: 'releases' })
    await ines.page.getByRole('link', { name: /releases/ }).waitFor()
    await mei.page.getByRole('link', { name: /releases/ }).click()
    await mei.page.getByRole('heading', { level: 1, name: 'releases' }).waitFor()
    await composer(mei.page).pressSequentially('ready, @in')
    await mei.page.getByRole('option', { name: /Ines Carvalho/ }).waitFor()
    await composer(mei.page).press('Enter')
    expect(await composer(mei.page).inputValue()).toBe('ready, @ines-carvalho ')
    await composer(mei.page).press('Enter')
    await ines.page.getByRole('link', { name: /releases.*1 mention of you/ }).waitFor()
    await ines.page.getByRole('link', { name: /releases/ }).click()
    await ines.page.locator('article .m-you').waitFor()
    await until(
      'the read marker reaches the server',
      async () =>
        (await admin.in<{ data: { id: string; unread_count: number }[] }>('GET', '/channels')).body.data,
      (list) => list.find(({ id }) => id === body.id)?.unread_count === 0,
    )
    for (const { page } of [ines, mei]) await openChannel(page, server.url, 'fieldnote', channel_id)
  })

  test('/help is offered and answered by the server', async () => {
    await composer(ines.page).pressSequentially('/h')
    await ines.page.getByRole('option', { name: /help/ }).waitFor()
    await composer(ines.page).press('Tab')
    await composer(ines.page).press('Enter')
    for (const { page } of [ines, mei]) {
      await page.locator('.cmd', { hasText: '/help' }).waitFor()
      await page.locator('.codebox', { hasText: 'Commands' }).waitFor()
    }
  })

  test('C52 an agent that is not connected is named under the message, on every screen', async () => {
    await addAgent(admin, 'ghost')
    await say(ines.page, '@ghost please look')
    for (const { page } of [ines, mei])
      await page
        .locator('article', { hasText: '@ghost please look' })
        .getByText('queued, never connected')
        .waitFor()
  })

  test('C54 a command that an agent registers is offered, and sent without a question', async () => {
    const ship = { name: 'ship', description: 'Ships a branch', args_hint: '<branch>' }
    await composer(ines.page).pressSequentially('/sh')
    expect((await forge.in('PUT', '/users/me/commands', [ship])).status).toBe(200)
    await ines.page.getByRole('option', { name: /\/ship.*Ships a branch/ }).waitFor()
    await composer(ines.page).pressSequentially('ip main')
    await composer(ines.page).press('Enter')
    await mei.page.locator('article', { hasText: '/ship main' }).waitFor()
    expect(await composer(ines.page).inputValue()).toBe('')
    await forge.in('PUT', '/users/me/commands', [])
  })

  test('an unknown name after a slash is sent as a command only after a question', async () => {
    const { page } = ines
    await composer(page).pressSequentially('/tmp is full')
    await composer(page).press('Enter')
    await page.getByRole('button', { name: 'Send as text' }).click()
    await waitForText(mei.page, '/tmp is full')
    await composer(page).pressSequentially('/deploy now')
    await composer(page).press('Enter')
    await page.getByRole('button', { name: 'Send as command' }).click()
    await mei.page.locator('.cmd', { hasText: '/deploy' }).waitFor()
    await composer(page).pressSequentially('half a sentence')
    expect(await page.getByRole('button', { name: 'Run a command' }).isDisabled()).toBe(true)
    await composer(page).fill('')
  })

  test('Enter sends a name typed in full, breaks the line in a code fence, and Ctrl+Enter sends there', async () => {
    const { page } = ines
    await composer(page).pressSequentially('hi @forge')
    await page.getByRole('option', { name: /forge/ }).waitFor()
    await composer(page).press('Enter')
    await mei.page.locator('.mention', { hasText: '@forge' }).last().waitFor()
    await waitForText(mei.page, 'hi @forge')
    await composer(page).pressSequentially('```')
    await composer(page).press('Shift+Enter')
    await composer(page).pressSequentially('one')
    await composer(page).press('Enter')
    await composer(page).pressSequentially('two')
    expect(await composer(page).inputValue()).toBe('```\none\ntwo')
    await page.getByText('Enter breaks the line, Ctrl Enter sends').waitFor()
    await composer(page).press('Control+Enter')
    await mei.page.locator('.codebox', { hasText: 'two' }).last().waitFor()
  })

  // On a slow processor the item is chosen while the menu still opens.
  test.each([1, 8])(
    'after Reply by the keyboard what is typed goes into the composer, slowed %i times',
    async (rate) => {
      const { page } = ines
      const processor = await page.context().newCDPSession(page)
      await processor.send('Emulation.setCPUThrottlingRate', { rate })
      const row = page.locator('article', { hasText: 'hi @forge' }).first()
      await row.getByRole('button', { name: /^Actions for/ }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('menuitem', { name: 'Reply' }).waitFor()
      await until(
        'the focus on the menu',
        async () => await page.evaluate('document.activeElement?.getAttribute("role")'),
        (role) => role === 'menuitem',
      )
      await page.keyboard.press('Enter')
      await page.keyboard.type('typed at once', { delay: 20 })
      expect(await composer(page).inputValue()).toBe('typed at once')
      await page.keyboard.press('Escape')
      await composer(page).fill('')
      await page.getByRole('menuitem').first().waitFor({ state: 'detached' })
      await processor.detach()
    },
  )

  test('a reply names its source, and the source is found by its link', async () => {
    const row = ines.page.locator('article', { hasText: 'are you there?' }).first()
    await row.getByRole('button', { name: /^Actions for/ }).click()
    await ines.page.getByRole('menuitem', { name: 'Reply' }).click()
    await ines.page.locator('.replying', { hasText: 'Ines Carvalho' }).waitFor()
    await say(ines.page, 'still asking')
    const answer = mei.page.locator('article', { hasText: 'still asking' })
    await answer.locator('.re').click()
    await mei.page.waitForURL(/\?seq=1$/)
    await mei.page.locator('article.is-found', { hasText: 'are you there?' }).waitFor()
  })

  test('short codes of emoji are shown as emoji, except in code, times and words', async () => {
    await say(ines.page, 'done :tada: at 10:100:30, not a:tada:b, nor `:tada:`, nor :no-such-code: :+1:')
    const shown = mei.page.locator('.log article .prose', { hasText: 'done' }).last()
    await shown.filter({ hasText: '🎉' }).waitFor()
    expect(await shown.innerText()).toBe(
      'done 🎉 at 10:100:30, not a:tada:b, nor :tada:, nor :no-such-code: 👍',
    )
    await ines.page.locator('.log article .prose', { hasText: '🎉' }).first().waitFor()
  })

  test('markup of an author is text on every screen', async () => {
    const hostile =
      '<img src=x onerror="window.owned=1"> [x](javascript:window.owned=1) <script>window.owned=1</script>'
    await say(mei.page, hostile)
    await waitForText(ines.page, '<img src=x')
    for (const { page } of [ines, mei]) {
      expect(await page.evaluate('window.owned')).toBeUndefined()
      expect(await page.locator('.log img, .log script, .log a[href^="javascript"]').count()).toBe(0)
    }
  })

  test('both see the same in the same order, and nothing complained', async () => {
    const [left, right] = [await said(ines.page), await said(mei.page)]
    expect(left).toEqual(right)
    expect([...ines.complaints, ...mei.complaints]).toEqual([])
  })

  test('a session that is ended elsewhere leads to sign-in and back to the same place, with the draft', async () => {
    await composer(mei.page).fill('not finished')
    const { page, context } = mei
    const cookies = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const csrf = (await context.cookies()).find(({ name }) => name.endsWith('mc_csrf'))?.value ?? ''
    const place = page.url()
    const out = await fetch(`${server.url}/auth/logout`, {
      method: 'POST',
      headers: { Cookie: cookies, 'X-CSRF-Token': csrf },
    })
    expect(out.status).toBe(204)
    await page.waitForURL(/\/login\?return_to=/)
    await page.getByRole('heading', { name: 'Sign in to Fieldnote' }).waitFor()
    await page.getByText('You return to general; your draft is kept.').waitFor()
    expect(await page.getByLabel('E-mail').inputValue()).toBe('mei.lindqvist@example.com')
    await page.getByLabel('Password', { exact: true }).fill('a quiet harbour 42')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(place)
    expect(await composer(page).inputValue()).toBe('not finished')
  })
})
