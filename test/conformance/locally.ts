import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runLocally } from '../../core/targets/local/index.ts'
import { type Target, total } from './target.ts'

/** A memory cgroup below our own, where one may be made (version 1; version 2 wants its parents prepared): local steps have no limit else. */
function smallCgroup(): string | undefined {
  const own = existsSync('/proc/self/cgroup') ? /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] : undefined
  if (own === undefined) return undefined
  const cgroup = path.join('/sys/fs/cgroup/memory', own, `trireme-conformance-${process.pid}`)
  try {
    mkdirSync(cgroup)
    writeFileSync(path.join(cgroup, 'memory.limit_in_bytes'), String(48 * 2 ** 20))
    process.once('exit', () => rmdirSync(cgroup))
    return path.join(cgroup, 'cgroup.procs')
  } catch {
    return undefined
  }
}
const confine = smallCgroup()
const noLimit = { 'memory limits': 'no memory cgroup can be made here, and local steps have no limit of their own' }

const local: Omit<Target, 'name' | 'run'> = {
  unavailable: async () => undefined,
  lacks: confine === undefined ? noLimit : {},
  width: 4,
  patience: 60,
  confine: confine ?? '',
}
export const locally: Target = {
  ...local,
  name: 'local',
  run: (plan, at) => runLocally(plan, { ...at, ...total, versions: new Map() }),
}
export const byFiles: Target = {
  ...local,
  name: 'local --no-stream',
  lacks: { ...local.lacks, streams: 'it writes files instead of links' },
  run: (plan, at) => runLocally(plan, { ...at, ...total, versions: new Map(), stream: false }),
}
