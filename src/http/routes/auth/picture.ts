import { Elysia } from 'elysia'
import { ApiError } from '../../../contracts/errors.ts'
import { PictureBody } from '../../../contracts/requests.ts'
import { pictureType } from '../../../domain/picture.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { ownAccount } from './own-password.ts'
import { TAG as tag } from './sign-in.ts'
import { tellOrgs } from './tell-orgs.ts'

/** The own picture, which members see as `avatar_url`. */
export function pictureRoutes(deps: Deps) {
  const at = endpoints(deps)

  async function set(account_id: string, bytes: Uint8Array | null): Promise<void> {
    await deps.limits.ownPicture(account_id)
    await deps.pictures.set(account_id, bytes)
    await tellOrgs(deps, account_id)
  }

  return new Elysia({ name: 'auth.picture' })
    .put(
      '/picture',
      ...at.signedIn(
        {
          tag,
          body: PictureBody,
          summary: 'Set your own picture',
          description:
            'PNG, JPEG, WebP or GIF, 2,048 pixels wide and high at the most; its bytes say what it is. Members see it in place of initials. For people.',
          ok: { status: 204 },
          errors: ['CSRF_VALIDATION_FAILED', 'UNSUPPORTED_MEDIA_TYPE'],
        },
        async (call) => {
          const { id } = await ownAccount(deps, call)
          const bytes = Buffer.from(call.body.image, 'base64')
          if (!pictureType(bytes))
            throw new ApiError('UNSUPPORTED_MEDIA_TYPE', 'This is no PNG, JPEG, WebP or GIF of a usual size.')
          await set(id, bytes)
          return {}
        },
      ),
    )

    .delete(
      '/picture',
      ...at.signedIn(
        {
          tag,
          summary: 'Remove your own picture',
          description: 'Initials are shown again, and no provider’s picture is taken over. For people.',
          ok: { status: 204 },
          errors: ['CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { id } = await ownAccount(deps, call)
          await set(id, null)
          return {}
        },
      ),
    )
}
