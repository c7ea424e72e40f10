import { createHash, randomUUID } from 'node:crypto'
import { bodyOf, json, listen, redirect } from './http.ts'

const CLIENT = {
  id: 'Iv1.0123456789abcdef',
  secret: '0123456789abcdef0123456789abcdef01234567',
}

/** Settings of a server that is a client of the mock. */
export const clientOfGitHub = ({ url }: { url: string }) => ({
  MC_GITHUB_URL: url,
  MC_GITHUB_CLIENT_ID: CLIENT.id,
  MC_GITHUB_CLIENT_SECRET: CLIENT.secret,
})

export interface GitHubUser {
  id: number
  login: string
  name: string | null
  avatar_url?: string
  emails: { email: string; primary: boolean; verified: boolean }[]
}

export interface GitHubMock {
  url: string
  user: GitHubUser
  /** The app was not given the scope of addresses. */
  hides_emails: boolean
  stop(): Promise<void>
}

/** A GitHub Enterprise Server with what sign-in uses of it, by GitHub's documents: errors of the token come with 200. */
export async function startGitHub(): Promise<GitHubMock> {
  const codes = new Map<string, { challenge: string; user: GitHubUser }>()
  const tokens = new Map<string, GitHubUser>()
  const server = await listen(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const asked = (name: string) => url.searchParams.get(name) ?? ''
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    switch (url.pathname) {
      case '/login/oauth/authorize': {
        if (asked('client_id') !== CLIENT.id) return json(response, 404, {})
        const code = randomUUID()
        codes.set(code, { challenge: asked('code_challenge'), user: mock.user })
        const back = new URL(asked('redirect_uri'))
        back.searchParams.set('code', code)
        back.searchParams.set('state', asked('state'))
        return redirect(response, back)
      }
      case '/login/oauth/access_token': {
        const body = await bodyOf(request)
        const given = codes.get(body.get('code') ?? '')
        codes.delete(body.get('code') ?? '')
        const verifier = body.get('code_verifier') ?? ''
        const challenge = createHash('sha256').update(verifier).digest('base64url')
        if (body.get('client_secret') !== CLIENT.secret)
          return json(response, 200, { error: 'incorrect_client_credentials' })
        if (given?.challenge !== challenge) return json(response, 200, { error: 'bad_verification_code' })
        const access_token = `gho_${randomUUID()}`
        tokens.set(access_token, given.user)
        return json(response, 200, { access_token, token_type: 'bearer', scope: 'read:user,user:email' })
      }
      case '/api/v3/user': {
        const user = tokens.get(token)
        if (!user) return json(response, 401, { message: 'Bad credentials' })
        const { id, login, name, avatar_url } = user
        return json(response, 200, { id, login, name, avatar_url, email: null, type: 'User' })
      }
      case '/api/v3/user/emails': {
        const user = tokens.get(token)
        if (!user || mock.hides_emails) return json(response, 404, { message: 'Not Found' })
        return json(response, 200, user.emails)
      }
      default:
        return json(response, 404, { message: 'Not Found' })
    }
  })
  const mock: GitHubMock = {
    url: server.url,
    user: { id: 1, login: 'nobody', name: null, emails: [] },
    hides_emails: false,
    stop: () => server.stop(),
  }
  return mock
}
