import { exportJWK, generateKeyPair } from 'jose'
import Provider, { type Context } from 'oidc-provider'
import { listen } from './http.ts'

export const CLIENT = { id: 'mission-control', secret: 'a secret of the client: 100% / +' }

/** Settings of a server that is {@link CLIENT} of an OpenID provider. */
export const clientOf = ({ issuer }: { issuer: string }) => ({
  MC_OIDC_ISSUER: issuer,
  MC_OIDC_CLIENT_ID: CLIENT.id,
  MC_OIDC_CLIENT_SECRET: CLIENT.secret,
})

/** A person at the provider. */
export interface Someone {
  sub: string
  email?: string
  email_verified?: boolean
  name?: string
  picture?: string
}

export interface RealProvider {
  issuer: string
  /** Who signs in next: the provider asks nobody. */
  person: Someone
  /** The person says no. */
  declines: boolean
  /** Only other scopes of its answers carry claims: without this they are in the ID token. */
  stop(): Promise<void>
}

/** The npm package oidc-provider, a certified OpenID provider, over HTTP. */
export async function startRealProvider(redirect_uri: string): Promise<RealProvider> {
  let handle: ReturnType<Provider['callback']> = () => {}
  let provider: Provider | undefined
  const server = await listen(async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return handle(request, response)
    const result = state.declines
      ? { error: 'access_denied', error_description: 'The person said no.' }
      : { login: { accountId: state.person.sub } }
    await provider?.interactionFinished(request, response, result)
  })
  const people = new Map<string, Someone>()
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'first' }
  provider = new Provider(server.url, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirect_uri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['for tests only'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => people.get(id) }),
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }: Context) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  handle = provider.callback()
  const state: RealProvider = {
    issuer: server.url,
    get person() {
      return current
    },
    set person(someone) {
      current = someone
      people.set(someone.sub, someone)
    },
    declines: false,
    stop: () => server.stop(),
  }
  let current: Someone = { sub: 'nobody' }
  return state
}
