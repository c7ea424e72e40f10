import { h, type VNodeChild } from 'vue'
import CodeBlock from './CodeBlock.vue'
import { splitMentions } from './mentions.ts'
import type { Block, Inline } from './tree.ts'

/** The class of a mention; undefined for plain text. */
export type MentionClass = (username: string) => 'm-agent' | 'm-human' | 'm-you' | undefined

/** Renders the tree to VNodes. Text becomes text nodes only, so the browser never parses it as markup. */
export function renderBlocks(blocks: readonly Block[], mentionClass: MentionClass): VNodeChild[] {
  return blocks.map((block) => renderBlock(block, mentionClass))
}

function renderBlock(block: Block, mentionClass: MentionClass): VNodeChild {
  switch (block.type) {
    case 'paragraph':
      return h('p', renderInline(block.children, mentionClass))
    case 'heading':
      // Message headings start at level 3, below those of the page.
      return h(`h${Math.min(6, block.level + 2)}`, renderInline(block.children, mentionClass))
    case 'list': {
      const items = block.items.map((item) => h('li', renderItem(item, mentionClass)))
      // Markers stand on the side where the text of the list starts.
      return block.ordered
        ? h('ol', { start: block.start, dir: 'auto' }, items)
        : h('ul', { dir: 'auto' }, items)
    }
    case 'quote':
      return h('blockquote', renderBlocks(block.children, mentionClass))
    case 'code_block':
      return h(CodeBlock, { info: block.info, text: block.text })
    case 'rule':
      return h('hr')
    case 'table':
      return h('div', { class: 'table' }, [
        h('table', [
          h('thead', [
            h(
              'tr',
              block.head.map((cell) => h('th', renderInline(cell, mentionClass))),
            ),
          ]),
          h(
            'tbody',
            block.rows.map((row) =>
              h(
                'tr',
                row.map((cell) => h('td', renderInline(cell, mentionClass))),
              ),
            ),
          ),
        ]),
      ])
  }
}

/** Paragraphs of a list item are unwrapped: an item has no paragraph spacing. */
function renderItem(item: readonly Block[], mentionClass: MentionClass): VNodeChild[] {
  return item.flatMap((block) =>
    block.type === 'paragraph'
      ? renderInline(block.children, mentionClass)
      : [renderBlock(block, mentionClass)],
  )
}

function renderInline(children: readonly Inline[], mentionClass: MentionClass): VNodeChild[] {
  return children.flatMap((child) => renderOne(child, mentionClass))
}

function renderOne(child: Inline, mentionClass: MentionClass): VNodeChild[] {
  switch (child.type) {
    case 'text':
      return renderText(child.text, mentionClass)
    case 'break':
      return [h('br')]
    case 'code':
      return [h('code', child.text)]
    case 'strong':
    case 'em':
      return [h(child.type, renderInline(child.children, mentionClass))]
    case 'strike':
      return [h('s', renderInline(child.children, mentionClass))]
    case 'link': {
      const attributes = { href: child.href, target: '_blank', rel: 'noopener noreferrer nofollow' }
      return [h('a', attributes, renderInline(child.children, mentionClass))]
    }
  }
}

/** Text with marked mentions. */
export function renderText(text: string, mentionClass: MentionClass): VNodeChild[] {
  return splitMentions(text).map((part) => {
    const name = part.username === undefined ? undefined : mentionClass(part.username)
    return name === undefined ? part.text : h('span', { class: ['mention', name] }, part.text)
  })
}
