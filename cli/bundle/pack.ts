import { readFileSync } from 'node:fs'
import { type ArchivedFile, compressed, digestList, tarOf } from './archive.ts'
import type { NodeBinary } from './node-binary.ts'

/** The folder that a bundle is unpacked into. */
export const bundleFolder = 'trireme-bundle'
const digests = 'files.sha256'

/**
 * The files of a bundle: what runs it, their digests, Node, and all else in one compressed archive. gzip is what every Linux has: on a plain
 * Debian, and on images with CUDA, xz and zstd are missing.
 */
export async function packed(
  comparison: string,
  { content, platform }: NodeBinary,
  project: readonly ArchivedFile[],
): Promise<readonly ArchivedFile[]> {
  const sorted = project.map(file => ({ ...file, place: `project/${file.place}` })).toSorted((a, b) => (a.place < b.place ? -1 : 1))
  const list = digestList([...sorted, { place: 'bin/node', content }])
  const bytes = sorted.reduce((sum, file) => sum + file.content.length, content.length)
  const facts = { comparison, ...platform, mebibytes: String(Math.ceil(bytes / 2 ** 20)) }
  const run: ArchivedFile = { place: 'run', content: Buffer.from(runScript(facts)), executable: true }
  const parts: readonly ArchivedFile[] = [
    { place: 'package.tar.gz', content: await compressed(await tarOf([{ place: digests, content: Buffer.from(list) }, ...sorted])) },
    { place: 'node.gz', content: await compressed(content) },
  ]
  const list2 = { place: digests, content: Buffer.from(digestList(parts)) }
  return [run, list2, ...parts].map(file => ({ ...file, place: `${bundleFolder}/${file.place}` }))
}
/** The script with what it has to know of the bundle: none of it has a quote. */
const runScript = (facts: Readonly<Record<string, string>>): string => {
  const lines = Object.entries(facts).map(([name, value]) => `${name}='${value}'\n`)
  return `#!/bin/sh\nset -eu\n${lines.join('')}${readFileSync(new URL('./run.sh', import.meta.url), 'utf8')}`
}
