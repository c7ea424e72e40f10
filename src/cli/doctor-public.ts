import type { Config } from '../config.ts'
import type { Finding } from './doctor-findings.ts'
import { ANSWER_MS } from './doctor-network.ts'

const ABOUT = 'public address'

/**
 * The address that people open: settings that they would notice, and, beside a server that runs, whether the address leads
 * to it and whether it believes the proxy on the way. `server`: its own address.
 */
export async function publicFindings(config: Config, server: string | undefined): Promise<Finding[]> {
  const { https, host, trusted_proxies } = config
  const found: Finding[] = []
  const before = server === undefined ? undefined : await untrustedForwards(config, server)
  found.push(
    server === undefined ? { about: ABOUT, state: 'ok', text: config.public_url } : await asked(config),
  )
  const after =
    before === undefined || server === undefined ? undefined : await untrustedForwards(config, server)
  if (before !== undefined && after !== undefined && after > before)
    found.push({
      about: ABOUT,
      state: 'wrong',
      text: 'MC_TRUSTED_PROXIES does not name the proxy in front: all visitors count as one address in rate limits and records. The log of the server names its address.',
    })
  else if (https && trusted_proxies.length === 0)
    found.push({
      about: ABOUT,
      state: 'note',
      text: 'A proxy has to add TLS, but MC_TRUSTED_PROXIES names none: all visitors count as one address in rate limits and records.',
    })
  if (https && ['0.0.0.0', '::'].includes(host))
    found.push({
      about: ABOUT,
      state: 'note',
      text: 'MC_HOST opens the port beside the proxy: close it for others, or listen on the address of the proxy’s network.',
    })
  return found
}

/** Asks the address as people do. */
async function asked({ public_url, base_path, host, port }: Config): Promise<Finding> {
  const wrong = (text: string): Finding => ({ about: ABOUT, state: 'wrong', text })
  let answer: Response
  try {
    answer = await fetch(`${public_url}/version`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    await answer.body?.cancel()
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    return {
      about: ABOUT,
      state: 'note',
      // Some networks do not lead their own machines to their public address, and an authority of one's own is unknown here.
      text: `${public_url} cannot be asked from this machine: ${reason}. If people do not reach it either, look at its DNS record, the proxy and MC_PUBLIC_URL.`,
    }
  }
  const { status, headers } = answer
  const location = headers.get('location')
  if (status >= 300 && status < 400 && location !== null)
    return wrong(
      `${public_url} leads elsewhere, to ${new URL(location, public_url).origin}. Set MC_PUBLIC_URL to the address that people end at.`,
    )
  if (headers.has('x-mc-api-version'))
    return status === 200
      ? { about: ABOUT, state: 'ok', text: `${public_url} leads to a server` }
      : wrong(
          `${public_url}/version answers ${status}: the proxy adds or removes another path than MC_BASE_PATH (${base_path || 'none'}).`,
        )
  if ([502, 503, 504].includes(status))
    return wrong(
      `${public_url} answers ${status}: the proxy there does not reach the server at ${host}:${port}.`,
    )
  return wrong(
    `${public_url} is answered by something else (status ${status}). Let the proxy lead to ${host}:${port}, or correct MC_PUBLIC_URL.`,
  )
}

/** Requests so far that came through a proxy that the server does not believe; undefined when its metrics are closed. */
async function untrustedForwards({ metrics_token }: Config, server: string): Promise<number | undefined> {
  try {
    const answer = await fetch(`${server}/metrics`, {
      headers: metrics_token === undefined ? {} : { Authorization: `Bearer ${metrics_token}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const [, value] = /^mc_untrusted_forwards_total (\d+)$/m.exec(await answer.text()) ?? []
    return value === undefined ? undefined : Number(value)
  } catch {
    // It was ready a moment ago: what is not known is left out.
    return undefined
  }
}
