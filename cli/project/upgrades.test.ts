import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { addCopy } from '../actions/add.ts'
import { diff } from '../actions/diff.ts'
import { undo, upgrade, upgradeOrUndo } from '../actions/upgrade.ts'
import { digest } from './changes.ts'
import { lockName, lockText, noted, readCopiesLock } from './copies.ts'
import { version } from './package.ts'

let whole: string
let project: string
let said: string
beforeEach(() => {
  whole = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'trireme-upgrade-')))
  project = path.join(whole, 'project')
  mkdirSync(project)
  said = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    said += text
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(whole, { recursive: true })
})
const at = (name: string) => path.join(project, name)
const read = (name: string) => readFileSync(at(name), 'utf8')
const sort = 'steps/samtools/sort.ts'
const sortTest = 'steps/samtools/sort.test.ts'
const base = (sha256: string) => `.trireme-copies/base/${sha256}.gz`
/** Makes a copy look as if it came from an older version whose file was `text`. */
function older(place: string, text: string | Buffer, keptBase = true) {
  const { files } = readCopiesLock(project)
  const note = { ...noted(Buffer.from(text)), version: '0.0.9' }
  writeFileSync(at(place), text)
  writeFileSync(at(lockName), lockText({ ...files, [place]: note }))
  if (keptBase) writeFileSync(at(base(note.sha256)), gzipSync(text))
}
/** Everything below a folder: type, mode, content, and when asked the times. Records of undoing are left out when the tree is compared after one. */
function tree(folder: string, { times = false } = {}): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const entry = (name: string) => {
    const file = path.join(folder, name)
    const found = lstatSync(file)
    const content = found.isFile() ? digest(readFileSync(file)) : found.isSymbolicLink() ? 'link' : 'folder'
    return `${content} ${found.mode.toString(8)}${times ? ` ${found.mtimeMs} ${found.ctimeMs} ${found.ino}` : ''}`
  }
  return Object.fromEntries(names.map(name => [name, entry(name)]))
}
/** The first line of the package's file, replaced by an older text: upstream changed the first line, and nothing else. */
const withOlderStart = (text: string) => text.replace(/^.*\n/, '// the first line of old\n')

