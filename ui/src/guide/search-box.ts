import { type Hit, marked, type Section, search } from './search.ts'

/** The search of the guide: it reads its index when it is first used. */
export function searchBox(page: Document): void {
  const box = page.querySelector<HTMLElement>('.find')
  const field = page.querySelector<HTMLInputElement>('#find')
  const found = page.querySelector<HTMLElement>('.found')
  const list = found?.querySelector('ul')
  const status = found?.querySelector('p')
  if (!box || !field || !found || !list || !status) return
  box.hidden = false
  const root = new URL(page.documentElement.dataset.root ?? './', location.href)
  let sections: Promise<Section[]> | undefined

  const close = () => {
    found.hidden = true
  }
  const show = async () => {
    const query = field.value.trim()
    if (query === '') return close()
    sections ??= read(new URL('search.json', root))
    const all = await sections.catch(() => undefined)
    if (field.value.trim() !== query) return
    if (all === undefined) sections = undefined
    const hits = search(all ?? [], query)
    status.textContent =
      all === undefined
        ? 'The server does not answer.'
        : hits.length === 0
          ? `Nothing has “${query}”.`
          : `${hits.length} ${hits.length === 1 ? 'place' : 'places'}`
    list.replaceChildren(...hits.map((hit) => lineOf(page, hit, root, query)))
    found.hidden = false
  }

  field.addEventListener('input', show)
  field.addEventListener('focus', show)
  box.addEventListener('keydown', (event) => {
    const links = [...list.querySelectorAll('a')]
    const at = links.indexOf(page.activeElement as HTMLAnchorElement)
    if (event.key === 'Escape') {
      field.focus()
      close()
    } else if (event.key === 'ArrowDown') links[Math.min(at + 1, links.length - 1)]?.focus()
    else if (event.key === 'ArrowUp') (at > 0 ? links[at - 1] : field)?.focus()
    else if (event.key === 'Enter' && at < 0) links[0]?.click()
    else return
    event.preventDefault()
  })
  box.addEventListener('focusout', (event) => {
    if (!box.contains(event.relatedTarget as Node | null)) close()
  })
  page.addEventListener('keydown', (event) => {
    const writing = event.target instanceof HTMLInputElement
    if (event.key !== '/' || writing || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    field.focus()
  })
}

async function read(url: URL): Promise<Section[]> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url.pathname}: ${answer.status}`)
  return await answer.json()
}

function lineOf(page: Document, { url, title, heading, snippet }: Hit, root: URL, query: string): Element {
  const line = page.createElement('li')
  const link = page.createElement('a')
  link.href = new URL(url, root).href
  const name = page.createElement('b')
  name.textContent = heading === '' ? title : `${title} › ${heading}`
  const text = page.createElement('span')
  for (const piece of marked(snippet, query)) {
    const part = page.createElement(piece.mark ? 'mark' : 'span')
    part.textContent = piece.text
    text.append(part)
  }
  link.append(name, text)
  line.append(link)
  return line
}
