import { codeOf, TLS_CODES } from './network.ts'
import { Trouble } from './step.ts'

const START = 'Start it: openclaw gateway run. Its port and state: openclaw gateway status.'

/**
 * Whether something at the gateway's address answers HTTP as a gateway does, which serves both at one port. Throws
 * `Trouble` in words when not: the error of a WebSocket says nothing of this.
 */
export async function reachGateway(url: string, timeout_ms: number): Promise<void> {
  const { host, hostname, port, protocol } = new URL(url)
  const place = `${hostname}, port ${port || (protocol === 'wss:' ? '443' : '80')}`
  const signal = AbortSignal.timeout(timeout_ms)
  let status: number
  try {
    const answer = await fetch(`${url.replace(/^ws/, 'http')}/healthz`, { redirect: 'manual', signal })
    await answer.body?.cancel()
    status = answer.status
  } catch (error) {
    throw signal.aborted
      ? new Trouble(`The gateway at ${host} does not answer within ${timeout_ms / 1000} seconds.`, START)
      : unreached(error)
  }
  if (status !== 200)
    throw new Trouble(
      `What answers at ${place} is no OpenClaw Gateway: it knows no /healthz (${status}).`,
      'Check the address and the port: openclaw gateway status.',
    )

  function unreached(error: unknown): Trouble {
    const code = codeOf(error)
    if (code === 'ECONNREFUSED') return new Trouble(`No gateway listens at ${place}.`, START, error)
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      return new Trouble(
        `There is no host ${hostname}, as far as this machine's name service knows.`,
        'Check the spelling of the gateway address.',
        error,
      )
    const tls = TLS_CODES[code]
    if (tls !== undefined) return new Trouble(`The certificate of ${host} ${tls.is}.`, null, error)
    return new Trouble(
      `What listens at ${place} does not answer as an OpenClaw Gateway (${code}).`,
      'Check the address: ws:// without TLS, wss:// with TLS.',
      error,
    )
  }
}
