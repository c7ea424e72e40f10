import type { InjectionKey, Ref } from 'vue'

/** Why the dialog around cannot be submitted now; empty if it can. */
export const whyNotKey: InjectionKey<Readonly<Ref<string>>> = Symbol('why not')
