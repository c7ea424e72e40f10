import { LIMITS } from '@contracts/limits.ts'
import type { Channel, User } from '@contracts/resources.ts'
import { commandForm, KNOWN_COMMANDS } from '@text/commands.ts'
import { withoutBlankEnds } from '@text/visible.ts'
import { computed, nextTick, type Ref, ref, watch } from 'vue'
import type { OutboxEntry } from '../../realtime/outbox-store.ts'
import { readDraft, writeDraft } from '../../stores/drafts.ts'
import { commandOptions, knownCommands, mentionOptions, triggerAt } from './completion.ts'

/** A `typing` frame is sent at most this often. */
const TYPING_EVERY_MS = 2_000
/** The number of characters left is shown below this. */
const COUNTED_BELOW = 500

/** A message as the composer hands it over. */
export type ComposedMessage = Pick<OutboxEntry, 'content' | 'reply_to' | 'kind' | 'leave_out'>

/** State of the composer of one channel: text and draft, completion, and whether the text can be sent. */
export function useComposer(options: {
  area: Ref<HTMLTextAreaElement | undefined>
  channel: Ref<Channel>
  members: Ref<readonly User[] | undefined>
  account_id: string
  typing: () => void
}) {
  const { area, channel, members, account_id } = options
  const draft = readDraft(account_id, channel.value.id)
  const content = ref(draft?.content ?? '')
  const reply_to = ref<string | null>(draft?.reply_to ?? null)
  /** Agents that the author does not want to wake, also those that the text does not name any more. */
  const leave_out = ref<readonly string[]>(draft?.leave_out ?? [])
  const caret = ref(content.value.length)
  /** Position of the trigger whose list Escape closed. */
  const closed_at = ref<number>()
  const selected = ref(0)
  let typed_at = 0

  const trigger = computed(() => triggerAt(content.value, caret.value))
  const mentions = computed(() =>
    trigger.value?.kind === 'mention'
      ? mentionOptions(members.value ?? [], channel.value, trigger.value.query)
      : [],
  )
  const known = computed(() => knownCommands(members.value ?? [], channel.value))
  const commands = computed(() =>
    trigger.value?.kind === 'command' ? commandOptions(known.value, trigger.value.query) : [],
  )
  const open = computed(
    () =>
      trigger.value !== undefined &&
      trigger.value.from !== closed_at.value &&
      mentions.value.length + commands.value.length > 0,
  )
  const text = computed(() => withoutBlankEnds(content.value))
  const length = computed(() => [...text.value].length)
  /** Characters left; negative over the limit. */
  const left = computed(() => LIMITS.message_content_max - length.value)
  const counting = computed(() => left.value < COUNTED_BELOW)
  const sendable = computed(() => length.value > 0 && left.value >= 0)

  watch([content, reply_to, leave_out], ([text, reply, left_out]) =>
    writeDraft(account_id, channel.value.id, { content: text, reply_to: reply, leave_out: [...left_out] }),
  )
  watch(trigger, (current, previous) => {
    if (current?.from !== previous?.from || current?.query !== previous?.query) selected.value = 0
    if (current === undefined) closed_at.value = undefined
  })

  function updateCaret() {
    caret.value = area.value?.selectionStart ?? content.value.length
  }

  /** Handles an edit by the user. */
  function changed() {
    updateCaret()
    if (content.value.trim() === '' || Date.now() - typed_at < TYPING_EVERY_MS) return
    typed_at = Date.now()
    options.typing()
  }

  async function replace(from: number, to: number, text: string) {
    content.value = content.value.slice(0, from) + text + content.value.slice(to)
    await nextTick()
    area.value?.focus()
    area.value?.setSelectionRange(from + text.length, from + text.length)
    updateCaret()
  }

  /** Replaces the trigger by an option; false if the option cannot be chosen. */
  function choose(at: number): boolean {
    const current = trigger.value
    if (!current) return false
    const mention = mentions.value[at]
    if (mention?.reason !== undefined) return false
    const command = commands.value[at]
    const text = mention ? `@${mention.user.username} ` : command ? `/${command.name} ` : undefined
    if (text === undefined) return false
    void replace(current.from, caret.value, text)
    return true
  }

  /** Inserts at the caret; before an `@` with a space after a word. */
  function insert(text: string) {
    const at = caret.value
    const touches_word = at > 0 && !/\s$/.test(content.value.slice(0, at)) && text.startsWith('@')
    void replace(at, at, touches_word ? ` ${text}` : text)
  }

  /** The name after a slash, if it is no command that is known: the user decides what is meant. */
  const unknown = computed(() => {
    const name = commandForm(text.value)?.command
    if (name === undefined || KNOWN_COMMANDS.has(name)) return undefined
    return known.value.some((one) => one.name === name) ? undefined : name
  })

  function setLeftOut(agent_id: string, left_out: boolean) {
    const others = leave_out.value.filter((id) => id !== agent_id)
    leave_out.value = left_out ? [...others, agent_id] : others
  }

  /** Returns the message and clears the field; undefined if there is nothing to send. `left_out`: agents it does not wake. */
  function take(kind: 'command' | undefined, left_out: string[]): ComposedMessage | undefined {
    if (!sendable.value) return undefined
    const message = {
      content: text.value,
      reply_to: reply_to.value,
      ...(kind === undefined ? {} : { kind }),
      ...(left_out.length === 0 ? {} : { leave_out: left_out }),
    }
    content.value = ''
    reply_to.value = null
    leave_out.value = []
    caret.value = 0
    typed_at = 0
    return message
  }

  return {
    content,
    reply_to,
    leave_out,
    setLeftOut,
    caret,
    selected,
    closed_at,
    trigger,
    mentions,
    commands,
    open,
    left,
    counting,
    sendable,
    unknown,
    updateCaret,
    changed,
    replace,
    choose,
    insert,
    take,
  }
}
