/** The tree of a message. There are no nodes for raw HTML and images, so neither can reach the page. */
export type Block =
  | { type: 'paragraph'; children: Inline[] }
  | { type: 'heading'; level: number; children: Inline[] }
  | { type: 'list'; ordered: boolean; items: ListItem[] }
  | { type: 'quote'; children: Block[] }
  | { type: 'code_block'; info: string; text: string }
  | { type: 'rule' }
  | { type: 'table'; align: Align[]; head: Inline[][]; rows: Inline[][][] }

/** Alignment of a column; undefined where the table names none. */
export type Align = 'left' | 'center' | 'right' | undefined

export interface ListItem {
  /** The number as written, in ordered lists. */
  value?: number
  /** State of the box of a task item. */
  checked?: boolean
  children: Block[]
}

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'break' }
  | { type: 'code'; text: string }
  | { type: 'strong' | 'em' | 'strike'; children: Inline[] }
  /** `href` is always http or https. */
  | { type: 'link'; href: string; children: Inline[] }

/** Whether the message has no markup: plain lines only. */
export function isPlain(blocks: readonly Block[]): boolean {
  return blocks.every(
    (block) =>
      block.type === 'paragraph' &&
      block.children.every((child) => child.type === 'text' || child.type === 'break'),
  )
}

/** A piece of the text of a message, in reading order: prose, code, or a line break. */
export type Piece = { type: 'text' | 'code'; text: string } | { type: 'break' }

/** Every piece of text of the tree. Blocks and table cells end with a break. */
export function pieces(blocks: readonly Block[]): Piece[] {
  return blocks.flatMap(piecesOf)
}

const BREAK: Piece = { type: 'break' }

function piecesOf(block: Block): Piece[] {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return [...block.children.flatMap(inlinePieces), BREAK]
    case 'list':
      return block.items.flatMap((item) => pieces(item.children))
    case 'quote':
      return pieces(block.children)
    case 'code_block':
      return [{ type: 'code', text: block.text }, BREAK]
    case 'rule':
      return []
    case 'table':
      return [block.head, ...block.rows].flat().flatMap((cell) => [...cell.flatMap(inlinePieces), BREAK])
  }
}

function inlinePieces(inline: Inline): Piece[] {
  return 'children' in inline ? inline.children.flatMap(inlinePieces) : [inline]
}
