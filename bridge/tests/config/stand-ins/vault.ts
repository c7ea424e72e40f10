import type { StandIn } from './secrets-manager.ts'

export interface VaultToken {
  ttl: number
  creation_ttl: number
  renewable: boolean
  /** Paths that its policies let it read. */
  reads: string[]
}

export interface Vault extends StandIn {
  tokens: Map<string, VaultToken>
  /** By full path; the mount `kv/` is of version 1, `secret/` of version 2. */
  secrets: Map<string, { values: Record<string, unknown>; version: number; deleted?: boolean }>
  namespace: string | null
  sealed: boolean
  calls: string[]
}

const envelope = {
  request_id: 'f9d8bfdb-ad8a-2d3e-9c4b-1e4a3f3e21a0',
  lease_id: '',
  renewable: false,
  lease_duration: 0,
}
const tail = { wrap_info: null, warnings: null, auth: null }
const errors = (status: number, ...texts: string[]) => Response.json({ errors: texts }, { status })

/**
 * HashiCorp Vault as far as reading key-value secrets and keeping a token.
 * https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v1 · …/kv/kv-v2 · https://developer.hashicorp.com/vault/api-docs/auth/token
 * Errors: https://developer.hashicorp.com/vault/api-docs#error-response
 */
export function startVault(): Vault {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      const path = new URL(request.url).pathname.replace(/^\/v1\//, '')
      vault.calls.push(`${request.method} ${path}`)
      if (vault.sealed) return errors(503, 'Vault is sealed')
      if ((request.headers.get('x-vault-namespace') ?? null) !== vault.namespace)
        return errors(404, 'no handler for route')
      const token = vault.tokens.get(request.headers.get('x-vault-token') ?? '')
      if (!token) return errors(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n')
      if (path === 'auth/token/lookup-self' && request.method === 'GET') return lookup(token)
      if (path === 'auth/token/renew-self' && request.method === 'POST') return renew(token)
      if (!token.reads.includes(path)) return errors(403, '1 error occurred:\n\t* permission denied\n\n')
      return read(path)
    },
  })
  const read = (path: string) => {
    if (path.startsWith('secret/') && !path.startsWith('secret/data/'))
      return Response.json({ ...envelope, data: null, ...tail, warnings: [VERSIONED] }, { status: 404 })
    const secret = vault.secrets.get(path)
    if (!secret) return errors(404)
    if (path.startsWith('kv/'))
      return Response.json({ ...envelope, lease_duration: 2764800, data: secret.values, ...tail })
    const metadata = {
      created_time: '2018-03-22T02:24:06.945319214Z',
      custom_metadata: null,
      deletion_time: secret.deleted ? '2018-03-22T02:36:43.986212308Z' : '',
      destroyed: false,
      version: secret.version,
    }
    const data = { data: secret.deleted ? null : secret.values, metadata }
    return Response.json({ ...envelope, data, ...tail }, { status: secret.deleted ? 404 : 200 })
  }
  const vault: Vault = {
    url: server.url.origin,
    tokens: new Map(),
    secrets: new Map(),
    namespace: null,
    sealed: false,
    calls: [],
    stop: () => server.stop(true),
  }
  return vault
}

const VERSIONED =
  "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the Vault CLI, use 'vault kv get' for this operation."

const lookup = ({ ttl, creation_ttl, renewable }: VaultToken) =>
  Response.json({
    ...envelope,
    data: {
      accessor: '8609694a-cdbc-db9b-d345-e782dbb562ed',
      creation_time: 1523979354,
      creation_ttl,
      display_name: 'token',
      entity_id: '',
      expire_time: '2018-05-19T11:35:54.466476215-04:00',
      explicit_max_ttl: 0,
      issue_time: '2018-04-17T11:35:54.466476078-04:00',
      meta: null,
      num_uses: 0,
      orphan: false,
      path: 'auth/token/create',
      policies: ['default'],
      renewable,
      ttl,
    },
    ...tail,
  })

function renew(token: VaultToken) {
  if (!token.renewable) return errors(400, 'lease is not renewable')
  token.ttl = token.creation_ttl
  const auth = {
    client_token: '',
    policies: ['default'],
    metadata: null,
    lease_duration: token.ttl,
    renewable: true,
  }
  return Response.json({ ...envelope, data: null, ...tail, auth })
}
