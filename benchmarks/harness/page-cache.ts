import { spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { TriremeError } from '../../core/errors.ts'
import type { Caches } from './comparison.ts'

/**
 * Brings files into the state that a run is to find them in: none of them in memory, or all that fit.
 * @throws TriremeError `ENVIRONMENT` where the system keeps them in memory all the same, as on a disk that is memory
 */
export async function prepareCaches(files: readonly string[], caches: Caches): Promise<void> {
  for (const file of files) await (caches === 'warm' ? readOnce(file) : dropped(file))
}
async function readOnce(file: string): Promise<void> {
  for await (const _ of createReadStream(file, { highWaterMark: 1 << 20 }));
}
/** By posix_fadvise(POSIX_FADV_DONTNEED), which takes no rights; what was written and is not on the disk yet stays, so all is synced before. */
function dropped(file: string): void {
  const { status, stderr } = spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { encoding: 'utf8' })
  if (status !== 0) throw new TriremeError('ENVIRONMENT', `${file} cannot be taken out of memory: ${stderr.trim() || 'there is no dd'}.`)
  const left = residentBytes(file)
  if (left !== undefined && left > 0)
    throw new TriremeError(
      'ENVIRONMENT',
      `${file} stays in memory, ${left} bytes of it, so a cold run cannot be measured here: its disk is memory, or another program uses it. Keep the store on a disk with --store, or measure with warm caches.`,
    )
}
/** Bytes of a file that are in memory, as util-linux' fincore tells; undefined where it is not there. */
export function residentBytes(file: string): number | undefined {
  const { status, stdout } = spawnSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', file], { encoding: 'utf8' })
  return status === 0 ? Number(stdout.trim()) : undefined
}
