import type { Clock } from '../clock.ts'
import type { ConnectedLink, Gateway, Link, RefusedLink } from '../gateway/port.ts'
import { reachGateway } from './reach-gateway.ts'
import { Trouble } from './step.ts'

export interface LinkOptions {
  url: string
  clock: Clock
  /** From now until the gateway is connected; a wait for an approval is not counted. */
  timeout_ms: number
  signal?: AbortSignal
  /**
   * Waits through `pairing_required` and is told the command that approves this device, again when it changes. Without
   * it a missing approval is a `Trouble`.
   */
  onPairing?: (approve_command: string) => void
}

/** The gateway refuses this client. */
export class GatewayRefusal extends Trouble {
  override name = 'GatewayRefusal'
  readonly reason: RefusedLink['reason']

  constructor({ reason, message, approve_command }: RefusedLink) {
    if (approve_command === undefined) super(message)
    else
      super(
        'The gateway has not approved this bridge yet.',
        `Run on the gateway's machine: ${approve_command}`,
      )
    this.reason = reason
  }
}

/** Waits until a gateway is connected. Throws `Trouble`, and the reason of the signal. */
export async function linkGateway(
  gateway: Pick<Gateway, 'link' | 'onLink'>,
  options: LinkOptions,
): Promise<ConnectedLink> {
  const { url, clock, timeout_ms, signal, onPairing } = options
  const { promise, resolve, reject } = Promise.withResolvers<ConnectedLink>()
  const cancel = clock.after(timeout_ms, () =>
    reject(
      new Trouble(
        `The gateway at ${url} is not ready within ${timeout_ms / 1000} seconds.`,
        'It may be starting, or hang: openclaw gateway status.',
      ),
    ),
  )
  let reached: Promise<void> | undefined
  const look = (link: Link) => {
    if (link.status === 'connected') resolve(link)
    else if (link.status === 'refused') {
      if (link.approve_command === undefined || !onPairing) return reject(new GatewayRefusal(link))
      cancel()
      onPairing(link.approve_command)
    } else if (link.status === 'away') {
      // A gateway that starts answers HTTP before it takes connections: then the client's next attempt is waited for.
      reached ??= reachGateway(url, timeout_ms)
      reached.catch(reject)
    }
  }
  const leave = gateway.onLink(look)
  const abort = () => reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  else look(gateway.link)
  try {
    return await promise
  } finally {
    cancel()
    leave()
    signal?.removeEventListener('abort', abort)
  }
}
