/** A bucket that lies: it leads elsewhere, answers without end or never, and lists what it does not have. */
import { afterEach, expect, test } from 'bun:test'
import { BucketStorage } from '../../src/files/s3.ts'

type Answer = (request: Request) => Response | Promise<Response>

const servers: Bun.Server<undefined>[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true)
})

function listen(answer: Answer): string {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: answer })
  servers.push(server)
  return `http://127.0.0.1:${server.port}`
}

const storageAt = (endpoint: string) =>
  new BucketStorage({
    endpoint,
    region: 'us-east-1',
    bucket: 'files',
    access_key_id: 'known',
    secret_access_key: 'known',
    answer_ms: 500,
  })

const says = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Error) => error.message,
  )

async function* bytes(): AsyncIterable<Uint8Array> {
  yield new Uint8Array(10)
}

const xml = (text: string) => new Response(`<?xml version="1.0"?><R>${text}</R>`)
const page = (keys: string[], next?: string) =>
  xml(
    keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('') +
      (next ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>` : ''),
  )

/** Streams of which only a part comes, or that never end. */
function stream(chunk: string, every_ms: number): Response {
  let timer: ReturnType<typeof setInterval>
  const body = new ReadableStream({
    start(to) {
      timer = setInterval(() => to.enqueue(new TextEncoder().encode(chunk)), every_ms)
    },
    cancel: () => clearInterval(timer),
  })
  return new Response(body)
}

test('a redirect leads nowhere, with or without a body', async () => {
  const asked: string[] = []
  const inner = listen((request) => {
    asked.push(`${request.method} ${request.url}`)
    return new Response('inner')
  })
  for (const status of [301, 302, 303, 307, 308]) {
    const storage = storageAt(
      listen((request) => {
        const to = `${inner}${new URL(request.url).pathname}`
        return new Response(null, { status, headers: { Location: to } })
      }),
    )
    expect(await says(storage.read('o/file'))).toContain(`with ${status}`)
    expect(await says(storage.write('o/file', bytes()))).toContain(`with ${status}`)
    expect(await says(storage.list('o'))).toContain(`with ${status}`)
    expect(await says(storage.remove('o/file'))).toContain(`with ${status}`)
  }
  expect(asked).toEqual([])
})

test('a bucket that never answers, or drips, is away', async () => {
  const silent = storageAt(listen(() => new Promise<Response>(() => undefined)))
  expect(await says(silent.read('o/file'))).toContain('in time')
  expect(await says(silent.list('o'))).toContain('in time')
  const dripping = storageAt(listen(() => stream('<Contents>', 50)))
  expect(await says(dripping.list('o'))).toContain('in time')
  expect(await says(dripping.write('o/file', bytes()))).toContain('in time')
})

test('a list without end takes no memory without end', async () => {
  const endless = storageAt(listen(() => stream('x'.repeat(256 * 1024), 1)))
  expect(await says(endless.list('o'))).toMatch(/more than a list|in time/)
})

test('pages that lead back to themselves end', async () => {
  expect(await says(storageAt(listen(() => page(['o/a'], 'again'))).list('o'))).toContain('without end')
})

test('a list that never gets shorter ends, and files of others stay', async () => {
  const removed: string[] = []
  const storage = storageAt(
    listen((request) => {
      if (request.method === 'DELETE') removed.push(new URL(request.url).pathname)
      return request.method === 'DELETE' ? new Response(null, { status: 204 }) : page(['o/a', 'p/b', '../c'])
    }),
  )
  expect(await says(storage.removeBelow('o'))).toContain('that were removed')
  expect([...new Set(removed)]).toEqual(['/files/o/a'])
})

test('a length that is none is refused', async () => {
  const storage = storageAt(listen(() => stream('x', 10)))
  expect(await says(storage.read('o/file'))).toContain('no Content-Length')
})
