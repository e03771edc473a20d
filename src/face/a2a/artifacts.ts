/** Turns the output of a run into A2A artifacts: its text or data, and the files it produced. */
import type { Artifact, Part } from '../../a2a/wire.ts'
import { isObject } from '../../json/is-object.ts'
import type { Product, RunResult } from '../face-events.ts'
import { defaultTypeOf } from '../openai/products.ts'

/** Id of the artifact that holds the answer. Unique in its task. */
export const ANSWER_ID = 'answer'

export function answerArtifact(parts: Part[]): Artifact {
  return { artifactId: ANSWER_ID, name: 'answer', parts }
}

/** The part of a result that no text event has shown: a structured answer as data, else text. */
export function partsOfRest({ content }: RunResult, rest: string): Part[] {
  if (rest === '') return []
  return isObject(content) ? [{ kind: 'data', data: content }] : [{ kind: 'text', text: rest }]
}

/** One artifact for each image, sound, video and file. */
export function productArtifacts(products: readonly Product[]): Artifact[] {
  return products.map((product, index) => ({
    artifactId: `${product.kind}-${index + 1}`,
    name: product.filename ?? `${product.kind}-${index + 1}`,
    parts: [partOf(product)],
  }))
}

function partOf(product: Product): Part {
  const { url, content = '', filename, mimeType = defaultTypeOf(product) } = product
  const names = { mimeType, ...(filename !== undefined && { name: filename }) }
  const file = url === undefined ? { bytes: content, ...names } : { uri: url, ...names }
  return { kind: 'file', file }
}
