import type { Org } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { useEventListener } from '@vueuse/core'
import { computed, ref, shallowRef, toRaw, watch } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'
import { keys } from '../../api/keys.ts'
import { api } from '../../api/org.ts'
import { useSubmit } from '../../composables/form.ts'
import { toast, toastUndo } from '../../composables/toast.ts'
import { t } from '../../i18n/index.ts'
import {
  catchUp,
  changedFields,
  type FieldPath,
  mergePatch,
  type OrgDraft,
  problemsOfDraft,
  setValueAt,
  valueAt,
} from './settings-rules.ts'
import { fieldsOf, type SettingsTab } from './settings-tabs.ts'

/** Answers in the query cache are proxies, which cannot be cloned. */
const draftOf = ({ name, settings }: OrgDraft): OrgDraft =>
  structuredClone({ name, settings: toRaw(settings) })

/**
 * The form of one tab of the settings. It saves what differs as a merge patch; what others save meanwhile reaches the
 * fields that were not touched, and stands beside those that were.
 */
export function useSettingsForm(slug: () => string, org: () => Org | undefined, tab: SettingsTab) {
  const fields = fieldsOf(tab)
  const client = useQueryClient()
  const base = shallowRef<OrgDraft>()
  const draft = ref<OrgDraft>()
  const conflicts = shallowRef<ReadonlyMap<FieldPath, unknown>>(new Map())
  /** Whether untouched fields changed under the reader's eyes. */
  const caught = ref(false)

  const raw = () => (draft.value ? structuredClone(toRaw(draft.value)) : undefined)
  const changed = computed(() =>
    base.value && draft.value ? changedFields(fields, base.value, draft.value) : [],
  )
  const dirty = computed(() => changed.value.length > 0)

  watch(
    org,
    (stored) => {
      if (!stored) return
      const mine = raw()
      if (!base.value || !mine) {
        base.value = draftOf(stored)
        draft.value = draftOf(stored)
        return
      }
      const was_dirty = dirty.value
      const result = catchUp(fields, base.value, mine, draftOf(stored))
      const open = new Map([...conflicts.value].filter(([field]) => changed.value.includes(field)))
      base.value = draftOf(stored)
      draft.value = result.draft
      conflicts.value = new Map([...open, ...result.conflicts])
      if (was_dirty && dirty.value && result.taken.length > 0) caught.value = true
      if (!dirty.value) settle()
    },
    { immediate: true },
  )

  /** Nothing is open any more. */
  function settle() {
    conflicts.value = new Map()
    caught.value = false
  }

  const problems = computed(() => (draft.value ? problemsOfDraft(draft.value, tab.numbers) : []))
  const tried = ref(false)
  const form = useSubmit(
    () => {
      const [from, to] = [base.value, raw()]
      return api.updateOrg(slug(), from && to ? mergePatch(from, to) : {})
    },
    (stored) => {
      client.setQueryData<Org>(keys.org(slug()), (known) => ({ ...stored, role: known?.role ?? stored.role }))
      tried.value = false
      settle()
      toast(t('settings.saved'))
    },
    { NAME_TAKEN: '/name' },
  )
  watch(
    draft,
    () => {
      if (!form.busy.value) form.failure.value = undefined
      if (!dirty.value) settle()
    },
    { deep: true },
  )

  /** The problem of a field once it was touched, or the refusal of the server. */
  function problem(field: FieldPath): string | undefined {
    const own = problems.value.find(({ path }) => path === field || path.startsWith(`${field}/`))
    if (own && (tried.value || changed.value.includes(field))) return own.message
    return form.problem(field)
  }
  /** A refusal that belongs to no field of this tab. */
  const general = computed(() =>
    form.failure.value && !fields.some((field) => form.problem(field)) ? form.failure.value : undefined,
  )

  function save() {
    tried.value = true
    const wrong = problems.value.some(({ path }) => fields.some((field) => path.startsWith(field)))
    if (dirty.value && !wrong) void form.submit()
  }

  function discard() {
    const typed = raw()
    if (!base.value || !typed) return
    draft.value = draftOf(base.value)
    tried.value = false
    toastUndo(t('settings.discarded'), () => {
      // What was stored meanwhile stays: only the typed fields come back.
      const now = raw()
      if (!now) return
      for (const field of fields) setValueAt(now, field, valueAt(typed, field))
      draft.value = now
    })
  }

  function resolve(field: FieldPath, take: boolean) {
    const theirs = conflicts.value.get(field)
    conflicts.value = new Map([...conflicts.value].filter(([other]) => other !== field))
    if (take && draft.value) setValueAt(draft.value, field, structuredClone(theirs))
  }

  return { draft, dirty, busy: form.busy, conflicts, caught, problem, general, save, discard, resolve }
}

export type SettingsForm = ReturnType<typeof useSettingsForm>

/**
 * Asks before unsaved changes are lost: in the app by a dialog, at the end of the page by the browser. `asking` shows the
 * dialog, `answer` ends it.
 */
export function useLeaveQuestion(dirty: () => boolean) {
  const asking = ref(false)
  let decide: ((leave: boolean) => void) | undefined

  function ask(): Promise<boolean> | boolean {
    if (!dirty()) return true
    decide?.(false)
    asking.value = true
    return new Promise((resolve) => {
      decide = resolve
    })
  }
  function answer(leave: boolean) {
    asking.value = false
    decide?.(leave)
    decide = undefined
  }
  onBeforeRouteLeave(ask)
  onBeforeRouteUpdate((to, from) => (to.path === from.path ? true : ask()))
  useEventListener(window, 'beforeunload', (event) => {
    if (dirty()) event.preventDefault()
  })
  return { asking, answer }
}