describe('one copy', () => {
  let now: string
  beforeEach(async () => {
    await addCopy('samtools/sort', project, false)
    now = read(sort)
    said = ''
  })
  test('what was left alone is replaced, and a test that was removed does not come back', async () => {
    older(sort, 'old\n')
    rmSync(at(sortTest))
    expect(await upgrade(undefined, project)).toBe(true)
    expect(read(sort)).toBe(now)
    expect(said).toBe(
      `${sort}: upgraded\nTry the copies with: npx tsc && npx vitest run. Take the upgrade back with: trireme upgrade --undo\n`,
    )
    expect(existsSync(at(sortTest))).toBe(false)
    said = ''
    expect(await upgrade('samtools/sort', project)).toBe(true)
    expect(said).toBe(`Nothing to do: the package is at ${version()}, and it has nothing newer.\n`)
  })
  test('what both changed is merged, and the next merge starts from there', async () => {
    older(sort, withOlderStart(now))
    writeFileSync(at(sort), `${withOlderStart(now)}// mine\n`)
    expect(await upgrade(undefined, project)).toBe(true)
    expect(read(sort)).toBe(`${now}// mine\n`)
    expect(said).toContain(`${sort}: upgraded, your changes kept\n`)
    expect(readCopiesLock(project).files[sort]).toEqual({ version: version(), sha256: digest(Buffer.from(now)) })
    expect(readdirSync(at('.trireme-copies/base')).sort()).toEqual(
      Object.values(readCopiesLock(project).files)
        .map(({ sha256 }) => `${sha256}.gz`)
        .sort(),
    )
    said = ''
    await diff(sort, project)
    expect(said).toContain(`changed by you  ${sort}`)
  })
  test('a preview shows what each file would become', async () => {
    older(sort, withOlderStart(now))
    writeFileSync(at(sort), `${withOlderStart(now)}// mine\n`)
    expect(await upgrade(undefined, project, { dryRun: true })).toBe(true)
    const [first, second] = now.split('\n')
    expect(said).toContain(
      `Nothing is written. This is what the upgrade to ${version()} would do:\n${sort}: upgraded, your changes kept\n\n--- ${sort}\n+++ ${sort} after the upgrade\n@@ -1,4 +1,4 @@\n-// the first line of old\n+${first}\n ${second}\n`,
    )
    expect(said).not.toContain('mine')
  })
  test('a conflict leaves the file and its test as they are, shows both sides, and other steps go on', async () => {
    await addCopy('samtools/flagstat', project, false)
    const other = 'steps/samtools/flagstat.ts'
    older(other, 'old\n')
    older(sort, withOlderStart(now))
    older(sortTest, 'old\n')
    writeFileSync(at(sort), now.replace(/^.*\n/, '// mine\n'))
    const before = tree(project)
    said = ''
    expect(await upgrade(undefined, project)).toBe(false)
    expect(said).toContain(`${sort}: left as it is: you and upstream changed the same lines
  line 1
    was      | // the first line of old
    yours    | // mine
    upstream | ${now.split('\n')[0]}
`)
    expect(said).toContain(`${sortTest}: left as it is: it belongs to ${sort}, which is left\n`)
    expect(said).toContain(`${other}: upgraded\n`)
    expect(said).toContain('To have both sides written into the files, between marks as Git writes them: trireme upgrade --conflicts\n')
    const after = tree(project)
    expect([after[sort], after[sortTest]]).toEqual([before[sort], before[sortTest]])
    expect(readCopiesLock(project).files[sort]?.version).toBe('0.0.9')

    said = ''
    expect(await upgrade('samtools/sort', project, { conflicts: true })).toBe(false)
    expect(said).toContain(`${sort}: upgraded, your changes kept; 1 conflict between marks, for you to choose\n`)
    const [first, ...rest] = now.split('\n')
    expect(read(sort)).toBe(
      `<<<<<<< yours\n// mine\n||||||| 0.0.9, as copied\n// the first line of old\n=======\n${first}\n>>>>>>> trireme-bio ${version()}\n${rest.join('\n')}`,
    )
    said = ''
    expect(await upgrade(undefined, project)).toBe(true)
    expect(said).toContain(`${sort}: left as it is: it still holds the marks of a conflict: choose between the sides, and remove them\n`)
  })
  test.each([
    ['no one kept it', (sha256: string) => rmSync(at(base(sha256)))],
    ['it was edited', (sha256: string) => writeFileSync(at(base(sha256)), gzipSync('something else'))],
    ['it is no gzip', (sha256: string) => writeFileSync(at(base(sha256)), 'damaged')],
  ])('a changed copy whose base is not known, as %s, is never overwritten', async (_, lose) => {
    older(sort, withOlderStart(now))
    lose(digest(Buffer.from(withOlderStart(now))))
    writeFileSync(at(sort), `${withOlderStart(now)}// mine\n`)
    const before = read(sort)
    expect(await upgrade(undefined, project)).toBe(false)
    expect(read(sort)).toBe(before)
    expect(said).toContain(
      `${sort}: left as it is: it was changed by you and upstream, and no one kept what it was in version 0.0.9, so they cannot be told apart\n`,
    )
    said = ''
    await diff(sort, project)
    expect(said).toContain(`${sort}: no one kept what it was in version 0.0.9`)
    expect(await upgrade(undefined, project, { conflicts: true })).toBe(false)
    for (const line of [...before.trimEnd().split('\n'), ...now.trimEnd().split('\n')]) expect(read(sort).split('\n')).toContain(line)
  })
  test('a digest in the lock that somebody edited counts as a base that is not known', async () => {
    const { files } = readCopiesLock(project)
    writeFileSync(at(lockName), lockText({ ...files, [sort]: { version: '0.0.9', sha256: '0'.repeat(64) } }))
    writeFileSync(at(sort), `${now}// mine\n`)
    expect(await upgrade(undefined, project)).toBe(false)
    expect(read(sort)).toBe(`${now}// mine\n`)
    expect(said).toContain('no one kept what it was')
  })
  test('diff shows what you changed and what upstream changed', async () => {
    older(sort, withOlderStart(now))
    writeFileSync(at(sort), `${withOlderStart(now)}// mine\n`)
    await diff(sort, project)
    const [first] = now.split('\n')
    expect(said).toContain(`changed by both  ${sort}\n`)
    expect(said).toContain(`${sort}: what you changed\n--- trireme-bio/${sort} (0.0.9, as copied)\n+++ ${sort}\n`)
    expect(said).toContain('\n+// mine\n')
    expect(said).toContain(`${sort}: what upstream changed\n--- trireme-bio/${sort} (0.0.9, as copied)\n`)
    expect(said).toContain(`\n-// the first line of old\n+${first}\n`)
    expect(said).toContain(`${sort}: the two can be merged, by "trireme upgrade"`)
    writeFileSync(at(sort), now.replace(/^.*\n/, '// mine\n'))
    said = ''
    await diff(sort, project)
    expect(said).toContain(`${sort}: one place was changed by both, from line 1\n`)
  })
  test('what is no text is not merged', async () => {
    older(sort, Buffer.from([1, 0, 2]))
    writeFileSync(at(sort), Buffer.from([1, 0, 3]))
    expect(await upgrade(undefined, project)).toBe(false)
    expect(said).toContain(`${sort}: left as it is: it was changed by you and upstream, and is no text that could be merged\n`)
  })
  test('the mode of a file, and others that share its bytes, stay', async () => {
    older(sort, 'old\n')
    chmodSync(at(sort), 0o754)
    linkSync(at(sort), path.join(whole, 'twin'))
    await upgrade(undefined, project)
    expect(lstatSync(at(sort)).mode & 0o777).toBe(0o754)
    expect(readFileSync(path.join(whole, 'twin'), 'utf8')).toBe('old\n')
  })
  test.each([
    ['is read-only', () => chmodSync(at(sort), 0o444)],
    [
      'is a link to ',
      () => {
        renameSync(at(sort), path.join(whole, 'mine.ts'))
        symlinkSync(path.join(whole, 'mine.ts'), at(sort))
      },
    ],
    [
      'is a link that leads nowhere',
      () => {
        rmSync(at(sort))
        symlinkSync('nowhere', at(sort))
      },
    ],
    [
      'is a folder',
      () => {
        rmSync(at(sort))
        mkdirSync(at(sort))
      },
    ],
    [
      'lies outside the project: steps is a link to ',
      () => {
        renameSync(at('steps'), path.join(whole, 'project-steps')) // a name that begins as the project's
        symlinkSync('../project-steps', at('steps'))
      },
    ],
    [
      'lies outside the project: steps/samtools is a link to ',
      () => {
        renameSync(at('steps/samtools'), path.join(whole, 'elsewhere'))
        symlinkSync(path.join(whole, 'elsewhere'), at('steps/samtools'))
      },
    ],
  ])('a file that %s is left as it is', async (why, make) => {
    older(sort, 'old\n')
    make()
    const before = tree(whole)
    expect(await upgrade(undefined, project)).toBe(false)
    expect(said).toContain(`${sort}: left as it is: it ${why}`)
    const { [`project/${lockName}`]: _, ...others } = tree(whole)
    for (const [name, entry] of Object.entries(others))
      if (!name.includes('.trireme-copies')) expect([name, entry]).toEqual([name, before[name]])
  })
  test('a link that stays inside the project is a way like any other', async () => {
    older(sort, 'old\n')
    mkdirSync(at('source'))
    renameSync(at('steps'), at('source/steps'))
    symlinkSync('source/steps', at('steps'))
    expect(await upgrade(undefined, project)).toBe(true)
    expect(read('source/steps/samtools/sort.ts')).toBe(now)
  })
  test('places of the lock that lead out are damage, and add does not follow links out either', async () => {
    const { files } = readCopiesLock(project)
    for (const place of ['../evil.ts', 'steps/../../evil.ts', '/evil.ts', 'steps//a.ts', 'package.json']) {
      writeFileSync(at(lockName), lockText({ ...files, [place]: files[sort]! }))
      await expect(upgrade(undefined, project)).rejects.toThrow('trireme.lock.json is damaged')
    }
    writeFileSync(at(lockName), lockText(files))
    mkdirSync(path.join(whole, 'elsewhere'))
    symlinkSync('../../elsewhere', at('steps/bwa'))
    await expect(addCopy('bwa/index', project, false)).rejects.toThrow(
      `These files are not to be written, so nothing was changed:\n  steps/bwa/index.test.ts lies outside the project: steps/bwa is a link to ${whole}/elsewhere`,
    )
    expect(readdirSync(path.join(whole, 'elsewhere'))).toEqual([])
  })
  test('where the lock is a link, nothing is changed', async () => {
    older(sort, 'old\n')
    renameSync(at(lockName), path.join(whole, 'lock'))
    symlinkSync('../lock', at(lockName))
    const before = tree(whole, { times: true })
    await expect(upgrade(undefined, project)).rejects.toThrow(`  ${lockName} is a link to ${whole}/lock`)
    expect(tree(whole, { times: true })).toEqual(before)
  })
  test('undo leaves what was edited since, says so, and takes it back once it was moved away', async () => {
    older(sort, 'old\n')
    older(sortTest, 'old test\n')
    const lock = readCopiesLock(project).files
    await upgrade(undefined, project)
    writeFileSync(at(sort), `${now}// mine\n`)
    said = ''
    expect(undo(project)).toBe(false)
    expect(said).toBe(`${sortTest}: as before
${sort}: left as it is: it was edited since
To have back what was there before the upgrade, move these files away and give the command again: trireme upgrade --undo
`)
    expect([read(sort), read(sortTest)]).toEqual([`${now}// mine\n`, 'old test\n'])
    const { files } = readCopiesLock(project)
    expect([files[sort]?.version, files[sortTest]?.version]).toEqual([version(), '0.0.9'])
    rmSync(at(sort))
    expect(undo(project)).toBe(true)
    expect(read(sort)).toBe('old\n')
    expect(readCopiesLock(project).files).toEqual(lock)
    for (const { sha256 } of Object.values(lock)) expect(existsSync(at(base(sha256)))).toBe(true)
    expect(existsSync(at('.trireme-copies/undo'))).toBe(false)
    expect(() => undo(project)).toThrow('There is no upgrade to take back here.')
  })
  test('undo takes back one upgrade at a time, and not what was added since', async () => {
    older(sort, 'older\n')
    await upgrade(undefined, project)
    older(sort, 'old\n')
    const middle = tree(project)
    await upgrade(undefined, project)
    await addCopy('samtools/flagstat', project, false)
    undo(project)
    expect(read(sort)).toBe('old\n')
    expect(Object.keys(readCopiesLock(project).files)).toContain('steps/samtools/flagstat.ts')
    expect(tree(project)[sort]).toBe(middle[sort])
  })
  test('a record that leads out of the project is damage', async () => {
    older(sort, 'old\n')
    await upgrade(undefined, project)
    const [name] = readdirSync(at('.trireme-copies/undo'))
    const file = at(`.trireme-copies/undo/${name}/record.json`)
    const record = readFileSync(file, 'utf8')
    const before = tree(whole)
    const { temporary } = JSON.parse(record).files.find((each: { place: string }) => each.place === sort)
    const changed = [
      record.replaceAll(sort, '../../evil.ts'),
      // A record may come with somebody's project, as Git's own folder does not.
      record.replace(`"${sort}"`, '".git/hooks/post-checkout"').replace(temporary, '.git/hooks/.post-checkout.1.new'),
      record.replace(temporary, 'mine.txt'),
      record.replace('"folders": []', '"folders": ["mine"]'),
    ]
    for (const text of changed) {
      expect(text).not.toBe(record)
      writeFileSync(file, text)
      expect(() => undo(project)).toThrow(
        `The record .trireme-copies/undo/${name} is damaged, so nothing was changed. Remove that folder to do without it.`,
      )
      writeFileSync(file, record)
      expect(tree(whole)).toEqual(before)
    }
    expect(undo(project)).toBe(true)
  })
  test('what is a few kilobytes packed, and more than memory holds unpacked, counts as not kept', async () => {
    older(sort, Buffer.alloc(2 ** 27))
    writeFileSync(at(sort), 'mine\n')
    expect(await upgrade(undefined, project)).toBe(false)
    expect(said).toContain('and no one kept what it was in version 0.0.9')
  })
})
test('undo stands alone', async () => {
  for (const options of [{ dryRun: true }, { conflicts: true }])
    await expect(upgradeOrUndo(undefined, project, { undo: true, ...options })).rejects.toThrow(
      '--undo takes the whole last upgrade back, so it stands alone: trireme upgrade --undo',
    )
  await expect(upgradeOrUndo('samtools/sort', project, { undo: true })).rejects.toThrow('so it stands alone')
})
test('a new file that an upgraded one needs comes with it; a file of that name is kept, and its step waits', async () => {
  await addCopy('genome/random', project, false)
  const [step, script] = ['steps/genome/random.ts', 'steps/genome/random.script.mjs']
  const { [script]: _, ...files } = readCopiesLock(project).files
  expect(_).toBeDefined()
  writeFileSync(at(lockName), lockText(files)) // as if the older version had no script
  older(step, 'old\n')
  writeFileSync(at(script), 'my own\n')
  said = ''
  expect(await upgrade(undefined, project)).toBe(false)
  expect(said).toContain(`${script}: left as it is: an upgraded file needs it, but a file of yours has that name\n`)
  expect(said).toContain(`${step}: left as it is: it belongs to ${script}, which is left\n`)
  expect([read(step), read(script)]).toEqual(['old\n', 'my own\n'])
  rmSync(at(script))
  said = ''
  expect(await upgrade(undefined, project)).toBe(true)
  expect(said).toContain(`${script}: new, an upgraded file needs it\n`)
  undo(project)
  expect([read(step), existsSync(at(script))]).toEqual(['old\n', false])
})

