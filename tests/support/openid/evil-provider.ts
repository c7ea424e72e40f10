import { createHmac, createPublicKey, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { bodyOf, json, listen, redirect } from './http.ts'
import { CLIENT, type Someone } from './real-provider.ts'

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>> & { kid: string }

/** What the provider does wrong; nothing is wrong by itself. */
export interface Conduct {
  /** Changes what the ID token says. */
  claims?: (claims: JWTPayload) => JWTPayload
  /** How the ID token is signed instead. */
  token?: 'none' | 'hmac_with_public_key' | 'foreign_key' | 'cut'
  /** Changes the description of the provider. */
  discovery?: (metadata: Record<string, unknown>) => object
  /** Changes the answer that the browser carries back. */
  answer?: (back: URL) => void
  /** The same code works again. */
  reusable_codes?: boolean
  /** Another person at the userinfo endpoint. */
  userinfo_sub?: string
  /** The ID token leaves out what the userinfo endpoint says. */
  bare_token?: boolean
  /** Endpoints that never answer, or break off. */
  hangs?: string[]
  breaks?: string[]
  /** Bytes that an endpoint answers instead. */
  floods?: { path: string; bytes: number }
  /** Other paths that it answers, e.g. pictures. */
  pages?: Record<string, (response: ServerResponse) => unknown>
  /** Answers of the token endpoint instead. */
  token_answer?: { status: number; body: unknown }
}

export interface EvilProvider {
  issuer: string
  person: Someone
  conduct: Conduct
  /** Requests by path. */
  readonly requests: { path: string; authorization: string | undefined; body: URLSearchParams }[]
  /** Other keys from now on. */
  rotate(): Promise<void>
  stop(): Promise<void>
  /** Listens again after {@link stop}. */
  start(): Promise<void>
}

/** An OpenID provider that does wrong on demand: what a good one, such as the npm package, cannot be made to do. */
export async function startEvilProvider(): Promise<EvilProvider> {
  const codes = new Map<string, { nonce: string; challenge: string; redirect_uri: string; person: Someone }>()
  const held: ServerResponse[] = []
  let keys = await newKeys()

  async function idToken(code: { nonce: string; person: Someone }): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const { sub, ...about } = code.person
    const plain = { iss: provider.issuer, aud: CLIENT.id, iat: now, exp: now + 300, nonce: code.nonce, sub }
    const claims = { ...plain, ...(provider.conduct.bare_token ? {} : about) }
    return await signed(provider.conduct.claims?.(claims) ?? claims)
  }

  async function signed(claims: JWTPayload): Promise<string> {
    const { kid } = keys
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    switch (provider.conduct.token) {
      case 'none':
        return `${encoded({ alg: 'none', kid })}.${encoded(claims)}.`
      case 'hmac_with_public_key': {
        const text = `${encoded({ alg: 'HS256', kid })}.${encoded(claims)}`
        const jwk = (await exportJWK(keys.publicKey)) as Record<string, unknown>
        const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
        return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`
      }
      case 'foreign_key': {
        const { privateKey } = await newKeys()
        return await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey)
      }
      default: {
        const token = await new SignJWT(claims)
          .setProtectedHeader({ alg: 'RS256', kid })
          .sign(keys.privateKey)
        return provider.conduct.token === 'cut' ? token.slice(0, -30) : token
      }
    }
  }

  const server = () =>
    listen(async (request, response) => {
      const url = new URL(request.url ?? '/', provider.issuer)
      const { conduct } = provider
      const body = await bodyOf(request)
      provider.requests.push({ path: url.pathname, authorization: request.headers.authorization, body })
      if (conduct.hangs?.includes(url.pathname)) return held.push(response)
      if (conduct.breaks?.includes(url.pathname)) return request.socket.destroy()
      if (conduct.floods?.path === url.pathname)
        return json(response, 200, { much: 'x'.repeat(conduct.floods.bytes) })
      switch (url.pathname) {
        case '/.well-known/openid-configuration': {
          const metadata = {
            issuer: provider.issuer,
            authorization_endpoint: `${provider.issuer}/authorize`,
            token_endpoint: `${provider.issuer}/token`,
            userinfo_endpoint: `${provider.issuer}/userinfo`,
            jwks_uri: `${provider.issuer}/keys`,
          }
          return json(response, 200, conduct.discovery?.(metadata) ?? metadata)
        }
        case '/keys': {
          const jwk = { ...(await exportJWK(keys.publicKey)), kid: keys.kid, alg: 'RS256', use: 'sig' }
          return json(response, 200, { keys: [jwk] })
        }
        case '/authorize': {
          const asked = (name: string) => url.searchParams.get(name) ?? ''
          const code = randomUUID()
          const redirect_uri = asked('redirect_uri')
          const { person } = provider
          codes.set(code, { nonce: asked('nonce'), challenge: asked('code_challenge'), redirect_uri, person })
          const back = new URL(redirect_uri)
          back.searchParams.set('code', code)
          back.searchParams.set('state', asked('state'))
          conduct.answer?.(back)
          return redirect(response, back)
        }
        case '/token': {
          if (conduct.token_answer)
            return json(response, conduct.token_answer.status, conduct.token_answer.body)
          const given = codes.get(body.get('code') ?? '')
          if (!given || given.redirect_uri !== body.get('redirect_uri'))
            return json(response, 400, { error: 'invalid_grant' })
          if (!conduct.reusable_codes) codes.delete(body.get('code') ?? '')
          return json(response, 200, {
            access_token: `access ${given.person.sub}`,
            token_type: 'Bearer',
            id_token: await idToken(given),
          })
        }
        case '/userinfo':
          return json(response, 200, { ...provider.person, sub: conduct.userinfo_sub ?? provider.person.sub })
        default: {
          const page = conduct.pages?.[url.pathname]
          return page ? page(response) : json(response, 404, {})
        }
      }
    }, port)

  let port = 0
  const provider: EvilProvider = {
    issuer: '',
    person: { sub: 'nobody' },
    conduct: {},
    requests: [],
    async rotate() {
      keys = await newKeys()
    },
    async stop() {
      for (const response of held.splice(0)) response.destroy()
      await running.stop()
    },
    async start() {
      running = await server()
    },
  }
  let running = await server()
  port = running.port
  provider.issuer = running.url
  return provider
}

async function newKeys(): Promise<KeyPair> {
  return { ...(await generateKeyPair('RS256', { extractable: true })), kid: randomUUID() }
}
