import './support/dom.ts'
import { afterEach, beforeEach, describe, expect, mock, test } from 'bun:test'
import { browserPlatform } from '../src/platform/browser-platform.ts'
import { capacitorPlatform } from '../src/platform/capacitor-platform.ts'
import { coveredHeight, keepAboveKeyboard } from '../src/platform/keyboard.ts'
import type { KeptTexts, Platform } from '../src/platform/platform.ts'
import { placeOfLink, serverAddress } from '../src/platform/server-address.ts'
import { backStep, closeOverlay, pathAbove } from '../src/platform/system-back.ts'
import { WrappedApp } from '../src/platform/wrapped-app.ts'
import { keptTextsContract } from './support/kept-texts-contract.ts'

/** Capacitor's by its plugins as they are in a browser; tests/e2e/wrapped.test.ts has them over the bridge of Android. */
const PLATFORMS: [string, () => Platform][] = [
  ['a browser', () => browserPlatform(window)],
  ['Capacitor', capacitorPlatform],
]

describe.each(PLATFORMS)('%s keeps', (_, open) => {
  beforeEach(() => {
    localStorage.clear()
    sessionStorage.clear()
  })
  describe('settings:', () =>
    keptTextsContract(() => ({ texts: open().settings, again: () => open().settings })))
  describe('secrets:', () =>
    keptTextsContract(() => ({ texts: open().secrets, again: () => open().secrets })))
})

test('a browser keeps secrets as long as the tab only', async () => {
  localStorage.clear()
  await browserPlatform(window).secrets.write('session', 'secret')
  expect(JSON.stringify({ ...localStorage })).not.toContain('secret')
})

