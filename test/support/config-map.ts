/** A mounted ConfigMap that is laid out and updated as the kubelet does it. */
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Each version has its own directory. `..data` is a link to the current one and is replaced by a rename; the
 * file is a permanent link through `..data`. The previous version's directory is removed.
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

  /** Path of the file. */
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
