import { request as httpRequest } from 'node:http'
import { contractOf } from '../../support/contract.ts'
import type { Sent } from './arrange.ts'
import type { CallerName, Cell, Row } from './callers.ts'
import { keyOf, REQUESTS } from './requests.ts'
import { headersOf, placeOf, type World } from './world.ts'

export interface Received {
  status: number
  text: string
  content_type: string | null
  retry_after?: string | null
}

/** Makes one cell of the table a request; its answer is held against the API document as well. */
export async function ask(world: World, row: Row, caller: CallerName): Promise<Cell> {
  const make = REQUESTS.get(keyOf(row))
  if (!make) throw new Error(`no request for “${keyOf(row)}”`)
  const place = placeOf(world, caller)
  const read_only = caller === 'suspended' || caller === 'pending'
  const sent = await make({ world, caller, place, read_only })
  const params = { org_slug: place.slug, ...sent.params }
  const answer = await send(world.server.url, row.operation, {
    ...sent,
    params,
    headers: sent.headers ?? headersOf(world, caller),
  })
  return cellOf(answer)
}

/** Sends a request of an operation; a stream is closed as soon as it answers. */
export async function send(url: string, operation: string, sent: Sent): Promise<Received> {
  const [method = '', template = ''] = operation.split(' ')
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = sent.params?.[name]
    if (value === undefined) throw new Error(`no value for {${name}} of ${operation}`)
    return encodeURIComponent(value)
  })
  const answer = template.endsWith('/channels/ws')
    ? await upgrade(url + path, sent.headers ?? {})
    : await call(url + path + (sent.query ? `?${sent.query}` : ''), method, sent)
  if (answer.status !== 101 && !answer.content_type?.startsWith('text/event-stream')) {
    const contract = await contractOf(url)
    const body = answer.content_type?.includes('json') ? JSON.parse(answer.text) : answer.text
    contract.check(method, url + path, answer.status, body, answer.content_type)
  }
  return answer
}

async function call(url: string, method: string, { body, headers }: Sent): Promise<Received> {
  const stop = new AbortController()
  const answer = await fetch(url, {
    method,
    signal: stop.signal,
    redirect: 'manual',
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const content_type = answer.headers.get('content-type')
  const retry_after = answer.headers.get('retry-after')
  if (!content_type?.startsWith('text/event-stream'))
    return { status: answer.status, text: await answer.text(), content_type, retry_after }
  stop.abort()
  return { status: answer.status, text: '', content_type }
}

/** A WebSocket's upgrade with its status: the clients of browsers tell only that it failed. */
async function upgrade(url: string, headers: Record<string, string>): Promise<Received> {
  return await new Promise((resolve, reject) => {
    const asked = httpRequest(url, {
      headers: {
        ...headers,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    })
    asked.on('upgrade', (_answer, socket) => {
      socket.destroy()
      resolve({ status: 101, text: '', content_type: null })
    })
    asked.on('response', (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        text += chunk
      })
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          text,
          content_type: answer.headers['content-type'] ?? null,
        }),
      )
    })
    asked.on('error', reject)
    asked.end()
  })
}

export function cellOf({ status, text }: Received): Cell {
  if (status < 400) return `${status}`
  const { error } = JSON.parse(text) as { error: { code: string } }
  return `${status} ${error.code}` as Cell
}
