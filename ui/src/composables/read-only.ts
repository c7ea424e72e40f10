import { computed, type MaybeRefOrGetter } from 'vue'
import { t } from '../i18n/index.ts'
import { useOrg } from './queries.ts'

/** Why nothing can be written in an org now; empty while it is active. */
export function useReadOnly(slug: MaybeRefOrGetter<string>) {
  const { data: org } = useOrg(slug)
  return computed(() => {
    switch (org.value?.status) {
      case 'suspended':
        return t('common.read_only.suspended')
      case 'pending_deletion':
        return t('common.read_only.pending_deletion')
      default:
        return ''
    }
  })
}
