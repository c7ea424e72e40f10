import { useLocalStorage } from '@vueuse/core'
import { computed, type InjectionKey, type Ref } from 'vue'

/** Columns that are folded to a strip: by this person, on this device. A phone shows one column at a time and folds none. */
export function useFolds(store_key: string, phone: () => boolean) {
  const places = useLocalStorage<string[]>(store_key, [], { writeDefaults: false })
  const offered = computed(() => !phone())
  const has = (place: string) => offered.value && places.value.includes(place)
  function set(place: string, to: boolean) {
    const others = places.value.filter((one) => one !== place)
    places.value = to ? [...others, place] : others
  }
  return { offered, has, set }
}

export interface Folds {
  offered: Readonly<Ref<boolean>>
  has: (place: string) => boolean
  set: (place: string, to: boolean) => void
}
export const foldsKey: InjectionKey<Folds> = Symbol('folds')
