import { createWriteStream, renameSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'

/** One tar of files, the same bytes each time: `idr-classification --archive` takes it. Appears under its name when it is whole. */
export async function archive(files: readonly { readonly name: string; readonly path: string }[], to: string): Promise<void> {
  const tar = pack()
  const written = pipeline(tar, createWriteStream(`${to}.part`))
  const added = async () => {
    for (const { name, path } of files) {
      const content = await readFile(path)
      await new Promise<void>((done, fail) =>
        tar.entry({ name, mode: 0o644, mtime: new Date(0) }, content, error => (error ? fail(error) : done())),
      )
    }
    tar.finalize()
  }
  await Promise.all([added(), written])
  renameSync(`${to}.part`, to)
}
