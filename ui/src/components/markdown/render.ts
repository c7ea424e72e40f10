import { splitMentions } from '@text/mentions.ts'
import type { Align, Block, Inline, ListItem } from '@text/tree.ts'
import { h, type VNodeChild } from 'vue'
import { t } from '../../i18n/index.ts'
import CodeBlock from './CodeBlock.vue'
import { withEmoji } from './short-codes.ts'

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
      const items = block.items.map((item) => renderItem(item, mentionClass))
      // Markers stand on the side where the text of the list starts.
      return h(block.ordered ? 'ol' : 'ul', { dir: 'auto' }, items)
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
              block.head.map((cell, at) =>
                h('th', aligned(block.align[at]), renderInline(cell, mentionClass)),
              ),
            ),
          ]),
          h(
            'tbody',
            block.rows.map((row) =>
              h(
                'tr',
                row.map((cell, at) => h('td', aligned(block.align[at]), renderInline(cell, mentionClass))),
              ),
            ),
          ),
        ]),
      ])
  }
}

/** Classes instead of styles: the page allows no inline style. */
const aligned = (align: Align) => (align === undefined ? {} : { class: `at-${align}` })

/**
 * Paragraphs of a list item are unwrapped: an item has no paragraph spacing. The box of a task item is a picture of its
 * state: nobody can change a message of somebody else.
 */
function renderItem({ value, checked, children }: ListItem, mentionClass: MentionClass): VNodeChild {
  const box =
    checked === undefined
      ? []
      : [
          h('input', {
            type: 'checkbox',
            checked,
            disabled: true,
            'aria-label': checked ? t('chat.message.item_done') : t('chat.message.item_open'),
          }),
        ]
  const content = children.flatMap((block) =>
    block.type === 'paragraph'
      ? renderInline(block.children, mentionClass)
      : [renderBlock(block, mentionClass)],
  )
  return h('li', { value, class: checked === undefined ? undefined : 'todo' }, [...box, ...content])
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

/** Text with marked mentions and emoji. */
export function renderText(text: string, mentionClass: MentionClass): VNodeChild[] {
  return splitMentions(text, (name) => mentionClass(name) !== undefined).map((part) => {
    const name = part.username === undefined ? undefined : mentionClass(part.username)
    return name === undefined ? withEmoji(part.text) : h('span', { class: ['mention', name] }, part.text)
  })
}
