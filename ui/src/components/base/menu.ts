import type { InjectionKey } from 'vue'

/** Closes the menu around an item. */
export const closeMenuKey: InjectionKey<() => void> = Symbol('close menu')