describe('the address of a server', () => {
  test.each([
    ['mission.example', 'https://mission.example'],
    [' mission.example/ ', 'https://mission.example'],
    ['https://Mission.Example:8443/mc/', 'https://mission.example:8443/mc'],
    ['https://mission.example/o/fieldnote/tasks', 'https://mission.example'],
    ['https://mission.example/mc/login?return_to=%2Fo', 'https://mission.example/mc'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:3000/', 'http://127.0.0.1:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('%s is %s', (typed, address) => expect(serverAddress(typed)).toEqual({ address }))

  test.each([
    ['', 'empty'],
    ['  ', 'empty'],
    ['http://mission.example', 'plain_http'],
    ['http://localhost.evil.example', 'plain_http'],
    ['http://192.168.1.4:3000', 'plain_http'],
    ['ftp://mission.example', 'unreadable'],
    ['javascript://x', 'unreadable'],
    ['https://user:password@mission.example', 'unreadable'],
    ['https://', 'unreadable'],
    ['a b', 'unreadable'],
  ] as const)('%p is refused: %s', (typed, problem) => expect(serverAddress(typed)).toEqual({ problem }))
})

describe('a link', () => {
  const SERVER = 'https://mission.example/mc'
  test.each([
    ['https://mission.example/mc/o/fieldnote/tasks?q=a#b', '/o/fieldnote/tasks?q=a#b'],
    ['https://mission.example/mc', '/'],
    ['mission-control://mission.example/mc/invite/token', '/invite/token'],
    ['MISSION-CONTROL://mission.example/mc/o/fieldnote', '/o/fieldnote'],
  ])('%s opens %s', (link, path) => expect(placeOfLink(link, SERVER)).toEqual({ path }))

  test.each([
    ['https://other.example/o/fieldnote', 'https://other.example'],
    ['mission-control://other.example/mc/o/fieldnote', 'https://other.example/mc'],
    ['https://mission.example/o/fieldnote', 'https://mission.example'],
    ['https://mission.example:8443/mc/o/fieldnote', 'https://mission.example:8443/mc'],
    ['https://mission.example/mcx/o/fieldnote', 'https://mission.example/mcx'],
  ])('%s is of another server, %s', (link, elsewhere) =>
    expect(placeOfLink(link, SERVER)).toEqual({ elsewhere }),
  )

  test.each([
    'https://mission.example/mc/api/v1/orgs',
    'https://mission.example/mc/auth/login?provider=google',
    'http://other.example/o/fieldnote',
    'https://user@mission.example/mc/o/fieldnote',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'intent://mission.example/mc',
    '//mission.example/mc',
    '',
  ])('%p leads nowhere', (link) => expect(placeOfLink(link, SERVER)).toBeUndefined())

  test('names a server before one is chosen', () => {
    expect(placeOfLink('mission-control://mission.example/o/a', undefined)).toEqual({
      elsewhere: 'https://mission.example',
    })
  })

  test('of a server on this device keeps its plain http', () => {
    expect(placeOfLink('mission-control://localhost:3000/o/a', 'http://localhost:3000')).toEqual({
      path: '/o/a',
    })
  })
})

describe('the session of a wrapped app', () => {
  class Texts implements KeptTexts {
    readonly all = new Map<string, string>()
    async read(name: string) {
      return this.all.get(name)
    }
    async write(name: string, text: string | undefined) {
      if (text === undefined) this.all.delete(name)
      else this.all.set(name, text)
    }
  }
  const system = () => {
    const nothing = () => undefined
    return {
      settings: new Texts(),
      secrets: new Texts(),
      onBack: nothing,
      onAddress: nothing,
      leave: nothing,
    }
  }

  test('is there at the next start, with its server', async () => {
    const platform = system()
    const app = await WrappedApp.start(platform)
    expect([app.server, app.token]).toEqual([undefined, undefined])
    await app.choose('https://a.example')
    await app.keep('token')
    const next = await WrappedApp.start(platform)
    expect([next.server, next.token]).toEqual(['https://a.example', 'token'])
  })

  test('is never taken to another server', async () => {
    const platform = system()
    const app = await WrappedApp.start(platform)
    await app.choose('https://a.example')
    await app.keep('token')
    await app.choose('https://b.example')
    expect([app.token, platform.secrets.all.size]).toEqual([undefined, 0])
    // What an earlier installation left in the key store.
    await platform.secrets.write('session', JSON.stringify({ server: 'https://a.example', token: 'token' }))
    expect((await WrappedApp.start(platform)).token).toBeUndefined()
  })

  test.each(['', 'x', 'null', '{}', '{"server":1,"token":2}'])(
    '%p in its place is no session',
    async (text) => {
      const platform = system()
      await platform.secrets.write('session', text)
      expect((await WrappedApp.start(platform)).token).toBeUndefined()
    },
  )

  test('starts signed out when the key store does not answer', async () => {
    const platform = {
      ...system(),
      secrets: { read: () => Promise.reject(new Error('locked')), write: async () => undefined },
    }
    expect((await WrappedApp.start(platform)).token).toBeUndefined()
  })
})

describe('the back button of the system', () => {
  test.each([
    [true, true, '/o/a/tasks', 'overlay'],
    [false, true, '/o/a/tasks', 'history'],
    [false, false, '/o/a/tasks/1', 'up'],
    [false, false, '/o/a/channels/1', 'up'],
    [false, false, '/o/a/channels', 'leave'],
    [false, false, '/login', 'leave'],
  ] as const)('overlay %p, history %p, at %s: %s', (overlay, history, path, step) => {
    expect(backStep(overlay, history, path)).toBe(step)
    if (step === 'up') expect(path.startsWith(`${pathAbove(path)}/`)).toBe(true)
  })

  test('presses Escape in what lies on top', () => {
    document.body.innerHTML = '<div role="dialog" id="low"></div><div role="dialog" id="top"><input></div>'
    const pressed = mock((_: string) => undefined)
    for (const id of ['low', 'top'])
      document.getElementById(id)?.addEventListener('keydown', ({ key }) => pressed(`${id} ${key}`))
    expect(closeOverlay(document)).toBe(true)
    expect(pressed.mock.calls).toEqual([['top Escape']])
    document.body.innerHTML = ''
    expect(closeOverlay(document)).toBe(false)
  })
})

describe('the on-screen keyboard', () => {
  const page = (height: number, scale = 1) => {
    const handlers: (() => void)[] = []
    const visualViewport = {
      height,
      scale,
      addEventListener: (_: string, run: unknown) => void handlers.push(run as () => void),
    }
    return {
      innerHeight: 800,
      visualViewport,
      document: { querySelector: () => null },
      scrollTo: mock(() => undefined),
      resized() {
        for (const run of handlers) run()
      },
    }
  }
  afterEach(() => document.documentElement.removeAttribute('style'))

  test('covers what the visual viewport lacks', () => {
    expect(coveredHeight(page(500))).toBe(300)
    expect(coveredHeight(page(800))).toBe(0)
    // The bar of a browser, and a page that is zoomed in.
    expect(coveredHeight(page(744))).toBe(0)
    expect(coveredHeight(page(400, 2))).toBe(0)
    expect(coveredHeight({ innerHeight: 800, visualViewport: null })).toBe(0)
  })

  test('is told to the styles while it is there', () => {
    const { style } = document.documentElement
    const shown = page(800)
    keepAboveKeyboard(shown, style)
    shown.visualViewport.height = 480
    shown.resized()
    expect(style.getPropertyValue('--keyboard')).toBe('320px')
    shown.visualViewport.height = 800
    shown.resized()
    expect(style.getPropertyValue('--keyboard')).toBe('')
  })
})
