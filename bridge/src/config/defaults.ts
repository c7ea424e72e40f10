import { join } from 'node:path'
import type { Config, CredentialsConfig } from './config.ts'
import { resolvePath, type Surroundings, stateFolder } from './paths.ts'
import type { ConfigFile } from './schema.ts'
import { withoutSlash } from './urls.ts'

/** Values of what a file leaves out. */
export const DEFAULTS = {
  gateway_url: 'ws://127.0.0.1:18789',
  gateway_agent: 'main',
  request_timeout_seconds: 30,
  history_fetch_count: 50,
  health_host: '127.0.0.1',
  health_port: 9090,
  vault_token_env: 'VAULT_TOKEN',
} as const

/** A checked file as the bridge uses it. `folder` is the folder of the file: its relative paths begin there. */
export function withDefaults(file: ConfigFile, folder: string, around: Surroundings): Config {
  const at = (path: string) => resolvePath(path, folder, around.home)
  const state = stateFolder(around)
  const { mission_control, gateway, updates } = file
  return {
    mission_control: {
      url: withoutSlash(mission_control.url),
      verify_tls: mission_control.verify_tls ?? true,
      request_timeout_seconds: mission_control.request_timeout_seconds ?? DEFAULTS.request_timeout_seconds,
    },
    gateway: {
      url: withoutSlash(gateway?.url ?? DEFAULTS.gateway_url),
      token_env: gateway?.token_env ?? null,
      device_path: gateway?.device_path ? at(gateway.device_path) : join(state, 'device.json'),
    },
    agents: file.agents.map((agent) => ({
      name: agent.name,
      api_key_env: agent.api_key_env,
      org_slug: agent.org_slug,
      gateway_agent: agent.gateway_agent ?? DEFAULTS.gateway_agent,
      wake: agent.wake ?? 'mention',
      auto_subscribe: agent.auto_subscribe ?? true,
      history_fetch_count: agent.history_fetch_count ?? DEFAULTS.history_fetch_count,
    })),
    credentials: credentialsOf(file, at),
    state: { db_path: file.state?.db_path ? at(file.state.db_path) : join(state, 'state.db') },
    health: {
      host: file.health?.host ?? DEFAULTS.health_host,
      port: file.health?.port ?? DEFAULTS.health_port,
    },
    logging: { level: file.logging?.level ?? 'info', format: file.logging?.format ?? 'json' },
    updates: { auto_check: updates?.auto_check ?? true, notify_channel: updates?.notify_channel ?? null },
  }
}

function credentialsOf({ credentials }: ConfigFile, at: (path: string) => string): CredentialsConfig {
  switch (credentials?.provider) {
    case undefined:
    case 'env':
      return { provider: 'env' }
    case 'file':
      return { provider: 'file', path: at(credentials.path) }
    case 'aws_secrets_manager': {
      const { provider, secret_id, region, endpoint } = credentials
      return { provider, secret_id, region, endpoint: endpoint === undefined ? null : withoutSlash(endpoint) }
    }
    case 'vault': {
      const { provider, url, path, token_env, namespace } = credentials
      return {
        provider,
        url: withoutSlash(url),
        path,
        token_env: token_env ?? DEFAULTS.vault_token_env,
        namespace: namespace ?? null,
      }
    }
  }
}
