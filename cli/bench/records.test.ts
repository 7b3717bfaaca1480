import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { scratch } from '../../core/testing.ts'
import { resealed, seededRecord } from '../../test/seeded-record.ts'
import { noteLine } from '../display/print.ts'
import { program } from '../program.ts'
import { packageRoot } from '../project/package.ts'

// The verbs of `trireme bench` that only read records.

let folder: string
const at = (name: string) => path.join(folder, name)
/** In this process, since it is quick. */
async function bench(...words: string[]) {
  const [out, err] = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')].map(spy => spy.mockReturnValue(true))
  const all = ['bench', ...words]
  const code = await (await program(all))
    .parseAsync(all, { from: 'user' })
    .then(() => 'none')
    .catch(cause => {
      noteLine(cause.message)
      return cause.code
    })
  const [stdout, stderr] = [out, err].map(spy => spy!.mock.calls.map(([text]) => text).join(''))
  for (const spy of [out, err]) spy!.mockRestore()
  return { code, stdout: stdout!, stderr: stderr! }
}
const kept = 'benchmarks/results/amd-epyc-2-cores/seeded-20260102T030405Z.json'
const home = process.cwd()
afterEach(() => process.chdir(home))
beforeEach(() => {
  folder = scratch()
  process.chdir(folder)
  writeFileSync(at('a.json'), seededRecord())
})

