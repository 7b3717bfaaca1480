import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { pack } from 'tar-stream'

/** A file of an archive. */
export interface ArchivedFile {
  /** Where it will lie, with `/` between folders. */
  readonly place: string
  readonly content: Buffer
  /** @default false */
  readonly executable?: boolean
}
export const compressed: (content: Uint8Array) => Promise<Buffer> = promisify(gzip)

/** A tar of files, in the order given. All that would tell one packing from another is left out: the same files are the same bytes. */
export async function tarOf(files: readonly ArchivedFile[]): Promise<Buffer> {
  const archive = pack()
  for (const { place, content, executable } of files)
    archive.entry({ name: place, mode: executable ? 0o755 : 0o644, uid: 0, gid: 0, mtime: new Date('1980-01-01') }, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer) // a stream of bytes
  return Buffer.concat(chunks)
}
/** Digests of files as `sha256sum -c` reads them. */
export const digestList = (files: readonly ArchivedFile[]): string =>
  files.map(({ place, content }) => `${createHash('sha256').update(content).digest('hex')}  ${place}\n`).join('')
