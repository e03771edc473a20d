/** Shows citations and references of an answer. */
import type { Json } from '../../api/types.ts'
import { listIn, objectIn, textIn } from '../../api/types.ts'
import { LongText } from '../../components/json.tsx'
import type { SourcesBlock } from '../../state/run-model.ts'
import { strings } from '../../strings.ts'

export function Sources({ block }: { readonly block: SourcesBlock }) {
  const urls = listIn(block.citations['urls']).map(objectIn)
  const documents = listIn(block.citations['documents']).map(objectIn)
  const references = block.references.flatMap((each) => listIn(objectIn(each)['references']))
  return (
    <details class="sources">
      <summary>{strings.sources(urls.length + documents.length + references.length)}</summary>
      <ol>
        {urls.map((url) => (
          <li key={textIn(url['url'])}>
            <Link url={textIn(url['url'])} title={textIn(url['title'])} />
          </li>
        ))}
        {documents.map((document, index) => (
          <li key={textIn(document['document_title']) || index}>
            {textIn(document['document_title'])} <Quote text={textIn(document['cited_text'])} />
          </li>
        ))}
        {references.map(objectIn).map((reference, index) => (
          <li key={nameOf(reference) || index}>
            {nameOf(reference)} <Quote text={textIn(reference['content'])} />
          </li>
        ))}
      </ol>
    </details>
  )
}

function nameOf(reference: Json): string {
  return textIn(reference['name']) || textIn(objectIn(reference['meta_data'])['name'])
}

/** Only HTTP addresses become links, because the model's text is not trusted. */
function Link({ url, title }: { readonly url: string; readonly title: string }) {
  if (!/^https?:\/\//i.test(url)) return <span>{title || url}</span>
  return (
    <a href={url} rel="noreferrer noopener" target="_blank">
      {title || url}
    </a>
  )
}

function Quote({ text }: { readonly text: string }) {
  if (text === '') return null
  return (
    <blockquote>
      <LongText text={text} />
    </blockquote>
  )
}
