import { computed, type MaybeRefOrGetter } from 'vue'
import { useOrg } from './queries.ts'

/** Why nothing can be written in an org now; empty while it is active. */
export function useReadOnly(slug: MaybeRefOrGetter<string>) {
  const { data: org } = useOrg(slug)
  return computed(() => {
    switch (org.value?.status) {
      case 'suspended':
        return 'The organization is suspended: nothing can be written now.'
      case 'pending_deletion':
        return 'The organization will be deleted: nothing can be written now.'
      default:
        return ''
    }
  })
}
