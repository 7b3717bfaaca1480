import { execFileSync } from 'node:child_process'
import { appendFileSync, copyFileSync, linkSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Header } from 'tar/header'
import { pack } from 'tar-stream'
import { scratch } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { openArchive } from './archive.ts'
import { finderOf, isHidden, placeOf } from './places.ts'

const most = 2 ** 20
type Content = readonly (readonly [place: string, content: string])[]
const listed = async (file: string) => {
  const archive = await openArchive(file, most)
  try {
    const contents = await Promise.all(archive.members.map(async member => [member.place, (await member.read()).toString().slice(0, 20)]))
    return { form: archive.form, contents, links: archive.links }
  } finally {
    await archive.close()
  }
}
const fault = (file: string) =>
  listed(file).then(
    () => 'none',
    (error: Error) => error.message,
  )
/** By Python's own library: with any names, methods and flags. */
const zipped = (lines: string): string => {
  const file = path.join(scratch(), 'a.zip')
  execFileSync('python3', ['-c', `import sys, zipfile as z\nf = z.ZipFile(sys.argv[1], 'w', z.ZIP_DEFLATED)\n${lines}\nf.close()`, file])
  return file
}
const tarred = async (members: Content): Promise<string> => {
  const file = path.join(scratch(), 'a.tar')
  const out = pack()
  for (const [name, content] of members) out.entry({ name }, content)
  out.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of out) chunks.push(chunk as Buffer)
  writeFileSync(file, Buffer.concat(chunks))
  return file
}
const folder = (...files: readonly string[]) => {
  const at = scratch()
  for (const file of files) {
    mkdirSync(path.dirname(path.join(at, file)), { recursive: true })
    writeFileSync(path.join(at, file), `in ${path.basename(file)}`)
  }
  return at
}

/** A header as no program would write it. */
const headed = (name: string, type: 'Link' | 'Directory' | 'File' | 'SparseFile' | 'NextFileHasLongPath', size: number) => {
  const header = new Header({ path: name, type, size, mode: 0o644, mtime: new Date(0) })
  header.encode()
  return header.block!
}
const padded = (content: string) => Buffer.concat([Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)])

