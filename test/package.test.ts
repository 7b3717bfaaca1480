import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { pack as tar } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// What a user gets: the package as npm packs it, installed in an empty project.

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-package-'))
const project = path.join(folder, 'heart study')
const linked = path.join(folder, 'linked')
const fetched = path.join(folder, 'fetched')
let tarball = ''
const compilers = ['typescript', 'typescript-5'].map(name => path.join(root, 'node_modules', name, 'bin/tsc'))

/** npm as it runs us, or the one on PATH. */
function npm(words: readonly string[], cwd: string): string {
  const own = process.env.npm_execpath
  const [program, before] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []]
  // Under "npm test" the environment names this checkout as the project; none of that is for the other one.
  const clean = Object.entries(process.env).filter(([name]) => !/^npm_(config_local_prefix|package_|lifecycle_)/i.test(name))
  return execFileSync(program, [...before, ...words], {
    cwd,
    encoding: 'utf8',
    env: Object.fromEntries(clean),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
/** The cache is asked first: what a checkout has installed is in it. It may know of a package, and not of the newest version that another one needs by now. */
function installed(what: string, cwd: string): void {
  const install = ['install', what, '--no-audit', '--no-fund', '--ignore-scripts']
  try {
    npm([...install, '--prefer-offline'], cwd)
  } catch (cause) {
    if (!/\bETARGET\b/.test(String(cause))) throw cause
    npm([...install, '--prefer-online'], cwd)
  }
}
/** The command as it was installed in a project. */
function triremeIn(project: string, words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = path.join(project, 'node_modules/.bin/trireme-bio')
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: project, encoding: 'utf8', env: { ...process.env, ...env } })
  return { status, stdout, stderr }
}
const trireme = (...words: string[]) => triremeIn(project, words)
/**
 * "npm install" in a project, but what its package.json names comes from this checkout: to install it anew would try npm's network, and nothing
 * of ours.
 */
