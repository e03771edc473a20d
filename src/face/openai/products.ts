/** Formats the images, sounds and files of a run for chat programs. */
import type { Product, RunResult } from '../face-events.ts'

const DEFAULT_TYPES: Readonly<Record<Product['kind'], string>> = {
  image: 'image/png',
  audio: 'audio/wav',
  video: 'video/mp4',
  file: 'application/octet-stream',
}

/** Media type of a product whose AgentOS names none. */
export function defaultTypeOf({ kind }: Product): string {
  return DEFAULT_TYPES[kind]
}

/** Address of a product: its own URL, or a data URL. */
export function urlOf(product: Product): string {
  const { url, content = '', mimeType = defaultTypeOf(product) } = product
  return url ?? `data:${mimeType};base64,${content}`
}

/** Markdown that embeds images and links all other products; empty for a run without products. */
export function productsMarkdown(products: readonly Product[]): string {
  return products.map((product) => `\n\n${markdownOf(product)}`).join('')
}

function markdownOf(product: Product): string {
  const label = (product.filename ?? product.kind).replace(/[[\]\\]/g, '\\$&')
  return `${product.kind === 'image' ? '!' : ''}[${label}](${urlOf(product)})`
}

/** Value of a message's `annotations`: the cited pages. */
export function urlCitations({ citations }: RunResult) {
  return citations.map(({ url, title }) => ({
    type: 'url_citation' as const,
    url_citation: { url, title: title ?? url, start_index: 0, end_index: 0 },
  }))
}
