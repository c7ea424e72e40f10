import type { Product } from './product.ts'

/** Figures of one run of a row by name: `product`, its references, and further figures for the reader. */
export type Figures = Record<string, number>

/** `product / figures[reference]` against floor and goal, or a figure (`product` by default) against an upper bound. */
export type Judgement =
  | { reference: string; floor?: number; goal?: number }
  | { figure?: string; at_most: number; goal: number }

export interface Row {
  name: string
  unit: string
  judge: readonly Judgement[]
  /** A run that takes minutes is repeated at most this often. */
  runs_max?: number
  /** Measures product and references once, side by side, for about so many seconds each. */
  run(product: Product, seconds: number): Promise<Figures>
}

/** The rows of a subject, by the key that `--only` takes. */
export type Rows = Readonly<Record<string, Row>>
