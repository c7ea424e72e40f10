import { useQuery } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { emails } from '../api/emails.ts'
import { keys } from '../api/keys.ts'

/** No event tells of mails: what is on the screen is read again. */
const AGAIN_MS = 10_000

/** Whether mails get out; with figures for administrators. */
export function useEmailDelivery(slug: MaybeRefOrGetter<string>) {
  return useQuery({
    queryKey: computed(() => keys.emailDelivery(toValue(slug))),
    queryFn: () => emails.delivery(toValue(slug)),
    staleTime: 0,
    refetchInterval: AGAIN_MS,
  })
}

/** Mails that were given up. */
export function useFailedEmails(slug: MaybeRefOrGetter<string>, enabled: () => boolean) {
  return useQuery({
    queryKey: computed(() => keys.failedEmails(toValue(slug))),
    queryFn: () => emails.list(toValue(slug), 'failed'),
    enabled: computed(enabled),
    staleTime: 0,
    refetchInterval: AGAIN_MS,
  })
}
