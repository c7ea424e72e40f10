/** Address of a document below `/docs/guide/`: `spec/README.md` is `spec/`, `spec/events.md` is `spec/events`. */
export function guideUrl(path: string): string {
  return path.replace(/(^|\/)README\.md$/, '$1').replace(/\.md$/, '')
}

/** Name of the file of a page. */
export function guideFile(url: string): string {
  return url === '' || url.endsWith('/') ? `${url}index.html` : `${url}.html`
}

/** The way from a page to the first page of the guide: empty, or `../` for each folder. */
export function upFrom(url: string): string {
  return '../'.repeat(url.split('/').length - 1)
}

/** The relative address of `to`, as it stands in the page `from`. */
export function relativeUrl(from: string, to: string): string {
  return upFrom(from) + to || './'
}
