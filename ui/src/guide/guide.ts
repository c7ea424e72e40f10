import './guide.css'
import { copyButtons } from './copy.ts'
import { searchBox } from './search-box.ts'

// A page of the guide works without this script: it adds the search and the buttons that copy.
copyButtons(document)
searchBox(document)
showCurrent(document)

/** The contents scroll by themselves: the page that is open stands in the middle of them. */
function showCurrent(page: Document): void {
  const contents = page.querySelector<HTMLElement>('.contents')
  const current = contents?.querySelector<HTMLElement>('[aria-current]')
  if (contents && current) contents.scrollTop = current.offsetTop - contents.clientHeight / 2
}
