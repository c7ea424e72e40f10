import { LIMITS } from '@contracts/limits.ts'
import type { Channel, User } from '@contracts/resources.ts'
import { computed, nextTick, type Ref, ref, watch } from 'vue'
import { readDraft, writeDraft } from '../../stores/drafts.ts'
import { commandOptions, mentionOptions, triggerAt } from './completion.ts'

/** Typing is told to others at most this often while one types. */
const TYPING_EVERY_MS = 2_000

/** The text being written in one channel: its draft, what completes it, whether it can be sent. */
export function useComposer(options: {
  area: Ref<HTMLTextAreaElement | undefined>
  channel: Ref<Channel>
  members: Ref<readonly User[] | undefined>
  me_id: string
  typing: () => void
}) {
  const { area, channel, members, me_id } = options
  const draft = readDraft(me_id, channel.value.id)
  const content = ref(draft?.content ?? '')
  const reply_to = ref<string | null>(draft?.reply_to ?? null)
  const caret = ref(content.value.length)
  /** Escape closed the list for this trigger. */
  const closed_at = ref<number>()
  const selected = ref(0)
  let typed_at = 0

  const trigger = computed(() => triggerAt(content.value, caret.value))
  const mentions = computed(() =>
    trigger.value?.kind === 'mention'
      ? mentionOptions(members.value ?? [], channel.value, trigger.value.query)
      : [],
  )
  const commands = computed(() =>
    trigger.value?.kind === 'command' ? commandOptions(trigger.value.query) : [],
  )
  const open = computed(
    () =>
      trigger.value !== undefined &&
      trigger.value.from !== closed_at.value &&
      mentions.value.length + commands.value.length > 0,
  )
  const length = computed(() => [...content.value.trim()].length)
  const over = computed(() => Math.max(0, length.value - LIMITS.message_content_max))
  const sendable = computed(() => length.value > 0 && over.value === 0)

  watch([content, reply_to], ([text, reply]) =>
    writeDraft(me_id, channel.value.id, { content: text, reply_to: reply }),
  )
  watch(trigger, (now, former) => {
    if (now?.from !== former?.from || now?.query !== former?.query) selected.value = 0
    if (now === undefined) closed_at.value = undefined
  })

  function follow() {
    caret.value = area.value?.selectionStart ?? content.value.length
  }

  /** After each change by the writer. */
  function changed() {
    follow()
    if (content.value.trim() === '' || Date.now() - typed_at < TYPING_EVERY_MS) return
    typed_at = Date.now()
    options.typing()
  }

  async function replace(from: number, to: number, text: string) {
    content.value = content.value.slice(0, from) + text + content.value.slice(to)
    await nextTick()
    area.value?.focus()
    area.value?.setSelectionRange(from + text.length, from + text.length)
    follow()
  }

  /** Puts the chosen option in place of what was typed; false when it cannot be chosen. */
  function choose(at: number): boolean {
    const now = trigger.value
    if (!now) return false
    const mention = mentions.value[at]
    if (mention?.reason !== undefined) return false
    const command = commands.value[at]
    const text = mention ? `@${mention.user.username} ` : command ? `/${command.name} ` : undefined
    if (text === undefined) return false
    void replace(now.from, caret.value, text)
    return true
  }

  /** Inserts at the caret, with a space before it where words would run together. */
  function insert(text: string) {
    const at = caret.value
    const glued = at > 0 && !/\s$/.test(content.value.slice(0, at)) && text.startsWith('@')
    void replace(at, at, glued ? ` ${text}` : text)
  }

  /** Takes the text to send it, and leaves the field empty; undefined when there is nothing to send. */
  function take(): { content: string; reply_to: string | null } | undefined {
    if (!sendable.value) return undefined
    const message = { content: content.value.trim(), reply_to: reply_to.value }
    content.value = ''
    reply_to.value = null
    caret.value = 0
    typed_at = 0
    return message
  }

  return {
    content,
    reply_to,
    caret,
    selected,
    closed_at,
    trigger,
    mentions,
    commands,
    open,
    length,
    over,
    sendable,
    follow,
    changed,
    replace,
    choose,
    insert,
    take,
  }
}
