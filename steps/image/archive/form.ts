import { hex } from '../../bgzf.ts'

/** What an archive is by its first bytes, and by "ustar" behind a tar's first name; else words that follow its name. */
export async function formOf(bytes: (position: number, length: number) => Promise<Buffer>): Promise<'tar' | 'zip' | { fault: string }> {
  const [first, mark] = [await bytes(0, 6), (await bytes(257, 5)).toString('latin1')]
  const begin = first.toString('hex')
  if (/^504b(0304|0506|3030504b)/.test(begin)) return 'zip'
  if (mark === 'ustar') return 'tar'
  const [packer, [, remedy] = []] = Object.entries(packers).find(([, [own]]) => begin.startsWith(own)) ?? []
  return {
    fault:
      packer === undefined
        ? `is neither a tar nor a zip: its first bytes are ${hex(first)}. Give a folder of images, or pack them: tar -cf images.tar FOLDER`
        : `is packed by ${packer}, in which no image can be reached without all before it. Give a tar or zip; unpack it with: ${remedy}`,
  }
}
const packers: Readonly<Record<string, readonly [begin: string, remedy: string]>> = {
  gzip: ['1f8b', 'gunzip images.tar.gz'],
  bzip2: ['425a68', 'bunzip2 images.tar.bz2'],
  xz: ['fd377a585a', 'unxz images.tar.xz'],
  zstd: ['28b52ffd', 'unzstd images.tar.zst'],
  '7-Zip': ['377abcaf271c', '7z x images.7z'],
  RAR: ['526172211a07', 'unrar x images.rar'],
}