function installNamed(project: string): void {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'))
  for (const name of Object.keys({ ...dependencies, ...devDependencies }).filter(name => name !== 'trireme-bio')) {
    const place = path.join(project, 'node_modules', name)
    rmSync(place, { recursive: true, force: true }) // a library of ours may have brought its own
    mkdirSync(path.dirname(place), { recursive: true })
    symlinkSync(path.join(root, 'node_modules', name), place)
  }
}
/** A pipeline of a project around its copy of a step whose script needs a library that is no part of the script: sharp. */
const packing = `import { pipeline } from 'trireme-bio'
import { imageArchive, imageTable } from 'trireme-bio/kinds'
import { pack } from '../steps/image/pack.ts'

export const packing = pipeline({
  name: 'packing',
  inputs: { table: imageTable, archive: imageArchive },
  build: ({ table, archive }) => ({ packed: pack({ table, archive, size: 8 }).packed }),
})
`
/** Writes that pipeline with a table of one image, and runs it. */
async function packs(project: string, trireme: (...words: string[]) => { status: number | null; stderr: string }) {
  const [table, archive] = ['table.tsv', 'images.tar'].map(name => path.join(project, name)) as [string, string]
  writeFileSync(path.join(project, 'pipelines/packing.ts'), packing)
  writeFileSync(table, 'image\tgroup\tlabel\tclass\tsplit\tscored\na.png\tp0\t0\tred\ttrain\t1\n')
  const png = await sharp(Buffer.alloc(8 * 8 * 3, 7), { raw: { width: 8, height: 8, channels: 3 } })
    .png()
    .toBuffer()
  const images = tar()
  images.entry({ name: 'a.png' }, png)
  images.finalize()
  await finished(images.pipe(createWriteStream(archive)))
  const { status, stderr } = trireme('run', 'packing', '--table', table, '--archive', archive, '--out', 'packed')
  expect(status, stderr).toBe(0)
  const pixels = readdirSync(path.join(project, 'packed'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.npy'))
  expect(pixels.map(name => readFileSync(path.join(project, 'packed', name)).subarray(-192))).toEqual([Buffer.alloc(192, 7)])
}
const read = (name: string) => readFileSync(path.join(project, name), 'utf8')
const contents = (name: string) => execFileSync('bcftools', ['view', '-H', path.join(project, name)], { encoding: 'utf8' })

beforeAll(() => {
  if (!existsSync(path.join(root, 'dist/cli.js')))
    throw new Error('dist/ is not built, and the package is made of it. Run "npm run build" first.')
  const { filename } = pack(root, '--pack-destination', folder)
  tarball = filename
  mkdirSync(project)
  writeFileSync(path.join(project, 'package.json'), '{ "name": "heart-study" }')
  installed(path.join(folder, filename), project)
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What is packed, by name. A file that fits none has no business in it; a pattern that fits none is out of date. */
const named: readonly RegExp[] = [
  /^(package\.json|README\.md|LICENSE|CITATION\.cff)$/,
  /^bin\/trireme\.mjs$/,
  /^dist\/cli\.(js|d\.ts)$/,
  /^dist\/(core|cli|steps|pipelines|datasets|containers|benchmarks)\/([-\w]+\/)*[-\w]+(\.script)?\.(js|d\.ts)$/,
  /^dist\/core\/([-\w]+\/)+[-\w]+\.sh$/, // what runs inside pods
  /^dist\/cli\/bundle\/run\.sh$/, // what runs a bundle
  /^dist\/steps\/([-\w]+\/)+[-\w]+\.script\.mjs$/,
  /^(dist\/)?steps\/[-\w]+\/[-\w]+\.(py|ipynb|sh)$/,
  /^(dist\/)?datasets\/[-\w]+\/[-\w]+\.(csv|bed|fa)$/,
  /^(dist\/)?datasets\/toy\/(reads\/\w+\.fastq\.gz|truth\/\w+\.vcf\.gz)$/,
  /^dist\/benchmarks\/(arms|scripts)\/[-\w]+\.(py|sh)$/,
  /^dist\/(environments|benchmarks\/prices)\/[-\w]+\.yaml$/,
  /^(steps|pipelines|datasets)\/([-\w]+\/)*[-\w]+(\.test|\.script|\.d)?\.ts$/,
  /^containers\/(images\.ts|install|[-\w]+\/(Dockerfile|package\.json|package-lock\.json))$/,
  /^docs\/(tutorial|how-to|reference|decisions)\/[-\w]+\.md$/,
  /^docs\/reference\/record\.schema\.json$/,
]
interface Packed {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}
const pack = (from: string, ...words: string[]): Packed => JSON.parse(npm(['pack', '--json', '--ignore-scripts', ...words], from))[0]
describe('what is packed', () => {
  const packed = pack(root, '--dry-run')
  const paths = packed.files.map(({ path }) => path)
  test('is small: at most 4 MB, and 16 MB unpacked', () => {
    expect(packed.size).toBeLessThanOrEqual(4_000_000)
    expect(packed.unpackedSize).toBeLessThanOrEqual(16_000_000)
  })
  test('is what is named', () => {
    expect(paths.filter(path => !named.some(pattern => pattern.test(path)))).toEqual([])
    expect(named.filter(pattern => !paths.some(path => pattern.test(path)))).toEqual([])
  })
  test('is nothing that came to lie there: an environment of Python, what editors and compilers leave', () => {
    const copy = path.join(folder, 'littered')
    for (const name of [
      'package.json',
      'README.md',
      'LICENSE',
      'CITATION.cff',
      'bin',
      'dist',
      'steps',
      'pipelines',
      'datasets',
      'containers',
      'docs',
    ])
      cpSync(path.join(root, name), path.join(copy, name), { recursive: true })
    const litter = [
      ...['dist/benchmarks/.venv/lib/python3/site.py', 'dist/benchmarks/.venv/lib/x.js', 'benchmarks/.venv/bin/x.sh', '.bench/bin/x.sh'],
      ...[
        'dist/core/core.tsbuildinfo',
        'datasets/toy/genome.fa.fai',
        'steps/.idea/x.ts',
        'steps/bwa/notes.txt',
        'containers/sbom/reads.json',
      ],
    ]
    for (const name of litter) {
      mkdirSync(path.dirname(path.join(copy, name)), { recursive: true })
      writeFileSync(path.join(copy, name), 'x')
    }
    expect(pack(copy, '--dry-run').files.map(({ path }) => path)).toEqual(paths)
  })
})

describe('installed from its tarball', () => {
  test('it holds what it needs and no more', () => {
    const files = readdirSync(path.join(project, 'node_modules/trireme-bio'), { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'docs/reference/environments.md', // errors name it
        'containers/reads/Dockerfile', // for "trireme images"
        'CITATION.cff',
        'dist/cli.js',
        'steps/bwa/mem.ts',
        'steps/bwa/mem.test.ts',
        'datasets/toy/genome.fa',
      ]),
    )
    expect(files).toEqual(
      expect.arrayContaining(['dist/core/index.d.ts', 'dist/steps/truth/compare.script.mjs', 'dist/datasets/toy/genome.fa']),
    )
    expect(files.filter(name => /^(core|cli|test|scripts|benchmarks)\b|tsbuildinfo|\.fai$/.test(name))).toEqual([])
  })
  test('init makes a project of the folder', () => {
    expect(trireme('init', '.')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^This folder is a project now\.[\s\S]*npx trireme run first/),
    })
    expect(JSON.parse(read('package.json'))).toMatchObject({
      name: 'heart-study',
      type: 'module',
      dependencies: { 'trireme-bio': `file:../${tarball}` },
    })
    installNamed(project)
  })
  test('a project that init makes elsewhere names the tarball too', () => {
    expect(trireme('init', '../lung study')).toMatchObject({ status: 0, stderr: '' })
    const { dependencies } = JSON.parse(readFileSync(path.join(folder, 'lung study/package.json'), 'utf8'))
    expect(dependencies['trireme-bio']).toBe(`file:../${tarball}`)
  })
  test('add copies a step and a pipeline', () => {
    expect(trireme('add', 'samtools/sort')).toMatchObject({ status: 0, stderr: '' })
    expect(trireme('add', 'variant-calling')).toMatchObject({ status: 0, stderr: '' })
    expect(trireme('add', 'samtols/sort')).toMatchObject({ status: 2, stderr: expect.stringContaining('Did you mean "samtools/sort"?') })
    expect(existsSync(path.join(project, 'steps/bwa/mem.ts'))).toBe(true)
    expect(JSON.parse(read('trireme.lock.json')).files['pipelines/variant-calling.ts'].version).toBe('0.1.0')
  })
  test('a copied script finds the library that it needs', async () => {
    expect(trireme('add', 'image/pack')).toMatchObject({ status: 0, stdout: expect.stringContaining('tar-stream') })
    await packs(project, trireme)
    installNamed(project)
  })
  test.each(compilers)('%s accepts all of it', compiler => {
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', '.'], { cwd: project, encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })
  test('the tests that came with the copies pass', () => {
    const words = [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'pipelines/first.test.ts', 'steps/samtools/sort.test.ts']
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: project, encoding: 'utf8' })
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
  }, 120_000)
  test('list shows the project beside the package', () => {
    const { stdout, status } = trireme('list')
    expect(status).toBe(0)
    expect(stdout).toContain('first')
    expect(stdout).toContain('variant-accuracy')
  })
  test("the pipeline of one's own runs", () => {
    const words = ['run', 'first', '--samplesheet', 'samplesheet.csv', '--reference', 'data/genome.fa', '--out', 'results']
    const first = trireme(...words)
    expect(first, first.stderr).toMatchObject({ status: 0 })
    expect(readdirSync(path.join(project, 'results/alignments')).sort()).toEqual(
      expect.arrayContaining(['sample1_L1.bam', 'sample1_L1.bam.bai']),
    )
    expect(Number(/ mapped \((\d+)/.exec(read('results/counts/sample1_L1.txt'))?.[1])).toBeGreaterThan(95)
  }, 120_000)
  test('the copied pipeline runs, and a change to a copied step takes effect', () => {
    const words = [
      'run',
      'variant-calling',
      '--samplesheet',
      'samplesheet.csv',
      '--reference',
      'data/genome.fa',
      '--ploidy',
      '1',
      '--no-qc',
      '--out',
      'calls',
    ]
    const done = trireme(...words)
    expect(done, done.stderr).toMatchObject({ status: 0 })
    expect(contents('calls/variants/joint.filtered.vcf.gz').split('\n').length).toBeGreaterThan(40)
    const step = path.join(project, 'steps/bcftools/filter.ts')
    writeFileSync(step, readFileSync(step, 'utf8').replace("name: 'bcftools-filter'", "name: 'my-filter'"))
    expect(trireme('plan', ...words.slice(1)).stdout).toContain('my-filter')
    expect(trireme('diff').stdout).toMatch(/^changed by you +steps\/bcftools\/filter\.ts$/m)
  }, 120_000)
})

describe('linked: "npm install" of a checkout', () => {
  const trireme = (...words: string[]) => triremeIn(linked, words)
  beforeAll(() => {
    mkdirSync(linked)
    writeFileSync(path.join(linked, 'package.json'), '{ "name": "linked" }')
    installed(root, linked)
  }, 180_000)
  test('npm links it, and installs no library in the project', () => {
    expect(realpathSync(path.join(linked, 'node_modules/trireme-bio'))).toBe(realpathSync(root))
    expect(existsSync(path.join(linked, 'node_modules/sharp'))).toBe(false)
  })
  test('a project that init makes elsewhere names the checkout', () => {
    expect(trireme('init', '../ear')).toMatchObject({ status: 0, stderr: '' })
    const { dependencies } = JSON.parse(readFileSync(path.join(folder, 'ear/package.json'), 'utf8'))
    expect(path.resolve(folder, 'ear', dependencies['trireme-bio'].replace(/^file:/, ''))).toBe(realpathSync(root))
  })
  test('a copied script finds the library that it needs, though the project has none', async () => {
    expect(trireme('init', '.')).toMatchObject({ status: 0, stderr: '' })
    installNamed(linked)
    for (const name of ['image/pack', 'idr-sweep', 'variant-accuracy'])
      expect(trireme('add', name)).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(path.join(linked, 'node_modules/sharp'))).toBe(false)
    await packs(linked, trireme)
  }, 120_000)
  test.each(compilers)('with what package.json names, %s accepts every copy', compiler => {
    installNamed(linked)
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', '.'], { cwd: linked, encoding: 'utf8' })
    expect([status, stdout]).toEqual([0, ''])
  })
  test('the tests that came with the copies pass', () => {
    const words = [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'steps/image/pack.test.ts', 'steps/samtools/sort.test.ts']
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: linked, encoding: 'utf8' })
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
  }, 120_000)
})