describe('a tar is listed', () => {
  const long = `${'deep/'.repeat(60)}${'n'.repeat(150)}.png`
  /** What is left of it in its header is a folder's name, as it ends in a slash. */
  const deep = `${'d/'.repeat(90)}b.png`
  it.each(['ustar', 'gnu', 'pax'])('as %s, with long names where they can be', format => {
    const names = ['a.png', 'x/Größe.png', ...(format === 'ustar' ? [] : [long, deep])]
    const at = folder(...names, '.hidden.png', 'x/._a.png', '__MACOSX/a.png', 'x/.DS_Store')
    const file = path.join(scratch(), 'a.tar')
    execFileSync('tar', ['-C', at, `--format=${format}`, '--sort=name', '-cf', file, '.'])
    return expect(listed(file)).resolves.toEqual({
      form: 'tar',
      contents: expect.arrayContaining(names.map(name => [name, `in ${path.basename(name)}`.slice(0, 20)])),
      links: [],
    })
  })
  it('with its links, which hold nothing', async () => {
    const at = folder('b.png')
    linkSync(path.join(at, 'b.png'), path.join(at, 'c.png'))
    const far = 'x/'.repeat(80)
    symlinkSync(far, path.join(at, 'd.png'))
    for (const format of ['gnu', 'pax']) {
      const file = path.join(scratch(), 'a.tar')
      execFileSync('tar', ['-C', at, `--format=${format}`, '-cf', file, 'b.png', 'c.png', 'd.png'])
      const { contents, links } = await listed(file)
      expect(contents).toEqual([['b.png', 'in b.png']])
      expect(links).toEqual([
        { place: 'c.png', to: 'b.png' },
        { place: 'd.png', to: far },
      ])
    }
  })
  it('past headers without content, whatever size they give', async () => {
    const file = path.join(scratch(), 'a.tar')
    writeFileSync(
      file,
      Buffer.concat([headed('a.png', 'Link', 700), headed('b', 'Directory', 9000), headed('c.png', 'File', 3), padded('abc')]),
    )
    expect(await fault(file)).toBe('The archive is cut off at byte 2048: its two empty blocks are missing. Copy or make it again.')
    appendFileSync(file, Buffer.alloc(1024))
    expect((await listed(file)).contents).toEqual([['c.png', 'abc']])
  })
  it('without reading what is in it: 3 GiB cost nothing', async () => {
    const at = folder('a.png', 'z.png')
    writeFileSync(path.join(at, 'b.avi'), '')
    truncateSync(path.join(at, 'b.avi'), 3 * 2 ** 30)
    // A tar whose large member is a hole in the file.
    const one = path.join(scratch(), 'one.tar')
    execFileSync('tar', ['-C', at, '-b1', '-cf', one, 'z.png'])
    const file = path.join(scratch(), 'a.tar')
    execFileSync('bash', [
      '-c',
      'tar -C "$1" -cf - b.avi | head -c 512 > "$2"; truncate -s $((512 + 3221225472)) "$2"; cat "$3" >> "$2"',
      '-',
      at,
      file,
      one,
    ])
    const archive = await openArchive(file, most)
    expect(archive.members.map(({ place, size }) => [place, size])).toEqual([
      ['b.avi', 3 * 2 ** 30],
      ['z.png', 8],
    ])
    await expect(archive.members[0]!.read()).rejects.toThrow(
      '"b.avi" has 3,221,225,472 bytes, and an image may have 1,048,576. Convert it, or leave it out of the sheet.',
    )
    expect((await archive.members[1]!.read()).toString()).toBe('in z.png')
    await archive.close()
  })
})
describe('a zip is listed', () => {
  it('packed and stored, with names of any letters, without what macOS puts beside them', async () => {
    const file = zipped(
      [
        "f.writestr('x/a.png', 'in a.png')",
        "f.writestr('Größe.png', 'in it', compress_type=z.ZIP_STORED)",
        "f.writestr('__MACOSX/x/._a.png', 'x')",
        "f.writestr('x/', '')",
        "l = z.ZipInfo('l.png'); l.create_system = 3; l.external_attr = 0o120777 << 16; f.writestr(l, 'x/a.png')",
      ].join('\n'),
    )
    expect(await listed(file)).toEqual({
      form: 'zip',
      contents: [
        ['x/a.png', 'in a.png'],
        ['Größe.png', 'in it'],
      ],
      links: [{ place: 'l.png', to: 'another file' }],
    })
  })
  it('with more members than the older form counts', async () => {
    const file = zipped("for n in range(70_000): f.writestr(f'{n}.png', 'x', compress_type=z.ZIP_STORED)")
    const archive = await openArchive(file, most)
    expect(archive.members.length).toBe(70_000)
    expect((await archive.members[69_999]!.read()).toString()).toBe('x')
    await archive.close()
  })
})
describe('refused are', () => {
  it('names that lead out of it, and names that are there twice, all together', async () => {
    const file = await tarred([
      ['../a.png', 'x'],
      ['/etc/b.png', 'x'],
      ['c.png', 'x'],
      ['./c.png', 'x'],
      ['Gro\u0308ße.png', 'x'],
      ['Größe.png', 'x'],
      ['d\n.png', 'x'],
    ])
    const zip = zipped("for n in ['../a.png', 'C:\\\\b.png', 'c.png']: f.writestr(n, 'x')")
    expect(await fault(file)).toBe(
      [
        'The archive has 5 faults:',
        '  The member "../a.png" leads out of the archive. Pack it anew from within the images\' folder.',
        '  The member "/etc/b.png" leads out of the archive. Pack it anew from within the images\' folder.',
        '  The member "d\\n.png" has a line break or control character in its name. Rename it.',
        '  The archive holds "./c.png" twice, once spelled "c.png". Pack it anew.',
        '  The archive holds "Größe.png" twice, once spelled "Gro\u0308ße.png". Pack it anew.',
      ].join('\n'),
    )
    expect(await fault(zip)).toMatch(/2 faults:\n {2}The member "\.\.\/a\.png" leads out .*\n {2}The member "C:\/b\.png" leads out/)
  })
  it('members of a zip that are encrypted, packed by rare methods, or larger than they say', async () => {
    const base = zipped("f.writestr('a.png', 'x' * 100)\nf.writestr('b.png', 'y' * 100)")
    const changed = (change: (bytes: Buffer, directory: number) => void) => {
      const bytes = readFileSync(base)
      change(bytes, bytes.indexOf('PK\x01\x02', 0, 'latin1'))
      const file = path.join(scratch(), 'b.zip')
      writeFileSync(file, bytes)
      return file
    }
    expect(await fault(changed((bytes, at) => bytes.writeUInt16LE(1, at + 8)))).toBe(
      'The member "a.png" is encrypted. Pack it anew without a password.',
    )
    expect(await fault(changed((bytes, at) => bytes.writeUInt16LE(14, at + 10)))).toBe(
      'The member "a.png" is packed by method 14; right is "deflate" or none. Pack it anew with: zip -r images.zip FOLDER.',
    )
    const corrupt = (why: string) => `"a.png" is corrupt in the archive: ${why}. Copy or make the archive again.`
    expect(await fault(changed((bytes, at) => bytes.writeUInt32LE(50, at + 24)))).toBe(
      corrupt('it has more than the 50 bytes that it is said to have'),
    )
    expect(await fault(changed((bytes, at) => bytes.writeUInt32LE(500, at + 24)))).toBe(
      corrupt('it has 100 bytes, and is said to have 500'),
    )
    expect(await fault(changed((bytes, at) => bytes.writeUInt32LE(7, at + 16)))).toBe(corrupt('its checksum is wrong'))
    expect(await fault(changed((bytes, at) => bytes.writeUInt32LE(2 ** 30, at + 20)))).toBe(
      'The member "a.png" ends behind the end of the archive. Copy or make it again.',
    )
    expect(await fault(changed((bytes, at) => bytes.writeUInt32LE(most + 1, at + 24)))).toMatch(/^"a\.png" has 1,048,577 bytes/)
  })
  it('what a zip has packed larger than it was: no image, and not inflated', async () => {
    const file = zipped("import random\nf.writestr('a.png', random.Random(1).randbytes(20000))")
    const bytes = readFileSync(file)
    bytes.writeUInt32LE(10, bytes.indexOf('PK\x01\x02', 0, 'latin1') + 24)
    writeFileSync(file, bytes)
    expect(await fault(file)).toMatch(/^"a\.png" is corrupt in the archive: it is said to have 10 bytes, packed 20\d\d\d\./)
  })
  it('members of a tar with holes, and names without end', async () => {
    const file = path.join(scratch(), 'a.tar')
    writeFileSync(file, Buffer.concat([headed('a.png', 'SparseFile', 0), Buffer.alloc(1024)]))
    expect(await fault(file)).toBe('The archive\'s member "a.png" was packed with holes. Pack it anew, without --sparse.')
    writeFileSync(file, Buffer.concat([headed('@', 'NextFileHasLongPath', 2 ** 21), Buffer.alloc(2 ** 21 + 1024)]))
    expect(await fault(file)).toBe('The archive is corrupt: a name of 2097152 bytes begins at byte 512. Copy or make it again.')
  })
  it('a tar that is cut off or damaged, at any place', async () => {
    const whole = await tarred([
      ['a.png', 'x'.repeat(700)],
      ['b.png', 'y'],
    ])
    const part = (bytes: number, damage?: number) => {
      const file = path.join(scratch(), 'cut.tar')
      copyFileSync(whole, file)
      truncateSync(file, bytes)
      if (damage !== undefined) writeFileSync(file, readFileSync(file).fill(0x37, damage, damage + 5))
      return fault(file)
    }
    expect(await part(1000)).toBe(
      'The archive is cut off: its member "a.png" ends at byte 1212, and the archive at 1000. Copy or make it again.',
    )
    expect(await part(1536)).toBe('The archive is cut off at byte 1536: its two empty blocks are missing. Copy or make it again.')
    expect(await part(2560, 1540)).toBe('The archive is corrupt: at byte 1536 there is no header of a member. Copy or make it again.')
  })
  it('what is neither, with what helps', async () => {
    const file = path.join(scratch(), 'a.tar')
    writeFileSync(file, Buffer.from('1f8b0800000000000003', 'hex'))
    expect(await fault(file)).toBe(
      'The archive is packed by gzip, in which no image can be reached without all before it. Give a tar or zip; unpack it with: gunzip images.tar.gz.',
    )
    writeFileSync(file, 'hello')
    expect(await fault(file)).toBe(
      'The archive is neither a tar nor a zip: its first bytes are 68 65 6c 6c 6f. Give a folder of images, or pack them: tar -cf images.tar FOLDER.',
    )
  })
})
describe('an image that a table names is found', () => {
  const find = finderOf(['x/a.png', 'y/a.png', 'y/b.PNG', 'Pra\u0308parat/1.tif', 'c.png', 'c.jpg', 'v1.2'])
  it.each([
    ['x/a.png', ['x/a.png']],
    ['./x/a.png', ['x/a.png']],
    ['a.png', ['x/a.png', 'y/a.png']],
    ['b.PNG', ['y/b.PNG']],
    ['b', ['y/b.PNG']],
    ['Präparat/1.tif', ['Pra\u0308parat/1.tif']],
    ['Pra\u0308parat/1', ['Pra\u0308parat/1.tif']],
    ['c', ['c.png', 'c.jpg']],
    ['v1.2', ['v1.2']],
    ['/data/x/a.png', ['x/a.png']],
    ['C:/data/Präparat/1.tif', ['Pra\u0308parat/1.tif']],
    ['../y/b.PNG', ['y/b.PNG']],
    ['z/a.png', []],
    ['.png', []],
    ['none', []],
  ])('%s', (name, places) => expect(find(name)).toEqual(places))
})
it('names of members are brought into one form', () => {
  expect(['./a//b.png', '/a', '../a', 'a/..', 'C:\\a', '.', ''].map(placeOf)).toEqual(['a/b.png', ...Array(6).fill(undefined)])
  expect(['.a.png', 'x/._b', '__MACOSX/c', 'x/Thumbs.db', './a', '../a', 'a.png', '..a'].map(isHidden)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    true,
  ])
})
