import { type ConnectedLink, type Gateway, GatewayAway } from '../gateway/port.ts'
import type { OpenRow } from './open-row.ts'

/**
 * The connected gateway, for a row: while it is away the row says that it waits. Rejects with `GatewayAway` when the gateway
 * refuses the bridge, since a person may change that, and with the signal's reason when that aborts.
 */
export async function linked(gateway: Gateway, open: OpenRow, signal: AbortSignal): Promise<ConnectedLink> {
  const { link } = gateway
  if (link.status === 'connected') return link
  open.apply({ type: 'delayed', reason: 'the gateway of the agent is not connected' })
  try {
    return await gateway.connected(signal)
  } catch (error) {
    signal.throwIfAborted()
    throw new GatewayAway(`The gateway refuses the bridge: ${String(error)}`)
  }
}
