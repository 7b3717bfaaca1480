import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { addCopy } from '../actions/add.ts'
import { diff } from '../actions/diff.ts'
import { init } from '../actions/init.ts'
import { undo, upgrade } from '../actions/upgrade.ts'
import { lockName, names, originals, readCopiesLock } from './copies.ts'
import { mentions } from './import-closure.ts'
import { version } from './package.ts'

let project: string
let said: string
beforeEach(() => {
  project = mkdtempSync(path.join(os.tmpdir(), 'trireme-project-'))
  said = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    said += text
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(project, { recursive: true })
})
const at = (name: string) => path.join(project, name)
const read = (name: string) => readFileSync(at(name), 'utf8')
const sort = 'steps/samtools/sort.ts'
/** Makes the project's copy look as if it came from an older version whose file was `text`. */
async function older(place: string, text: string) {
  const { noted, lockText } = await import('./copies.ts')
  const { files } = readCopiesLock(project)
  writeFileSync(at(place), text)
  writeFileSync(at(lockName), lockText({ ...files, [place]: { ...noted(Buffer.from(text)), version: '0.0.9' } }))
}

test('what a module names', () => {
  const text = `import a, { b } from './a.ts'\nimport type { C } from "trireme-bio"\nexport * from '../d.ts'\nimport 'e'\nconst f = await import('./f.ts')
const script = asset(import.meta.url, './g.script.mjs')\nexport const from = (x: string) => x\nfrom('h')`
  expect(mentions(text)).toEqual({ imports: ['./a.ts', 'trireme-bio', '../d.ts', 'e', './f.ts'], assets: ['./g.script.mjs'] })
})
test('a step is copied with its test, and noted', async () => {
  await addCopy('samtools/sort', project, false)
  const lock = JSON.parse(read(lockName))
  expect(Object.keys(lock.files)).toEqual(['steps/samtools/sort.test.ts', sort])
  expect(lock.files[sort]).toEqual({ version: expect.stringMatching(/^\d+\.\d+/), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(read(sort)).toContain("from 'trireme-bio/kinds'")
  expect(said).toContain('npx vitest run steps/samtools/sort.test.ts')
})
test('a pipeline brings its steps, their tests, and the bundled scripts', async () => {
  const places = (await originals('variant-accuracy')).map(({ place }) => place)
  expect(places).toEqual(expect.arrayContaining(['pipelines/variant-accuracy.ts', 'pipelines/variant-calling.ts', 'pipelines/roles.ts']))
  expect(places).toEqual(expect.arrayContaining(['steps/bwa/mem.ts', 'steps/truth/compare.ts', 'steps/truth/compare.script.mjs']))
  expect(places.filter(place => !/^(pipelines|steps)\//.test(place))).toEqual([])
  expect(places).not.toContain('steps/kinds.ts')
})
test('types of a library that brings none are copied; tests that only a checkout can run are not', async () => {
  const places = (await originals('image-classification')).map(({ place }) => place)
  expect(places).toContain('steps/jackknife.ts')
  expect(places).toContain('steps/jstat.d.ts')
  const reaching = places
    .filter(place => place.endsWith('.test.ts'))
    .map(place => readFileSync(new URL(`../../${place}`, import.meta.url), 'utf8'))
  expect(reaching.filter(text => mentions(text).imports.some(name => /^\.\.\/\.\.\/(test|core|cli)\//.test(name)))).toEqual([])
})
test('an asset that two steps share is copied once', async () => {
  const places = (await originals('idr-sweep')).map(({ place }) => place)
  expect(places).toContain('steps/torch/models.py')
  expect(places).toEqual([...new Set(places)])
  await addCopy('idr-sweep', project, false)
  expect(said).toContain(`${places.length} files copied`)
})
test('the libraries that copies import are named in package.json, for the tests where only tests import them', async () => {
  writeFileSync(at('package.json'), JSON.stringify({ name: 'p', dependencies: { yaml: '1.0.0' }, devDependencies: { sharp: '0.1.0' } }))
  await addCopy('image/pack', project, false)
  const ours = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const [of, dev] = [ours.dependencies, ours.devDependencies]
  expect(JSON.parse(read('package.json'))).toEqual({
    name: 'p',
    dependencies: { yaml: '1.0.0', zod: of.zod },
    devDependencies: { '@types/tar-stream': dev['@types/tar-stream'], sharp: '0.1.0', 'tar-stream': of['tar-stream'], vitest: dev.vitest },
  })
  expect(said).toContain('package.json now names what they import: @types/tar-stream, tar-stream, vitest, zod. Get them with: npm install')
  said = ''
  await addCopy('image/pack', project, false)
  expect(said).not.toContain('npm install')
})
test('a library that a bundled script loads as it runs is a dependency, not one for tests', async () => {
  writeFileSync(at('package.json'), JSON.stringify({ name: 'p' }))
  await addCopy('metrics/gallery', project, false)
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(JSON.parse(read('package.json')).dependencies).toMatchObject({ sharp: dependencies.sharp })
  expect(said).toMatch(/^package\.json now names what they import: .*\bsharp\b/m)
})
test('a misspelt name', async () => {
  await expect(addCopy('samtool/sort', project, false)).rejects.toThrow(
    'There is no step or pipeline "samtool/sort" in the package. Did you mean "samtools/sort"?',
  )
  expect(names()).toEqual(expect.arrayContaining(['bwa/mem', 'variant-calling']))
  expect(names()).not.toContain('roles') // a module that pipelines share is none
})
test('a file that was changed is not overwritten, and then nothing is copied', async () => {
  mkdirSync(at('steps/samtools'), { recursive: true })
  writeFileSync(at(sort), 'mine')
  await expect(addCopy('samtools/sort', project, false)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(`  ${sort}\nMove them, or give --force`),
  })
  expect(readdirSync(at('steps/samtools'))).toEqual(['sort.ts'])
  await addCopy('samtools/sort', project, true)
  expect(read(sort)).toContain('samtools')
  expect(said).toContain('To have back what was overwritten: trireme upgrade --undo\n')
  undo(project)
  expect([read(sort), readdirSync(project)]).toEqual(['mine', ['steps']])
})
test('a damaged package.json is told before anything is copied', async () => {
  writeFileSync(at('package.json'), '{')
  await expect(addCopy('samtools/sort', project, false)).rejects.toMatchObject({
    code: 'INPUT',
    message: `${at('package.json')} is no JSON object, so nothing was changed. Correct it: npm needs it, too.`,
  })
  expect(readdirSync(project)).toEqual(['package.json'])
})
test('diff tells who changed what, line by line', async () => {
  await addCopy('samtools/sort', project, false)
  await diff('samtools/sort', project)
  expect(said).toContain(`unchanged  ${sort}`)
  appendFileSync(at(sort), '// mine\n')
  said = ''
  await diff(undefined, project)
  expect(said).toContain(`changed by you  ${sort}`)
  expect(said).toContain(`--- trireme-bio/${sort}\n+++ ${sort}\n`)
  expect(said).toContain('+// mine')
  await older(sort, 'old\n')
  said = ''
  await diff(sort, project)
  expect(said).toContain(`changed upstream  ${sort}`)
  expect(said).toContain(`--- trireme-bio/${sort} (0.0.9, as copied)\n+++ trireme-bio/${sort} (${version()}, installed)\n`)
  expect(said).toContain('\n-old\n+')
})
test('without copies, diff says how to get some', async () => {
  await expect(diff(undefined, project)).rejects.toThrow('There are no copies here')
})
const noted = { version: '0.1.0', sha256: 'a'.repeat(64) }
const naming = (place: string) => `{"package":"trireme-bio","files":{${JSON.stringify(place)}:${JSON.stringify(noted)}}}`
const strange = (place: string) => `it names ${JSON.stringify(place)}, which is no path below steps/ or pipelines/`
test.each<readonly [string, string]>([
  ['{', 'it is not what "trireme add" writes'],
  ['[]', 'it is not what "trireme add" writes'],
  ['[1,'.repeat(1e5), 'it is not what "trireme add" writes'],
  ['{"package":"other","files":{}}', 'it is not what "trireme add" writes'],
  [naming(sort).replace('aaa', '../'), 'it is not what "trireme add" writes'],
  [' '.repeat(2 ** 22 + 1), 'it has 4194305 bytes, and 4194304 are the most that copies need'],
  ...[
    '../../home/.bashrc',
    '/etc/passwd',
    'steps/../../x.ts',
    'steps/./x.ts',
    'steps//x.ts',
    'package.json',
    '__proto__',
    '.git/hooks/x',
    'steps/a\\b.ts',
    '',
  ].map(place => [naming(place), strange(place)] as const),
  [naming('steps/a\0b.ts'), strange('steps/a\0b.ts')],
  [naming('steps/a\nb.ts'), strange('steps/a\nb.ts')],
  [naming('steps/\u202ea.ts'), 'which is no path below steps/ or pipelines/'],
  [naming(`steps/${'x'.repeat(256)}.ts`), 'which is no path below steps/ or pipelines/'],
])('a lock that is damaged, or came with a hostile project, is told, and nothing is written (%#)', async (text, why) => {
  writeFileSync(at(lockName), text)
  const calls = [() => diff(undefined, project), () => upgrade(undefined, project), () => addCopy('samtools/sort', project, true)]
  for (const call of calls)
    await expect(call()).rejects.toMatchObject({
      code: 'INPUT',
      message: expect.stringMatching(
        /^trireme\.lock\.json is damaged: .*\. Take it back from version control, or remove it and add the copies again with --force\.$/s,
      ),
    })
  await expect(diff(undefined, project)).rejects.toThrow(why)
  expect(readdirSync(project, { recursive: true })).toEqual([lockName])
  expect(readdirSync(path.dirname(project)).filter(name => name.startsWith(path.basename(project)))).toEqual([path.basename(project)])
  expect(read(lockName)).toBe(text)
})
test('a lock that is no file is not waited for', async () => {
  execFileSync('mkfifo', [at(lockName)])
  await expect(diff(undefined, project)).rejects.toThrow('trireme.lock.json is damaged: it is no ordinary file.')
})
test('init makes a project, and never in a folder that holds something', async () => {
  await init(at('heart'))
  expect(readdirSync(at('heart')).sort()).toEqual([
    '.gitignore',
    'README.md',
    'data',
    'package.json',
    'pipelines',
    'samplesheet.csv',
    'trireme.config.yaml',
    'tsconfig.json',
  ])
  expect(JSON.parse(read('heart/package.json'))).toMatchObject({
    name: 'heart',
    type: 'module',
    dependencies: { 'trireme-bio': expect.stringMatching(/^file:/) }, // of this checkout
  })
  const [header, row] = read('heart/samplesheet.csv').split('\n')
  expect([header, row]).toEqual([
    'patient,sample,lane,fastq_1,fastq_2',
    'sample1,sample1,L1,data/sample1_L1_1.fastq.gz,data/sample1_L1_2.fastq.gz',
  ])
  await expect(init(at('heart'))).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('is not empty: it holds') })
})
test('init draws images, the same each time, small, and says that they are SYNTHETIC', async () => {
  for (const name of ['cells', 'again']) await init(at(name), { template: 'image-classification' })
  expect(said).toContain('pipelines/cells.ts is yours to change')
  const [header, ...rows] = read('cells/sheet.csv').trimEnd().split('\n')
  expect([header, rows.length, rows[0], rows.at(-1)]).toEqual([
    ...['image,label,group', 40, 'dividing/dish1_1.jpg,dividing,d1', 'resting/dish10_2.jpg,resting,r10'],
  ])
  const images = rows.map(row => readFileSync(at(`cells/images/${row.split(',')[0]}`)))
  expect(images.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(200_000)
  expect(new Set(images.map(image => image.toString('hex'))).size).toBe(40)
  expect(images).toEqual(rows.map(row => readFileSync(at(`again/images/${row.split(',')[0]}`))))
  const readme = read('cells/README.md')
  expect(readme).toContain('Forty SYNTHETIC images')
  expect(readme.trim().split('\n').length).toBeLessThanOrEqual(5)
  expect(read('cells/pipelines/cells.ts')).toContain('nothing about real cells')
})
test('init names its templates', async () => {
  await expect(init(at('x'), { template: 'image-clasification' })).rejects.toThrow(
    'There is no template "image-clasification". Did you mean "image-classification"? There are: variant-calling (two samples of simulated reads, aligned), image-classification (forty SYNTHETIC images of cells, classified).',
  )
  await expect(init(at('x'), { template: 'image-classification', benchmark: true })).rejects.toThrow(
    'The template "image-classification" has no comparison. Leave out --benchmark, or take --template variant-calling.',
  )
  expect(readdirSync(project)).toEqual([])
})
test('init adds to a package.json that is there', async () => {
  writeFileSync(
    at('package.json'),
    JSON.stringify({
      name: 'mine',
      type: 'commonjs',
      scripts: { test: 'echo "Error: no test specified" && exit 1' },
      dependencies: { 'trireme-bio': 'file:x.tgz' },
    }),
  )
  await init(project)
  expect(JSON.parse(read('package.json'))).toMatchObject({
    name: 'mine',
    type: 'module',
    scripts: { test: 'tsc && vitest run' },
    dependencies: { 'trireme-bio': 'file:x.tgz' },
  })
})
test('init does not write through a link', async () => {
  mkdirSync(at('other'))
  mkdirSync(at('heart'))
  writeFileSync(at('other/package.json'), '{}')
  symlinkSync('../other/package.json', at('heart/package.json'))
  await expect(init(at('heart'))).rejects.toThrow(
    /^These files are not to be written, so nothing was changed:\n {2}package\.json is a link to .*other\/package\.json$/,
  )
  expect([readdirSync(at('heart')), read('other/package.json')]).toEqual([['package.json'], '{}'])
  rmSync(at('heart/package.json'))
  symlinkSync('../other/made', at('heart/.gitignore')) // leads nowhere: whoever writes makes the file
  await init(at('heart'))
  expect([readdirSync(at('other')), readlinkSync(at('heart/.gitignore'))]).toEqual([['package.json'], '../other/made'])
  expect(readdirSync(at('heart')).filter(name => name.startsWith('.'))).toEqual(['.gitignore'])
})
