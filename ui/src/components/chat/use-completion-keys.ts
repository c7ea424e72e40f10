import { computed } from 'vue'
import type { useComposer } from './use-composer.ts'

/** Keys of the open completion list of a composer. */
export function useCompletionKeys(composer: ReturnType<typeof useComposer>) {
  const { selected, mentions, commands, trigger } = composer
  const option_count = computed(() => Math.max(mentions.value.length, commands.value.length))

  /** Whether the selected name stands in the field already: Enter then sends. */
  function typedInFull(): boolean {
    const option = mentions.value[selected.value]
    return option !== undefined && option.user.username === trigger.value?.query
  }

  /** Handles a key; answers whether it was one of the list. */
  return (event: KeyboardEvent): boolean => {
    const count = option_count.value
    if (event.key === 'ArrowDown') selected.value = (selected.value + 1) % count
    else if (event.key === 'ArrowUp') selected.value = (selected.value + count - 1) % count
    else if (event.key === 'Escape') composer.closed_at.value = trigger.value?.from
    else if (event.key === 'Tab' && !event.shiftKey) return composer.choose(selected.value)
    // Enter sends a complete command instead of completing it.
    else if (event.key === 'Enter' && trigger.value?.kind === 'mention' && !typedInFull())
      return composer.choose(selected.value)
    else return false
    return true
  }
}
