/** Measures turns of the event loop by the CPU time of the main thread. Loaded into a gateway before its own code. */

/** CPU time used so far, in microseconds. Waiting, other threads and other processes do not count. */
function usedUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

let lastUs = usedUs()
let longestUs = 0

function look(): void {
  const nowUs = usedUs()
  longestUs = Math.max(longestUs, nowUs - lastUs)
  lastUs = nowUs
  setImmediate(look)
}
look()

// A message of any kind asks for the longest turn since the last one.
process.on('message', () => {
  process.send?.(longestUs / 1000)
  longestUs = 0
})