/** Numbers that look random and are the same each time. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
interface Edited {
  readonly lines: readonly string[]
  readonly made: readonly string[]
  readonly removed: readonly string[]
}
/** One to three edits of the kinds that people make: a line more, a line less, a line changed, several at once. */
function edit(lines: readonly string[], mark: string, random: (below: number) => number): Edited {
  const [all, made, removed] = [[...lines], [] as string[], [] as string[]]
  for (let n = random(3); n >= 0; n--) {
    const place = random(all.length + 1)
    const count = random(4)
    const [less, more] = (
      [
        [0, 1 + count],
        [1 + count, 0],
        [1, 1],
        [1 + count, 1 + random(3)],
      ] as const
    )[random(4)]!
    const fresh = Array.from({ length: more }, (_, k) => `${all[place + k]?.trimEnd() ?? ''} // ${mark} ${n}.${k}`)
    removed.push(...all.splice(place, less, ...fresh))
    made.push(...fresh)
  }
  if (all.join() === lines.join()) return edit(lines, mark, random)
  return { lines: all, made: made.filter(line => all.includes(line)), removed: removed.filter(line => lines.includes(line)) }
}
test('200 random pairs of an edit and a change upstream: no edit is lost, the preview writes nothing, undo restores every byte', async () => {
  await addCopy('variant-calling', project, false)
  const originalLock = readCopiesLock(project)
  const places = Object.keys(originalLock.files).filter(place => /\.(ts|py|mjs)$/.test(place))
  const upstream = new Map(places.map(place => [place, read(place)]))
  const outcomes = { merged: 0, left: 0 }
  let pairs = 0
  for (let seed = 1; pairs < 200; seed++) {
    const random = seeded(seed)
    const cases = places.map(place => {
      const theirs = upstream.get(place)!.trimEnd().split('\n')
      const old = edit(theirs, 'upstream', random) // what upstream has now are the lines that this took away
      const mine = edit(old.lines, 'mine', random)
      const [end, form] = [random(4) === 0 ? '\r\n' : '\n', random(6)]
      const text = mine.lines.join(end) + (form === 0 ? '' : end)
      return { place, theirs, old, mine, end, text: form === 1 ? `\ufeff${text}` : text }
    })
    for (const { place, old } of cases) older(place, `${old.lines.join('\n')}\n`)
    for (const { place, text } of cases) writeFileSync(at(place), text)
    const before = tree(whole, { times: true })
    const bytes = tree(project)
    await upgrade(undefined, project, { dryRun: true })
    expect(tree(whole, { times: true })).toEqual(before)
    said = ''
    await upgrade(undefined, project)
    for (const { place, theirs, old, mine, text, end } of cases) {
      pairs++
      const result = read(place)
      if (said.includes(`${place}: left as it is: `) || text === `${theirs.join('\n')}\n`) {
        outcomes.left++
        expect(result).toBe(text)
        continue
      }
      expect(said).toContain(`${place}: upgraded`)
      outcomes.merged++
      const lines = result.replace(/^\ufeff/, '').split(end)
      for (const line of mine.made) expect(lines).toContain(line)
      for (const line of mine.removed) if (!mine.lines.includes(line) && !theirs.includes(line)) expect(lines).not.toContain(line)
      for (const line of theirs) if (!old.lines.includes(line)) expect(lines).toContain(line)
      for (const line of old.made) if (!theirs.includes(line)) expect(lines).not.toContain(line)
      expect([result.startsWith('\ufeff'), result.endsWith(end)]).toEqual([text.startsWith('\ufeff'), text.endsWith(end)])
      expect(result.replaceAll('\r\n', '').includes('\n')).toBe(end === '\n')
    }
    undo(project)
    expect(tree(project)).toEqual(bytes)
  }
  // Both outcomes were met often enough for this to mean something.
  expect(pairs).toBeGreaterThanOrEqual(200)
  expect(Math.min(outcomes.merged, outcomes.left)).toBeGreaterThan(40)
}, 120_000)
