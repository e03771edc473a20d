/** Wraps highlight.js with the languages of typical answers. Loaded on demand. */
import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import python from 'highlight.js/lib/languages/python'
import sql from 'highlight.js/lib/languages/sql'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import yaml from 'highlight.js/lib/languages/yaml'

const LANGUAGES = { bash, javascript, json, python, sql, typescript, xml, yaml }
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language)

/** Returns HTML with classes, which the caller must sanitise; undefined for an unknown language. */
export function highlighted(source: string, language: string): string | undefined {
  if (hljs.getLanguage(language) === undefined) return undefined
  return hljs.highlight(source, { language, ignoreIllegals: true }).value
}
