import { expect, test } from 'bun:test'
import { acceptedEncoding, ENCODINGS, gzipped } from '../../../src/http/encoding.ts'

const asking = (header?: string) =>
  new Request('http://localhost/', header === undefined ? {} : { headers: { 'Accept-Encoding': header } })

test.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'br'],
  ['br;q=0.5, gzip;q=0.8', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['gzip;q=0', undefined],
  ['GZIP ; Q=1', 'gzip'],
  ['gzip;q=nonsense', undefined],
] as const)('W8 Accept-Encoding %p is answered with %p', (header, encoding) => {
  expect(acceptedEncoding(asking(header), ENCODINGS)).toBe(encoding)
})

test('W8 a text below 1 KiB stays as it is, a longer one is compressed; both vary on the coding', async () => {
  const short = await gzipped(asking('gzip'), 'x'.repeat(1_023), {}, 'Accept-Encoding')
  expect(short).toEqual({ body: 'x'.repeat(1_023), headers: { Vary: 'Accept-Encoding' } })
  const { body, headers } = await gzipped(asking('gzip'), 'x'.repeat(1_024), { A: 'b' }, 'Accept-Encoding')
  expect(headers).toEqual({ A: 'b', Vary: 'Accept-Encoding', 'Content-Encoding': 'gzip' })
  expect(Buffer.from(Bun.gunzipSync(body as Uint8Array<ArrayBuffer>)).toString()).toBe('x'.repeat(1_024))
})
