import { computed, ref } from 'vue'

/** Longer texts are folded, so that one paste does not push the conversation out of view. */
const LINES_MAX = 12
const LINES_FOLDED = 8

/** A text of which only the first lines are shown, until the reader opens it. */
export function useFolded(text: () => string) {
  const lines = computed(() => text().split('\n'))
  const open = ref(false)
  const foldable = computed(() => lines.value.length > LINES_MAX)
  const folded = computed(() => foldable.value && !open.value)
  const shown = computed(() => (folded.value ? lines.value.slice(0, LINES_FOLDED).join('\n') : text()))
  const hidden_lines = computed(() => lines.value.length - LINES_FOLDED)
  return { open, foldable, folded, shown, hidden_lines }
}
