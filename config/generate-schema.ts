/** `npm run schema`: writes the files that are generated from `schema.ts`. A test fails when one is outdated. */
import { readFileSync, writeFileSync } from 'node:fs'
import { withConfigSchema } from './chart-values.ts'
import { fileJsonSchema } from './json-schema.ts'
import { withReference } from './reference.ts'

const schema = fileJsonSchema()
const schemaFile = new URL('gateway.schema.json', import.meta.url)
writeFileSync(schemaFile, `${JSON.stringify(schema, null, 2)}\n`)

const page = new URL('../docs/configuration.md', import.meta.url)
writeFileSync(page, withReference(readFileSync(page, 'utf8'), schema))

const values = new URL('../deploy/helm/agentos-gateway/values.schema.json', import.meta.url)
writeFileSync(values, withConfigSchema(readFileSync(values, 'utf8'), schema))
