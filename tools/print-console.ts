/** Prints the bundled console as JSON, base64 by file name. A process of its own, because a bundler keeps its memory. */
import { bundleConsole } from './console.ts'

const files = Object.entries(await bundleConsole())
const printed = files.map(([name, body]) => [name, body.toString('base64')])
process.stdout.write(JSON.stringify(Object.fromEntries(printed)))
