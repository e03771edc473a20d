/** A mounted ConfigMap, as the kubelet lays it out and changes it. */
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Each version lies in a folder of its own; `..data` links to it, and is replaced by a rename; the file is a link
 * through `..data`, and stays. The folder of the version before is removed.
 *
 * @see the AtomicWriter of Kubernetes, pkg/volume/util/atomic_writer.go
 */
export class ConfigMapVolume {
  readonly #directory: string
  readonly #name: string
  #version = 0

  constructor(directory: string, name: string) {
    this.#directory = directory
    this.#name = name
  }

  /** Where the file is. */
  get file(): string {
    return join(this.#directory, this.#name)
  }

  async write(content: string): Promise<void> {
    const before = `..version-${this.#version}`
    const now = `..version-${++this.#version}`
    const at = (name: string) => join(this.#directory, name)
    await mkdir(at(now))
    await writeFile(join(at(now), this.#name), content)
    await symlink(now, at('..data_tmp'))
    await rename(at('..data_tmp'), at('..data'))
    if (this.#version === 1) await symlink(join('..data', this.#name), this.file)
    await rm(at(before), { recursive: true, force: true })
  }
}
