import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// What a user gets: the package as npm packs it, installed in an empty project.

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-package-'))
const project = path.join(folder, 'heart study')
const compilers = ['typescript', 'typescript-5'].map(name => path.join(root, 'node_modules', name, 'bin/tsc'))

/** npm as it runs us, or the one on PATH. The cache is asked first: what a checkout has installed is in it. */
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
function trireme(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(path.join(project, 'node_modules/.bin/trireme'), words, { cwd: project, encoding: 'utf8' })
  return { status, stdout, stderr }
}
const read = (name: string) => readFileSync(path.join(project, name), 'utf8')
const contents = (name: string) => execFileSync('bcftools', ['view', '-H', path.join(project, name)], { encoding: 'utf8' })

beforeAll(() => {
  if (!existsSync(path.join(root, 'dist/cli.js')))
    throw new Error('dist/ is not built, and the package is made of it. Run "npm run build" first.')
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root))
  mkdirSync(project)
  writeFileSync(path.join(project, 'package.json'), '{ "name": "heart-study" }')
  npm(['install', path.join(folder, filename), '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], project)
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
      dependencies: { 'trireme-bio': expect.stringMatching(/^file:/) },
    })
    // Its development tools are this checkout's: to install them anew would try npm's network, and nothing of ours.
    mkdirSync(path.join(project, 'node_modules/@types'), { recursive: true })
    for (const name of ['vitest', '@types/node']) {
      rmSync(path.join(project, 'node_modules', name), { recursive: true, force: true }) // a library of ours may have brought its own
      symlinkSync(path.join(root, 'node_modules', name), path.join(project, 'node_modules', name))
    }
  })
  test('add copies a step and a pipeline', () => {
    expect(trireme('add', 'samtools/sort')).toMatchObject({ status: 0, stderr: '' })
    expect(trireme('add', 'variant-calling')).toMatchObject({ status: 0, stderr: '' })
    expect(trireme('add', 'samtols/sort')).toMatchObject({ status: 2, stderr: expect.stringContaining('Did you mean "samtools/sort"?') })
    expect(existsSync(path.join(project, 'steps/bwa/mem.ts'))).toBe(true)
    expect(JSON.parse(read('trireme.lock.json')).files['pipelines/variant-calling.ts'].version).toBe('0.1.0')
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
