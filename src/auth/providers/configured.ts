import type { ProviderId } from '../../contracts/vocabulary.ts'
import { GitHubProvider } from './github.ts'
import { OpenIdProvider } from './openid.ts'
import type { SignInProvider } from './provider.ts'

const GOOGLE = 'https://accounts.google.com'

/** The settings of providers; one without a client id is not offered. */
export interface ProviderSettings {
  public_url: string
  github_url?: string | undefined
  github_client_id?: string | undefined
  github_client_secret?: string | undefined
  google_client_id?: string | undefined
  google_client_secret?: string | undefined
  oidc_issuer?: string | undefined
  oidc_client_id?: string | undefined
  oidc_client_secret?: string | undefined
}

export type Providers = ReadonlyMap<ProviderId, SignInProvider>

/** The providers of this server, in the order of the sign-in page. */
export function configuredProviders(settings: ProviderSettings, now: () => number): Providers {
  const redirect_uri = (id: ProviderId) => `${settings.public_url}/auth/callback/${id}`
  const providers: SignInProvider[] = []
  const { google_client_id, google_client_secret, github_client_id, github_client_secret } = settings
  if (google_client_id && google_client_secret)
    providers.push(
      new OpenIdProvider(
        {
          id: 'google',
          name: 'Google',
          issuer: GOOGLE,
          client_id: google_client_id,
          client_secret: google_client_secret,
          redirect_uri: redirect_uri('google'),
        },
        now,
      ),
    )
  if (github_client_id && github_client_secret)
    providers.push(
      new GitHubProvider({
        url: settings.github_url,
        client_id: github_client_id,
        client_secret: github_client_secret,
        redirect_uri: redirect_uri('github'),
      }),
    )
  const { oidc_issuer, oidc_client_id, oidc_client_secret } = settings
  if (oidc_issuer && oidc_client_id && oidc_client_secret)
    providers.push(
      new OpenIdProvider(
        {
          id: 'oidc',
          name: new URL(oidc_issuer).hostname,
          issuer: oidc_issuer,
          client_id: oidc_client_id,
          client_secret: oidc_client_secret,
          redirect_uri: redirect_uri('oidc'),
        },
        now,
      ),
    )
  return new Map(providers.map((provider) => [provider.id, provider]))
}
