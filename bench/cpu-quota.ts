/**
 * Limits each process to a share of a core, by a control group of Linux. So the cores that several processes would need are
 * simulated on one that has other work too.
 */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Short, so that a waiting request is delayed little. */
const PERIOD_US = 10_000
const VERSION_1 = '/sys/fs/cgroup/cpu'
const VERSION_2 = '/sys/fs/cgroup'

/**
 * @param share of one core for each of the processes
 * @returns removes the limit, once the processes have ended
 * @throws where this system has no control groups or does not let us create one
 */
export function limitEach(pids: readonly number[], share: number): () => void {
  const groups = pids.map((pid) => {
    const isFirst = existsSync(join(VERSION_1, 'cpu.cfs_period_us'))
    const group = join(isFirst ? VERSION_1 : VERSION_2, `bench-${pid}`)
    const quotaUs = String(Math.round(share * PERIOD_US))
    mkdirSync(group)
    if (isFirst) {
      writeFileSync(join(group, 'cpu.cfs_period_us'), String(PERIOD_US))
      writeFileSync(join(group, 'cpu.cfs_quota_us'), quotaUs)
    } else writeFileSync(join(group, 'cpu.max'), `${quotaUs} ${PERIOD_US}`)
    writeFileSync(join(group, 'cgroup.procs'), String(pid))
    return group
  })
  return () => {
    for (const group of groups) rmdirSync(group)
  }
}

/** Whether {@link limitEach} can work. */
export function canLimit(): boolean {
  try {
    limitEach([], 1)
    const group = join(existsSync(VERSION_1) ? VERSION_1 : VERSION_2, `bench-try-${process.pid}`)
    mkdirSync(group)
    const isControlled =
      existsSync(join(group, 'cpu.max')) || existsSync(join(group, 'cpu.cfs_quota_us'))
    rmdirSync(group)
    return isControlled
  } catch {
    return false
  }
}
