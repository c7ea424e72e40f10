import { type Answer, Person } from '../client.ts'
import { contractOf } from '../contract.ts'

const HOPS_MAX = 15

/** What goes on at a provider. */
interface Begun {
  continue_at: string
}

/** A browser that follows redirects between this server and providers, with the cookies of each. */
export class Wanderer extends Person {
  readonly #elsewhere = new Map<string, Map<string, string>>()

  #jar(origin: string): Map<string, string> {
    if (origin === new URL(this.url).origin) return this.cookies
    const jar = this.#elsewhere.get(origin) ?? new Map<string, string>()
    this.#elsewhere.set(origin, jar)
    return jar
  }

  /** One request, without following. Answers of the server are held against its document. */
  async hop(
    address: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; to: string | undefined; text: string; headers: Headers }> {
    const url = new URL(address, this.url)
    const jar = this.#jar(url.origin)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { Accept: 'text/html', ...(cookie ? { Cookie: cookie } : {}), ...headers },
    })
    for (const one of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(one) ?? []
      if (name === undefined) continue
      if (value && !/max-age=0/i.test(one)) jar.set(name, value)
      else jar.delete(name)
    }
    const text = await answer.text()
    if (url.origin === new URL(this.url).origin && url.pathname.startsWith('/auth/')) {
      const contract = await contractOf(url.origin)
      const body = answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined
      contract.check('GET', url.href, answer.status, body, answer.headers.get('content-type'))
    }
    const location = answer.headers.get('location')
    return {
      status: answer.status,
      to: location === null ? undefined : new URL(location, url).href,
      text,
      headers: answer.headers,
    }
  }

  /** Follows redirects until `stop` says that a next address is not to be opened, or there is none. */
  async follow(address: string, stop: (next: URL) => boolean = () => false): Promise<string> {
    let at = new URL(address, this.url).href
    for (let i = 0; i < HOPS_MAX; i++) {
      const { to } = await this.hop(at)
      if (to === undefined) return at
      at = to
      if (stop(new URL(to))) return at
    }
    throw new Error(`More than ${HOPS_MAX} redirects, at last to ${at}`)
  }

  /** The address with which the provider leads back, not opened yet. */
  async toCallback(provider = 'oidc', return_to?: string): Promise<string> {
    const query = return_to === undefined ? '' : `&return_to=${encodeURIComponent(return_to)}`
    return await this.#ledBack(`/auth/login?provider=${provider}${query}`)
  }

  async #ledBack(address: string): Promise<string> {
    const leadsBack = ({ pathname }: URL) => pathname.startsWith('/auth/callback/')
    const at = await this.follow(address, leadsBack)
    if (!leadsBack(new URL(at))) throw new Error(`Not led back: ${at}`)
    return at
  }

  /** A whole sign-in; the path of the app that it ends at. */
  async signInAt(provider = 'oidc', return_to?: string): Promise<string> {
    return await this.finish(await this.toCallback(provider, return_to))
  }

  /** Accepts an invite by an identity at a provider; the path of the app that it ends at. */
  async joinAt(token: string, more: object = {}, provider = 'oidc'): Promise<string> {
    const asked = { provider, ...more }
    const begun = await this.call<Begun>('POST', `/auth/invites/${token}/accept`, asked)
    return await this.finish(await this.toCallbackOf(begun))
  }

  /** Adds an identity to the account that is signed in; the path of the app that it ends at. */
  async linkAt(provider = 'oidc'): Promise<string> {
    const asked = { provider, return_to: '/orgs' }
    return await this.finish(
      await this.toCallbackOf(await this.call<Begun>('POST', '/auth/identities', asked)),
    )
  }

  /** The address with which the provider leads back to what has begun, not opened yet. */
  async toCallbackOf({ status, body }: Answer<Begun>): Promise<string> {
    if (status !== 200) throw new Error(`Not begun: ${status} ${JSON.stringify(body)}`)
    return await this.#ledBack(body.continue_at)
  }

  /** Opens an address that leads back; the path of the app that it ends at. */
  async finish(callback: string): Promise<string> {
    const { status, to, text } = await this.hop(callback)
    if (status !== 302 || to === undefined) throw new Error(`${status}: ${text}`)
    const url = new URL(to)
    if (url.origin !== new URL(this.url).origin) throw new Error(`Led to another site: ${to}`)
    return url.pathname + url.search + url.hash
  }

  /** Slugs of the orgs that the session enters; undefined when nobody is signed in. */
  async orgs(): Promise<string[] | undefined> {
    const me = await this.call<{ memberships: { org: { slug: string } }[] }>('GET', '/auth/me')
    return me.status === 200 ? me.body.memberships.map(({ org }) => org.slug) : undefined
  }
}
