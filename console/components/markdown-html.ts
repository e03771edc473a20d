/** Converts Markdown of a model to sanitised elements. */
import type { Config } from 'dompurify'
import DOMPurify from 'dompurify'
import { Marked } from 'marked'

/** No element that styles, submits or loads. A remote image would report to its server that the answer was read. */
const PROFILE: Config = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: [
    'style',
    'form',
    'input',
    'button',
    'textarea',
    'select',
    'video',
    'audio',
    'iframe',
  ],
  FORBID_ATTR: ['style', 'id', 'name', 'srcset', 'background', 'action', 'ping'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
  RETURN_DOM_FRAGMENT: true,
}

/**
 * HTML in an answer is shown as text. Even inert HTML makes the parser report violations of the content security policy.
 */
const marked = new Marked({
  gfm: true,
  async: false,
  renderer: { html: ({ text }) => escaped(text) },
})

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('rel', 'noreferrer noopener')
    node.setAttribute('target', '_blank')
  }
  if (node.tagName === 'IMG') replaceImage(node)
})

/** Replaces a remote image by a link: the reader decides whether to load it. */
function replaceImage(node: Element): void {
  const source = node.getAttribute('src') ?? ''
  if (source.startsWith('data:image/')) return
  const link = document.createElement('a')
  link.textContent = `🖼 ${node.getAttribute('alt') || source}`
  if (/^https?:/i.test(source)) link.href = source
  link.rel = 'noreferrer noopener'
  link.target = '_blank'
  node.replaceWith(link)
}

/** @returns undefined for a text that the parser refuses */
export function elementsOf(markdown: string): DocumentFragment | undefined {
  try {
    const html = marked.parse(markdown, { async: false })
    return DOMPurify.sanitize(html, PROFILE) as unknown as DocumentFragment
  } catch {
    return undefined
  }
}
