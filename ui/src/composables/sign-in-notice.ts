import { pageUser, setPageUser } from '../api/page-user.ts'

const NAME = 'mc-sign-in'

/** To the other tabs of this browser: cookies and storage are shared with them. */
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(NAME)

/** Makes this page one of `user_id`, and tells the other tabs who is signed in now. */
export function announceUser(user_id: string): void {
  if (pageUser() === user_id) return
  setPageUser(user_id)
  channel?.postMessage(user_id)
}

/** Calls `handler` when another tab is signed in by another person. Returns a function that ends it. */
export function onOtherUser(user_id: string, handler: () => void): () => void {
  const listen = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string' && data !== user_id) handler()
  }
  channel?.addEventListener('message', listen)
  return () => channel?.removeEventListener('message', listen)
}
