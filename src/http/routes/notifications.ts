import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { once } from '../../commands/idempotency.ts'
import { notFound } from '../../contracts/errors.ts'
import { PageOf } from '../../contracts/lists.ts'
import { NotificationsRead } from '../../contracts/requests.ts'
import { Notification, ReadCount } from '../../contracts/resources.ts'
import {
  listNotifications,
  type NewlyRead,
  type Notified,
  readNotification,
  readNotifications,
} from '../../db/queries/notifications.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, idOf, type OrgCall } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'

const NotificationQuery = Type.Object({
  unread: Type.Optional(Type.Boolean({ description: 'Only those that are not read yet.' })),
  ...PAGE,
})

/** What the caller should look at, and what it has looked at. Nobody reads another’s. */
export function notificationRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Notifications'

  /** Takes them off the other tabs and devices of their user. */
  function tell({ org_id, user_id }: Notified, { ids, read_at }: NewlyRead): void {
    if (read_at !== null) deps.notificationsRead({ org_id, user_id, notification_ids: ids, read_at })
  }

  return new Elysia({ name: 'notifications', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/notifications',
      ...at.org(
        {
          tag,
          action: 'notification.own',
          query: NotificationQuery,
          summary: 'The caller’s notifications',
          description:
            'Newest first. Mentions in channels that the caller may not read any more are left out. Live as `notification.created` and `notification.read` on the caller’s event stream.',
          ok: { status: 200, schema: PageOf(Notification) },
        },
        async (call) => {
          const { unread = false, ...page } = call.query
          return { body: await listNotifications(deps.database, await notified(call), { ...page, unread }) }
        },
      ),
    )

    .put(
      '/notifications/:notification_id/read',
      ...at.org(
        {
          tag,
          action: 'notification.own',
          summary: 'Mark a notification as read',
          description:
            'Again, it keeps the time of the first reading. Reading the message itself does the same.',
          ok: { status: 200, schema: Notification },
          errors: ['NOTIFICATION_NOT_FOUND'],
        },
        async (call) => {
          const of = await notified(call)
          const id = idOf(call, 'notification_id')
          const read = await deps.database.withOrg(of.org_id, (tx) => readNotification(tx, of, id))
          if (!read) throw notFound('notification')
          const { notification, changed } = read
          if (changed) tell(of, { ids: [id], read_at: notification.read_at })
          return { body: notification }
        },
      ),
    )

    .post(
      '/notifications/read-all',
      ...at.org(
        {
          tag,
          action: 'notification.own',
          body: NotificationsRead,
          body_optional: true,
          summary: 'Mark notifications as read',
          description:
            'All unread ones, or with `up_to` those that the caller has seen: later ones stay unread.',
          ok: { status: 200, schema: ReadCount },
          errors: ['IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const of = await notified(call)
          let read: NewlyRead = { ids: [], read_at: null }
          const reply = await deps.database.withOrg(of.org_id, (tx) =>
            once(tx, of.org_id, of.user_id, call.idempotency, async () => {
              read = await readNotifications(tx, of, call.body.up_to)
              return { read_count: read.ids.length }
            }),
          )
          tell(of, read)
          return created(reply, undefined, 200)
        },
      ),
    )
}

type Asked = Pick<OrgCall<unknown, unknown>, 'org_id' | 'rights' | 'principal'>

async function notified({ org_id, rights, principal }: Asked): Promise<Notified> {
  const channel_ids = (await rights()).readableChannels(principal).map(({ id }) => id)
  return { org_id, user_id: principal.id, channel_ids }
}
