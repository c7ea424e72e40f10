import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { compatibility } from '../compatibility.ts'
import { isLoopback } from '../config/urls.ts'
import { codeOf, TLS_CODES } from './network.ts'
import { type Found, Trouble } from './step.ts'

/** The server answers, but nothing vouches for it. */
export class CertificateTrouble extends Trouble {
  override name = 'CertificateTrouble'
}

export interface ServerPlace {
  url: string
  verify_tls: boolean
  timeout_ms: number
}

const Version = Type.Object({
  version: Type.String(),
  api_version: Type.String(),
  min_bridge_version: Type.String(),
})

/** More of an answer is not read: the version is a few lines, and a web page says what it is at its beginning. */
const ANSWER_CHARS = 20_000

/**
 * Asks a server for its version, once, without a key. Resolves with a sentence about it. Throws `Trouble` in words when
 * nothing answers, something else does, or the versions do not fit.
 */
export async function reachServer(place: ServerPlace): Promise<string | Found> {
  const version = await askVersion(place)
  const detail = `Mission Control ${version.version} at ${place.url}, API ${version.api_version}.`
  const verdict = compatibility(version)
  if (verdict.verdict === 'refuse') throw new Trouble(verdict.message)
  if (verdict.verdict === 'warn') return { detail: `${detail} ${verdict.message}`, todo: null }
  return detail
}

async function askVersion(place: ServerPlace): Promise<Static<typeof Version>> {
  const { url, verify_tls, timeout_ms } = place
  const signal = AbortSignal.timeout(timeout_ms)
  let answer: Response
  let text: string
  try {
    answer = await fetch(`${url}/version`, {
      redirect: 'manual',
      signal,
      ...(verify_tls ? {} : { tls: { rejectUnauthorized: false } }),
    })
    text = (await answer.text()).slice(0, ANSWER_CHARS)
  } catch (error) {
    throw signal.aborted ? late(place) : unreached(place, error)
  }
  const body = answer.ok ? parsed(text) : undefined
  if (Value.Check(Version, body)) return body
  throw otherAnswer(url, answer, text)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Some other program: `otherAnswer` says which.
    return undefined
  }
}

function late({ url, timeout_ms }: ServerPlace): Trouble {
  return new Trouble(
    `${new URL(url).host} does not answer within ${timeout_ms / 1000} seconds.`,
    'Check the address, and whether a firewall lies between this machine and the server.',
  )
}

function unreached({ url }: ServerPlace, error: unknown): Trouble {
  const { host, hostname, protocol } = new URL(url)
  const code = codeOf(error)
  const trouble = (message: string, todo: string) => new Trouble(message, todo, error)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return trouble(
      `There is no host ${hostname}, as far as this machine's name service knows.`,
      'Check the spelling of the address, and the network of this machine.',
    )
  if (code === 'ECONNREFUSED')
    return trouble(
      `Nothing listens at ${hostname}, port ${portOf(url)}.`,
      'Is the server running, and is the port right?',
    )
  if (code === 'EPROTO' && protocol === 'https:')
    return trouble(
      `${host} does not speak TLS.`,
      isLoopback(hostname)
        ? `Use http://${host}.`
        : 'Check the port. A server without a certificate has an address with http://.',
    )
  const tls = TLS_CODES[code]
  if (tls !== undefined)
    return new CertificateTrouble(`The certificate of ${host} ${tls.is}.`, tls.todo, error)
  if (code === 'ECONNRESET')
    return trouble(
      `${host} ends the connection without an answer.`,
      'Is it the address and port of Mission Control? One with a certificate has an address with https://.',
    )
  return trouble(`${host} cannot be reached (${code}).`, 'Check the address and the network of this machine.')
}

const portOf = (url: string) => {
  const { port, protocol } = new URL(url)
  return port || (protocol === 'https:' ? '443' : '80')
}

function otherAnswer(url: string, answer: Response, text: string): Trouble {
  const { status } = answer
  const location = answer.headers.get('location')
  if (status >= 300 && status < 400 && location && URL.canParse(location, url))
    return new Trouble(
      `${url} redirects to ${new URL(location, url).origin}.`,
      'Use the address of the server itself.',
    )
  if ([502, 503, 504].includes(status))
    return new Trouble(
      `${url} answers ${status}: the server behind it is not there.`,
      'Is Mission Control running? If a proxy is in front of it, look at its log.',
    )
  if (status === 401 || status === 403)
    return new Trouble(
      `${url} asks for a sign-in of its own (${status}).`,
      'A proxy in front of the server has to let /version, /api and /ws pass: keys are checked by Mission Control.',
    )
  if (/^\s*</.test(text))
    return new Trouble(
      `A web page${titleOf(text)} answers at ${url}/version (${status}), not Mission Control.`,
      'Use the address at which the browser opens Mission Control. A proxy in front of it has to pass /version, /api and /ws on.',
    )
  if (status >= 500)
    return new Trouble(`${url} answers ${status}.`, 'Look at the log of the server, then try again.')
  return new Trouble(
    `Something answers at ${url}/version (${status}), but it is not Mission Control.`,
    'Check the address and the port.',
  )
}

function titleOf(html: string): string {
  const title = /<title[^>]*>([^<]{1,80})/i.exec(html)?.[1]?.replace(/\s+/g, ' ').trim()
  return title ? ` ("${title}")` : ''
}