test('a record that proves itself enters, once, and nothing else does', async () => {
  const text = readFileSync(at('a.json'), 'utf8')
  writeFileSync(
    at('edited.json'),
    resealed(text, ({ derived }) => Object.assign(derived.figures[2]!.wall, { value: 7 })),
  )
  expect(await bench('import', 'edited.json')).toMatchObject({
    code: 'INPUT',
    stderr: expect.stringMatching(
      /^edited\.json was not taken in, for it does not prove itself:\n {2}figures › training · nirschl · workstation · warm: wall 7 is not what the runs give, \d\.\d+\nAsk for the file as it was written\.\n$/,
    ),
  })
  expect(await bench('import', 'a.json')).toEqual({ code: 'none', stdout: `a.json proves itself, and is kept as ${kept}.\n`, stderr: '' })
  expect(readFileSync(at(kept), 'utf8')).toBe(text)
  expect((await bench('import', 'a.json')).stdout).toBe(`a.json is there already, as ${kept}.\n`)
  expect(readdirSync(path.dirname(at(kept)))).toHaveLength(1)
  const older = path.join(packageRoot, 'benchmarks/results/amd-epyc-2-cores/script-20261124T024423Z.json')
  expect(await bench('import', older)).toMatchObject({ code: 'INPUT', stderr: expect.stringContaining('is a record of format 1') })
})
test('verify takes names of comparisons, too, and finds a faulty record by the name of its file', async () => {
  await bench('import', 'a.json')
  expect((await bench('verify', 'seeded')).stdout).toMatch(new RegExp(`^${kept}: all \\d+ rows of figures follow`))
  writeFileSync(at(kept), '{')
  expect(await bench('verify', 'seeded')).toMatchObject({
    code: 'INPUT',
    stderr: expect.stringMatching(`^1 of 1 record does not prove itself:\n${kept}:\n`),
  })
  expect((await bench('verify', 'seedling')).stderr).toMatch(
    /^There is no file seedling, and no record of that name\. Give the file of a record, as "trireme bench run" writes them, or the name of a comparison that has records;/,
  )
})
test('verify says which of the two it looked for, careless change or deliberate', async () => {
  expect(await bench('verify', 'a.json')).toEqual({
    code: 'none',
    stdout:
      'a.json: all 6 rows of figures follow from its 16 runs, and its seal holds: no careless change. Deliberate changes were not looked for: it is not signed.\n',
    stderr: '',
  })
  writeFileSync(at('cut.json'), readFileSync(at('a.json'), 'utf8').slice(0, 5000))
  const both = await bench('verify', 'a.json', 'cut.json')
  expect(both).toMatchObject({ code: 'INPUT', stdout: expect.stringMatching(/^a\.json: all 6 rows/) })
  expect(both.stderr).toMatch(/^1 of 2 records does not prove itself:\ncut\.json:\n {2}It is cut short: after line \d+ there is no more\./)
})
test.skipIf(spawnSync('ssh-keygen', ['-?']).error !== undefined)(
  'a signature travels with its record (skipped: no ssh-keygen)',
  async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('key')])
    writeFileSync(at('signers'), `ada@example.org ${readFileSync(at('key.pub'), 'utf8')}`)
    expect(await bench('sign', 'a.json', '--key', 'key')).toMatchObject({
      code: 'none',
      stdout: 'Signed: a.json.sig. "trireme bench verify a.json --signers FILE" looks at it.\n',
    })
    expect((await bench('verify', 'a.json')).stdout).toContain('it is signed, give --signers to look at that.')
    await bench('import', 'a.json')
    expect((await bench('verify', '--signers', 'signers')).stdout).toMatch(
      new RegExp(`^${kept}: .* Signed by ada@example\\.org: no deliberate change by anybody else\\.\n$`),
    )
    writeFileSync(at(kept), seededRecord({ seed: 2 }))
    expect(await bench('verify', '--signers', 'signers')).toMatchObject({
      code: 'INPUT',
      stderr: expect.stringContaining('its signature does not hold'),
    })
  },
)
test('records are shown, compared, told over time and made into tables', async () => {
  await bench('import', 'a.json')
  expect((await bench('show', 'seeded')).stdout).toContain('| whole      | nirschl  | workstation | 8    |')
  expect((await bench('show', 'a.json', '--json')).stdout).toBe(readFileSync(at('a.json'), 'utf8'))
  expect(await bench('show', 'sedeed')).toMatchObject({
    code: 'USAGE',
    stderr: expect.stringContaining(
      'There is no file sedeed, and no record of a comparison sedeed in benchmarks/results. Did you mean "seeded"?',
    ),
  })
  writeFileSync(at('b.json'), seededRecord({ arms: { nirschl: [4, 1], resnet18: [20, 5] } }))
  expect((await bench('compare', 'a.json', 'b.json')).stdout).toMatch(
    /\| training · nirschl · workstation +\| 8\.\d+ \(.*\) +\| \d\.\d+ \(.*\) +\| 0\.\d+ +\| B is faster +\|/,
  )
  writeFileSync(at('c.json'), seededRecord({ definition: { warmups: 3 } }))
  expect(await bench('compare', 'a.json', 'c.json')).toMatchObject({
    code: 'INPUT',
    stderr: 'These records cannot be compared:\n  Their definition differs: warmups (A 0, B 3).\n',
  })
  expect((await bench('history', 'seeded')).stdout).toMatch(/^whole · nirschl · workstation on AMD EPYC, 2 cores\n\n\| when /)
  expect((await bench('table')).stdout).toMatch(/^### seeded, 2026-01-02, AMD EPYC, 2 cores\n\n\| measure /)
  expect((await bench('table', '--csv', 'seeded')).stdout.split('\n')[1]).toMatch(
    /^benchmarks\/results\/.*,whole,nirschl,workstation,warm,wall,s,/,
  )
  const older = path.join(packageRoot, 'benchmarks/results/amd-epyc-2-cores/script-20261124T024423Z.json')
  expect((await bench('show', older)).stdout).toContain('| what ')
  expect((await bench('table', older)).stdout).toMatch(/^### script, 2026-11-24, AMD EPYC, 2 cores\n\n\| what /)
})
test('what does not prove itself is said to be so wherever it is shown', async () => {
  const edited = readFileSync(at('a.json'), 'utf8').replace('"seed": 1', '"seed": 2')
  writeFileSync(at('edited.json'), edited)
  expect((await bench('show', 'edited.json')).stderr).toContain(
    'edited.json does not prove itself, do not rely on it:\n  Its seal is broken',
  )
  await bench('import', 'a.json')
  writeFileSync(at(kept), edited)
  expect(await bench('table')).toMatchObject({
    code: 'none',
    stdout: 'There is no record in benchmarks/results. "trireme bench run NAME" makes one.\n',
    stderr: `${kept} does not prove itself, and is left out. "trireme bench verify ${kept}" says why.\n`,
  })
})