/** A registry that has this package alone: what it needs is linked, as npm's network is not what is tried. */
async function registry(): Promise<{ readonly address: string; readonly end: () => void }> {
  const content = readFileSync(path.join(folder, tarball))
  const { dependencies: _, devDependencies: __, scripts: ___, ...told } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`
  let address = ''
  const server = createServer(({ url }, answer) => {
    if (url?.endsWith('.tgz')) return answer.end(content)
    if (url !== '/trireme-bio') return answer.writeHead(404).end('{}')
    const dist = { tarball: `${address}trireme-bio/-/trireme-bio-${told.version}.tgz`, integrity }
    answer.setHeader('content-type', 'application/json')
    answer.end(JSON.stringify({ name: told.name, 'dist-tags': { latest: told.version }, versions: { [told.version]: { ...told, dist } } }))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the registry has no port')
  address = `http://127.0.0.1:${bound.port}/`
  return { address, end: () => server.close() }
}
describe('from a registry', () => {
  beforeAll(async () => {
    mkdirSync(fetched)
    writeFileSync(path.join(fetched, 'package.json'), '{ "name": "fetched" }')
    const { address, end } = await registry()
    const words = ['install', 'trireme-bio', '--registry', address, '--no-audit', '--no-fund', '--ignore-scripts']
    await promisify(execFile)('npm', words, { cwd: fetched }).finally(end)
    const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
    for (const name of Object.keys(dependencies)) {
      const place = path.join(fetched, 'node_modules', name)
      mkdirSync(path.dirname(place), { recursive: true })
      symlinkSync(path.join(root, 'node_modules', name), place)
    }
  }, 180_000)
  test('a project names the version of the registry', () => {
    expect(triremeIn(fetched, ['init', '.', '--template', 'image-classification'])).toMatchObject({ status: 0, stderr: '' })
    const { dependencies } = JSON.parse(readFileSync(path.join(fetched, 'package.json'), 'utf8'))
    expect(dependencies['trireme-bio']).toBe('^0.1.0')
    installNamed(fetched)
  })
})

