import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fetchPicture, NoPicture } from '../../../src/auth/providers/picture.ts'
import { isPublicAddress, lookUpPublic } from '../../../src/auth/providers/public-address.ts'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { GIF } from '../../support/images.ts'
import { listen } from '../../support/openid/http.ts'

let home: string
let neighbour: string
let stop: () => Promise<unknown>
let answer: (request: IncomingMessage, response: ServerResponse) => unknown
const seen: string[] = []

beforeAll(async () => {
  const provider = await listen((request, response) => {
    seen.push(`home ${request.url}`)
    return answer(request, response)
  })
  const other = await listen((request, response) => {
    seen.push(`neighbour ${request.url}`)
    response.writeHead(200).end(GIF)
  })
  home = provider.url
  neighbour = other.url
  stop = () => Promise.all([provider.stop(), other.stop()])
})
afterAll(() => stop())
beforeEach(() => {
  seen.length = 0
  answer = (_, response) => response.writeHead(200).end(GIF)
})

const fetched = (address: string, signal = new AbortController().signal) =>
  fetchPicture(address, home, signal)

/** Why nothing was fetched. */
async function refusal(address: string, signal?: AbortSignal): Promise<string> {
  try {
    await fetched(address, signal)
  } catch (error) {
    if (error instanceof NoPicture) return error.message
    throw error
  }
  throw new Error(`${address} was fetched`)
}

describe('the address of a picture', () => {
  test('at the provider itself is asked, wherever it is', async () => {
    expect(await fetched(`${home}/me.gif?s=96`)).toEqual(new Uint8Array(GIF))
    expect(seen).toEqual(['home /me.gif?s=96'])
  })

  test('anywhere else is https at the usual port, of a public address, and without a user', async () => {
    for (const address of [
      neighbour,
      `${neighbour}/latest/meta-data/`,
      'http://example.com/me.gif',
      'https://example.com:8443/me.gif',
      'https://127.0.0.1/me.gif',
      'https://0.0.0.0/me.gif',
      'https://10.0.0.8/me.gif',
      'https://169.254.169.254/latest/meta-data/',
      'https://[::1]/me.gif',
      'https://[::ffff:10.0.0.8]/me.gif',
      'https://[fd00::1]/me.gif',
      'https://2130706433/me.gif',
      'https://0x7f.1/me.gif',
      'https://user:secret@example.com/me.gif',
      `${home.replace('http://', 'http://user@')}/me.gif`,
      'file:///etc/passwd',
      'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
      'javascript:alert(1)',
      'me.gif',
      '',
      `https://example.com/${'x'.repeat(LIMITS.url_max)}`,
    ])
      expect(await refusal(address), address).not.toContain('secret')
    // A name that leads to this machine.
    expect(await refusal('https://localhost/me.gif')).toBe('No answer from localhost')
    expect(seen).toEqual([])
  })

  test('is judged again after every redirect, of which there are few', async () => {
    answer = ({ url }, response) => {
      const next: Record<string, string> = {
        '/once': '/me.gif',
        '/neighbour': `${neighbour}/me.gif`,
        '/inside': 'https://169.254.169.254/latest',
        '/for-ever': '/for-ever',
      }
      const location = next[url ?? '']
      if (location === undefined) response.writeHead(200).end(GIF)
      else response.writeHead(302, { Location: location }).end()
    }
    expect((await fetched(`${home}/once`)).length).toBe(GIF.length)
    expect(await refusal(`${home}/neighbour`)).toContain('no place for a picture')
    expect(await refusal(`${home}/inside`)).toContain('no place for a picture')
    expect(await refusal(`${home}/for-ever`)).toContain('redirects too often')
    expect(seen.filter((one) => one.startsWith('neighbour'))).toEqual([])
    expect(seen.filter((one) => one === 'home /for-ever').length).toBe(4)
  })

  test('answers a bounded number of bytes, with success, within its time', async () => {
    answer = (_, response) => response.writeHead(200).end(Buffer.alloc(LIMITS.picture_bytes_max))
    expect((await fetched(home)).length).toBe(LIMITS.picture_bytes_max)
    answer = (_, response) => response.writeHead(200).end(Buffer.alloc(LIMITS.picture_bytes_max + 1))
    expect(await refusal(home)).toContain('more than a picture')
    answer = (_, response) => response.writeHead(404).end(GIF)
    expect(await refusal(home)).toContain('404')
    answer = ({ socket }) => socket.destroy()
    expect(await refusal(home)).toContain('No answer')
    const ended = new AbortController()
    answer = (_, response) => {
      response.writeHead(200)
      response.write(GIF.slice(0, 8))
      ended.abort()
    }
    expect(await refusal(home, ended.signal)).toMatch(/broke off|No answer/)
  })
})

describe('an address of the public network', () => {
  test('is none of this machine, of a private network, or for a use of its own', () => {
    for (const address of ['8.8.8.8', '140.82.121.3', '2606:50c0:8000::154', '::ffff:8.8.8.8'])
      expect(isPublicAddress(address), address).toBe(true)
    for (const address of [
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.169.254',
      '172.16.0.1',
      '192.168.1.1',
      '192.0.2.1',
      '198.18.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:127.0.0.1',
      '64:ff9b::a00:1',
      '2002:a00:1::',
      'fc00::1',
      'fe80::1',
      'ff02::1',
      // Old and unassigned forms that a gateway or a kernel may still read as IPv4 or as a neighbour.
      '::7f00:1',
      '::a00:1',
      '::2',
      'fec0::1',
      '64:ff9b:1::a00:1',
      '4000::1',
      'example.com',
      '',
    ])
      expect(isPublicAddress(address), address).toBe(false)
  })

  test('a name of this machine is not looked up for a connection', async () => {
    for (const all of [true, false]) {
      const error = await new Promise((resolve) => lookUpPublic('localhost', { all }, resolve))
      expect(String(error)).toContain('not public')
    }
  })
})
