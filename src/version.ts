/** Reads the version of this package and its supported Node versions from package.json. */
import manifest from '../package.json' with { type: 'json' }

/** Version of this package. */
export const VERSION: string = manifest.version

/** Versions of Node it runs on. */
export const NODE_RANGE: string = manifest.engines.node
