import { get as getPlain, type IncomingMessage, type RequestOptions } from 'node:http'
import { get as getSecure } from 'node:https'
import { isIP } from 'node:net'
import { LIMITS } from '../../contracts/limits.ts'
import { isPublicAddress, lookUpPublic } from './public-address.ts'

/** A content network may lead on once or twice. */
const REDIRECTS_MAX = 3

const HEADERS = { Accept: 'image/png, image/jpeg, image/webp, image/gif', 'User-Agent': 'mission-control' }

/** The picture was not fetched. The message holds no more of an address than its host. */
export class NoPicture extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'NoPicture'
  }
}

/**
 * Fetches the picture whose address a provider named. The address is a claim of the person as much as of the provider, so
 * this server is not led to places that the person cannot reach: https at public addresses only, or the origin of the
 * provider itself (`home`), which the operator has chosen. Bounded in bytes and redirects; `signal` bounds the time.
 */
export async function fetchPicture(
  address: string,
  home: string,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  let url = addressOf(address)
  for (let i = 0; i <= REDIRECTS_MAX; i++) {
    const answer = await request(url, home, signal)
    const { statusCode: status = 0, headers } = answer
    if (status >= 300 && status < 400 && headers.location !== undefined) {
      answer.destroy()
      url = addressOf(headers.location, url)
      continue
    }
    if (status === 200) return await read(answer, url)
    answer.destroy()
    throw new NoPicture(`${url.host} answered ${status}`)
  }
  throw new NoPicture(`${url.host} redirects too often`)
}

function addressOf(text: string, base?: URL): URL {
  const url = text.length > LIMITS.url_max ? null : URL.parse(text, base)
  if (!url) throw new NoPicture('The address cannot be read')
  return url
}

function request(url: URL, home: string, signal: AbortSignal): Promise<IncomingMessage> {
  const options: RequestOptions = { headers: HEADERS, agent: false, signal }
  if (url.username !== '' || url.password !== '') throw new NoPicture(`${url.host} with a user`)
  if (url.origin !== home) {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // Another port is no place for pictures, but one for scans.
    if (url.protocol !== 'https:' || url.port !== '' || (isIP(host) !== 0 && !isPublicAddress(host)))
      throw new NoPicture(`${url.host} is no place for a picture`)
    options.lookup = lookUpPublic
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new NoPicture(`${url.host} is no place for a picture`)
  const get = url.protocol === 'https:' ? getSecure : getPlain
  return new Promise((resolve, reject) => {
    get(url, options, resolve).on('error', (error) =>
      reject(new NoPicture(`No answer from ${url.host}`, error)),
    )
  })
}

async function read(answer: IncomingMessage, { host }: URL): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of answer) {
      bytes += chunk.length
      if (bytes > LIMITS.picture_bytes_max) break
      chunks.push(chunk)
    }
  } catch (error) {
    throw new NoPicture(`${host} broke off`, error)
  } finally {
    answer.destroy()
  }
  if (bytes > LIMITS.picture_bytes_max) throw new NoPicture(`${host} answered more than a picture`)
  return new Uint8Array(Buffer.concat(chunks))
}
