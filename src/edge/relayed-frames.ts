import type { ChannelFrame, RelayedFrame } from '../contracts/relay.ts'
import type { Subscriptions } from '../contracts/requests.ts'
import type { Export } from '../contracts/resources.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { OrgEdge } from './org-edge.ts'
import type { NotificationsRead } from './source.ts'

/** What is sent to the connections of a channel, or of one of its users, and is not stored. */
export interface Ephemeral {
  org_id: string
  channel_id: string
  except_user_id?: string
  only_user_id?: string
  frame: ChannelFrame
}

/** Frames that are not stored and may be lost: each goes to the connections of an org on every node. */
export class RelayedFrames {
  readonly #edge: (org_id: string) => OrgEdge | undefined
  readonly #elsewhere: Pick<Elsewhere, 'send'> | undefined

  /** `edge` gives the edge of an org when it is loaded; `elsewhere` is absent when the node is alone. */
  constructor(edge: (org_id: string) => OrgEdge | undefined, elsewhere?: Pick<Elsewhere, 'send'>) {
    this.#edge = edge
    this.#elsewhere = elsewhere
  }

  /** To the readers of a channel, or to one user's sockets. */
  ephemeral({ org_id, ...to }: Ephemeral): void {
    this.#everywhere(org_id, { type: 'channel', ...to })
  }

  /** Tells a user's streams that it has read notifications. */
  notificationsRead({ org_id, notification_ids, ...read }: NotificationsRead): void {
    this.#everywhere(org_id, {
      type: 'notifications_read',
      notification_ids: [...notification_ids],
      ...read,
    })
  }

  /** How far an export of an org is, for its administrators who are connected. */
  tellExport(org_id: string, exported: Export): void {
    this.#everywhere(org_id, { type: 'export', export: exported })
  }

  /** Gives a user's open streams its new subscriptions: on this node at once. */
  resubscribe(org_id: string, user_id: string, subscriptions: Subscriptions): void {
    this.#everywhere(org_id, { type: 'subscriptions', user_id, subscriptions })
  }

  #everywhere(org_id: string, frame: RelayedFrame): void {
    this.deliver(org_id, [frame])
    this.#elsewhere?.send(org_id, frame)
  }

  /** Gives frames to the connections of this node. */
  deliver(org_id: string, frames: readonly RelayedFrame[]): void {
    const edge = this.#edge(org_id)
    if (!edge) return
    for (const relayed of frames) {
      if (relayed.type === 'channel') edge.ephemeral(relayed.channel_id, relayed.frame, relayed)
      else if (relayed.type === 'notifications_read') edge.streams.notificationsRead(relayed)
      else if (relayed.type === 'export') edge.streams.tellExport(relayed.export)
      else edge.streams.resubscribe(relayed.user_id, relayed.subscriptions)
    }
  }
}
