import { useMediaQuery } from '@vueuse/core'

/** Below 768 px: bottom navigation, one column. */
export const usePhone = () => useMediaQuery('(max-width: 767px)')
/** Below 1024 px: no list beside a form or a table. */
export const useSlim = () => useMediaQuery('(max-width: 1023px)')
/** From 1280 px: room for the channel details beside the conversation. */
export const useWide = () => useMediaQuery('(min-width: 1280px)')
/** Between the two: the sidebar shows icons only. */
export const useNarrow = () => useMediaQuery('(min-width: 768px) and (max-width: 1279px)')
/** The main input is a finger: the on-screen keyboard opens with the focus, and Enter breaks the line. */
export const useTouch = () => useMediaQuery('(pointer: coarse)')