describe('a copied pipeline', () => {
  const store = path.join(folder, 'store')
  const run = (project: string, pipeline: string, ...words: string[]) => {
    const files = ['--images', path.join(fetched, 'images'), '--sheet', path.join(fetched, 'sheet.csv'), '--out', 'classified']
    const done = triremeIn(project, ['run', pipeline, ...files, ...words], { TRIREME_STORE: store })
    expect(done, done.stderr).toMatchObject({ status: 0 })
    return done.stderr
  }
  const brief = ['--size', '96', '--epochs', '1', '--patches', '2', '--batch', '8']
  const ways = { registry: fetched, tarball: project, link: linked }
  test.each(Object.entries(ways))(
    'of the package that came by %s names what it needs, compiles and runs',
    (way, project) => {
      const added = triremeIn(project, ['add', 'image-classification'])
      expect(added, added.stderr).toMatchObject({ status: 0, stderr: '' })
      const { dependencies, devDependencies } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'))
      expect(dependencies.sharp ?? (way === 'registry' ? undefined : devDependencies.sharp)).toBeDefined()
      installNamed(project)
      const { status, stdout } = spawnSync(process.execPath, [compilers[0]!, '-p', '.'], { cwd: project, encoding: 'utf8' })
      expect([status, stdout]).toEqual([0, ''])
      // A copy is what it was copied from: what one way has made is there for the others.
      expect(run(project, 'image-classification', ...brief)).toMatch(
        way === 'registry' ? /[1-9]\d* steps ran, 0 cached/ : /nothing had to run|\b0 steps ran/,
      )
      expect(readFileSync(path.join(project, 'classified/model/card.md'), 'utf8')).toContain('# Model card')
    },
    300_000,
  )
  test('of a template runs by the one command of its README', () => {
    const [, command = ''] = /&& npx trireme (run .*)$/m.exec(readFileSync(path.join(fetched, 'README.md'), 'utf8')) ?? []
    const done = triremeIn(fetched, command.split(' '), { TRIREME_STORE: store })
    expect(done, done.stderr).toMatchObject({ status: 0 })
    expect(readFileSync(path.join(fetched, 'results/model/card.md'), 'utf8')).toContain('Forty SYNTHETIC images of cells in twenty dishes')
  }, 300_000)
})
