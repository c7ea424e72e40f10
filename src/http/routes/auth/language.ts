import { Elysia } from 'elysia'
import { LanguageBody } from '../../../contracts/requests.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { ownAccount } from './own-password.ts'
import { TAG as tag } from './sign-in.ts'

/** The language in which the person uses the app. */
export function languageRoutes(deps: Deps) {
  const at = endpoints(deps)
  return new Elysia({ name: 'auth.language' }).put(
    '/language',
    ...at.signedIn(
      {
        tag,
        body: LanguageBody,
        summary: 'Set your own language',
        description:
          'Mails of this server are written in it, English before. The app sets it at the first sign-in, and when another language is chosen. For people.',
        ok: { status: 204 },
        errors: ['CSRF_VALIDATION_FAILED'],
      },
      async (call) => {
        const { id } = await ownAccount(deps, call)
        await deps.accounts.setLanguage(id, call.body.language)
        return {}
      },
    ),
  )
}
