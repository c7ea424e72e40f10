import { existsSync } from 'node:fs'
import { type Config, CredentialMissing, type Credentials, CredentialsUnavailable } from '../config/config.ts'
import { Device, DeviceUnusable } from '../gateway/device.ts'
import type { GatewayAuth } from '../gateway/handshake.ts'
import { Trouble } from './step.ts'

/** What the bridge shows the gateway. Makes no key for a device that has none yet. Throws `Trouble`. */
export async function gatewayAuth({ gateway }: Config, credentials: Credentials): Promise<GatewayAuth> {
  try {
    if (gateway.token_env !== null) return { kind: 'token', token: await credentials.get(gateway.token_env) }
    if (!existsSync(gateway.device_path))
      throw new Trouble('This bridge is not paired with the gateway yet.', 'Pair it: mc-bridge init')
    return { kind: 'device', device: Device.load(gateway.device_path), shared_token: null }
  } catch (error) {
    const known = [CredentialMissing, CredentialsUnavailable, DeviceUnusable]
    if (error instanceof Error && known.some((kind) => error instanceof kind))
      throw new Trouble(error.message, null, error)
    throw error
  }
}
