import { onScopeDispose, type Ref, ref } from 'vue'

/** A media query as a ref. */
export function useMedia(query: string): Readonly<Ref<boolean>> {
  const list = window.matchMedia(query)
  const matches = ref(list.matches)
  const changed = () => {
    matches.value = list.matches
  }
  list.addEventListener('change', changed)
  onScopeDispose(() => list.removeEventListener('change', changed))
  return matches
}

export const usePhone = () => useMedia('(max-width: 767px)')
/** Room for the channel's details beside the conversation. */
export const useWide = () => useMedia('(min-width: 1280px)')
/** Between phone and wide: the sidebar shows glyphs only. */
export const useNarrow = () => useMedia('(min-width: 768px) and (max-width: 1279px)')
