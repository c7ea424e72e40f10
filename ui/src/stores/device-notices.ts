import type { Notification as Notice } from '@contracts/resources.ts'
import { useLocalStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { below } from '../base.ts'
import { showByWorker } from '../composables/worker-notices.ts'

/** How this device tells of notifications: by the title of the tab, and by the browser while no tab is visible. */
export const useDeviceNotices = defineStore('device-notices', () => {
  const in_title = useLocalStorage('mc.count_in_title', true, { writeDefaults: false })
  const wanted = useLocalStorage('mc.browser_notifications', false, { writeDefaults: false })
  const supported = typeof window !== 'undefined' && 'Notification' in window
  const permission = ref<NotificationPermission>(supported ? Notification.permission : 'denied')
  const on = computed(() => wanted.value && permission.value === 'granted')

  /** Asks the reader; call it from a click only, which browsers require. */
  async function turnOn() {
    if (!supported) return
    permission.value = await Notification.requestPermission()
    wanted.value = permission.value === 'granted'
  }
  function turnOff() {
    wanted.value = false
  }

  /** The same notification twice replaces itself: it has a tag. `path` is that of its place, which `open` opens. */
  async function popUp({ id, title }: Notice, body: string | undefined, path: string, open: () => void) {
    if (!supported || !wanted.value || Notification.permission !== 'granted') return
    const options = { tag: id, icon: below('/icon-192.png'), ...(body ? { body } : {}) }
    try {
      if (await showByWorker(title, options, below(path), open)) return
      const shown = new Notification(title, options)
      shown.onclick = () => {
        window.focus()
        shown.close()
        open()
      }
    } catch {
      // Chrome on Android shows none without a service worker, and the permission may have ended; the tray has it.
    }
  }

  return { in_title, supported, permission, on, turnOn, turnOff, popUp }
})
