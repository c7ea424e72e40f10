import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

/** Content codings of answers, the better one first. */
export const ENCODINGS = ['br', 'gzip'] as const

export type Encoding = (typeof ENCODINGS)[number]

/** Smaller bodies fit into one packet: a coding would cost time and save no round trip. */
const COMPRESSED_BYTES_MIN = 1_024

const compress = promisify(gzip)

/** The best of the offered codings by `Accept-Encoding` (RFC 9110 §12.5.3); undefined: send the body as it is. */
export function acceptedEncoding(request: Request, offered: readonly Encoding[]): Encoding | undefined {
  const header = request.headers.get('accept-encoding')
  if (header === null || offered.length === 0) return undefined
  const weights = new Map(
    header.split(',').map((item): [string, number] => {
      const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0]
    }),
  )
  const weightOf = (name: Encoding) => weights.get(name) ?? weights.get('*') ?? 0
  const best = Math.max(...offered.map(weightOf))
  return best > 0 ? offered.find((name) => weightOf(name) === best) : undefined
}

/** `Vary` of an answer whose coding was negotiated; with CORS an answer also depends on the origin. */
export function varyOnEncoding(cors_origins: readonly string[]): string {
  return cors_origins.length > 0 ? 'Origin, Accept-Encoding' : 'Accept-Encoding'
}

/**
 * The response with its text in gzip, off the event loop, when the client accepts it and it is worth it. Fast compression:
 * answers are read once. Never for a body that joins a secret with a value that the caller chose (BREACH), nor for a stream.
 */
export async function gzipped(
  request: Request,
  text: string,
  headers: Record<string, string>,
  vary: string,
): Promise<{ body: string | Uint8Array<ArrayBuffer>; headers: Record<string, string> }> {
  const varied = { ...headers, Vary: vary }
  if (text.length < COMPRESSED_BYTES_MIN || !acceptedEncoding(request, ['gzip']))
    return { body: text, headers: varied }
  const body = new Uint8Array(await compress(text, { level: constants.Z_BEST_SPEED }))
  return { body, headers: { ...varied, 'Content-Encoding': 'gzip' } }
}
