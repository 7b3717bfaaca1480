import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AnyComparison, ArmFolders } from '../../benchmarks/harness/comparison.ts'
import { comparison } from '../../benchmarks/harness/define.ts'
import { derive } from '../../benchmarks/harness/derive/derive.ts'
import { type Clocks, clocks } from '../../benchmarks/harness/measure.ts'
import { sealedRecord } from '../../benchmarks/harness/record-text.ts'
import { orderOf, type Place } from '../../benchmarks/harness/rounds.ts'
import { verifyText } from '../../benchmarks/harness/verify/verify.ts'
import { scratch } from '../../core/testing.ts'
import { takeTurn } from './lock.ts'
import { observe } from './session.ts'

const writing = (text: string, seconds = 0.01) => ({
  command: ({ folder }: ArmFolders) => ({ argv: ['sh', '-c', `sleep ${seconds}; printf %s ${text} >${folder}/made`] }),
  check: ({ folder }: ArmFolders) => {
    if (made({ folder }) !== text) throw new Error(`${made({ folder })} was made`)
  },
})
const made = ({ folder }: { readonly folder: string }) => readFileSync(path.join(folder, 'made'), 'utf8')
const tiny = {
  name: 'tiny',
  about: 'Ways to write a word',
  arms: { one: writing('word'), two: writing('word'), three: writing('word') },
  outputs: { read: (at: ArmFolders) => ({ word: made(at) }) },
  warmups: 1,
  runs: { least: 3, most: 3 },
}
let store: string
beforeEach(() => {
  store = scratch()
})
const bench = (
  change: object = {},
  at: {
    readonly clock?: Clocks
    readonly signal?: AbortSignal
    readonly log?: (line: string) => void
    readonly running?: (group?: number) => void
  } = {},
  asked: object = {},
) =>
  observe(
    {
      name: 'tiny',
      place: 'tiny',
      exported: 'tiny',
      home: 'project',
      file: fileURLToPath(import.meta.url),
      it: comparison({ ...tiny, ...change } as never) as AnyComparison,
    },
    {
      environments: undefined,
      rounds: undefined,
      limit: undefined,
      install: false,
      quick: false,
      seed: 5,
      store,
      code: { version: '0.1.0', why: 'this is a test' },
      ...asked,
    },
    { signal: new AbortController().signal, running: () => {}, log: () => {}, ...at },
  )
const placesOf = (runs: readonly Place[]) => runs.map(({ arm, environment, caches }) => ({ arm, environment, caches }))
const three: readonly Place[] = Object.keys(tiny.arms).map(arm => ({ arm, environment: 'workstation', caches: 'warm' }))
/** Stops when so many runs have been told. */
function stopAfter(n: number) {
  const stop = new AbortController()
  let told = 0
  const log = (line: string) => {
    if (/^(round|warm-up) /.test(line) && ++told === n) stop.abort(new Error('stopped'))
  }
  return { signal: stop.signal, log }
}

test('every arm runs once a round, in the order that the seed gives; the record proves itself and names nobody', async () => {
  const { observed, written } = await bench()
  const rounds = [0, 1, 2].map(n => orderOf(three, 5, n, false))
  expect(placesOf(observed.runs)).toEqual([...orderOf(three, 5, 0, true), ...rounds.flat()])
  expect(observed.runs.map(({ warmup }) => warmup)).toEqual([...Array(3).fill(true), ...Array(9).fill(false)])
  for (const run of observed.runs) {
    expect(run.wall).toBeGreaterThan(0.01)
    expect(run).toMatchObject({ outputs: { word: 'word' }, quality: {}, events: [] })
    expect(run.memory).toBeGreaterThan(0)
  }
  const text = sealedRecord({ ...observed, derived: derive(observed) })
  expect(verifyText(text).faults).toEqual([])
  for (const secret of [os.hostname(), os.userInfo().username, os.homedir(), process.cwd(), store]) expect(text).not.toContain(`${secret}/`)
  expect(text).not.toMatch(/"\/|=\/| \/[a-z]/)
  expect(observed.definition.arms.one).toEqual({ command: ['sh', '-c', 'sleep 0.01; printf %s word >{folder}/made'] })
  expect(Object.keys(observed.sources)).toContain('cli/bench/session.test.ts')
  written()
  expect(readdirSync(path.join(store, 'bench'))).toEqual([])
})
test('what was measured survives an interruption, and the next call goes on', async () => {
  let setups = 0
  const setup = () => void setups++
  await expect(bench({ setup }, stopAfter(5))).rejects.toThrow('stopped')
  const { observed } = await bench({ setup })
  expect(observed.runs).toHaveLength(12)
  expect(placesOf(observed.runs.slice(6, 12))).toEqual([...orderOf(three, 5, 1, false), ...orderOf(three, 5, 2, false)])
  expect(observed.sessions).toHaveLength(2)
  expect(setups).toBe(1)
  expect(verifyText(sealedRecord({ ...observed, derived: derive(observed) })).faults).toEqual([])
})
test('a limit ends after the last whole round that fits; the first is run whole, however long it takes', async () => {
  let passed = 0
  const clock = { monotonic: () => clocks.monotonic() + passed, calendar: () => clocks.calendar() + passed }
  let runs = 0
  const log = (line: string) => {
    if (/(warm-up|round) \d+ of \d+: .* CPU /.test(line) && ++runs % 3 === 0) passed += 100 // after each round, the warm-up among them
  }
  const rounds = async (limit: number) => {
    store = scratch()
    const { observed } = await bench(
      { arms: { one: writing('word'), two: writing('word'), three: writing('word') } },
      { clock, log },
      { limit },
    )
    expect(observed.definition.runs).toMatchObject({ least: 3, most: 3 })
    return observed.runs.filter(({ warmup }) => !warmup).length / 3
  }
  expect(await rounds(50)).toBe(1)
  expect(await rounds(290)).toBe(1)
  expect(await rounds(390)).toBe(2)
  expect(await rounds(1000)).toBe(3)
})
test('with another definition nothing of it is taken over', async () => {
  await expect(bench({}, stopAfter(5))).rejects.toThrow('stopped')
  const { observed } = await bench({ about: 'Other ways' })
  expect(observed.sessions).toHaveLength(1)
})
test('a definition that no record could hold is refused before anything is measured', async () => {
  const quality = { share: { about: 'a', unit: 3, read: () => 1 } }
  await expect(bench({ quality })).rejects.toThrow(
    'The comparison "tiny" does not fit into a record: quality › share › unit: Invalid input: expected string, received number. Nothing was measured. Correct it.',
  )
  expect(
    existsSync(path.join(store, 'bench')) && readdirSync(path.join(store, 'bench')).some(name => /^tiny-[0-9a-f]{12}$/.test(name)),
  ).toBe(false)
})
test('a stopped run leaves no process', async () => {
  const stop = new AbortController()
  const file = path.join(store, 'pid')
  const slow = { command: () => ({ argv: ['sh', '-c', `echo $$ >${file}; exec sleep 600`] }), check: () => {} }
  const looking = setInterval(() => {
    if (existsSync(file) && readFileSync(file, 'utf8') !== '') stop.abort(new Error('stopped'))
  }, 20)
  await expect(bench({ arms: { slow } }, { signal: stop.signal })).rejects.toThrow('stopped')
  clearInterval(looking)
  expect(() => process.kill(Number(readFileSync(file, 'utf8')), 0)).toThrow('ESRCH')
})
describe('runs that do not count', () => {
  const kept = async (change: object, at: object = {}) => {
    const fault = await bench(change, at).then(
      () => 'none',
      (cause: Error) => cause.message,
    )
    const [folder = ''] = readdirSync(path.join(store, 'bench')).filter(name => /^tiny-[0-9a-f]{12}$/.test(name))
    const lines = readFileSync(path.join(store, 'bench', folder, 'measured.jsonl'), 'utf8')
    return { fault, runs: lines.split('\n').filter(line => line.startsWith('{"run"')).length }
  }
  test('an arm that fails is told with its last words, and what came before is kept', async () => {
    const arms = {
      one: writing('word'),
      two: { command: () => ({ argv: ['sh', '-c', 'echo no such thing >&2; exit 3'] }), check: () => {} },
    }
    expect(orderOf([three[0]!, three[1]!], 5, 0, true)[0]!.arm).toBe('one') // with this seed
    expect(await kept({ arms })).toEqual({
      fault:
        'The arm "two" in workstation ended with status 3:\nno such thing\nWhat was measured before is kept: when this is mended, the same command goes on from there.',
      runs: 1,
    })
  })
  test('work that is not proved', async () => {
    const arms = {
      one: {
        ...writing('word'),
        check: () => {
          throw new Error('0 of 1 files were made')
        },
      },
    }
    expect(await kept({ arms })).toEqual({
      fault: 'The arm "one" in workstation does not prove that it did its work: 0 of 1 files were made',
      runs: 0,
    })
  })
  test('a quality that is no figure', async () => {
    const quality = { share: { about: 'a', read: () => Number.NaN } }
    const { fault } = await kept({ arms: { one: writing('word') }, quality })
    expect(fault).toBe(
      'The arm "one" in workstation has a share of NaN, which is no figure. Look at what reads it, and at what the arm wrote.',
    )
  })
  test('outputs that are none, and parts that took no time that can be told', async () => {
    const arms = { one: writing('word') }
    expect(await kept({ arms, outputs: { read: () => undefined } })).toEqual({
      fault: 'The arm "one" in workstation has outputs that are nothing. Have "read" give figures or digests by name.',
      runs: 0,
    })
    store = scratch()
    const parts = () => ({ reading: { wall: Number.NaN, cpu: 1 } })
    expect(await kept({ arms: { one: { ...writing('word'), parts } }, parts: ['reading'] })).toEqual({
      fault: expect.stringMatching(/^The arm "one" in workstation told what fits into no record: events › 2 › at: .*NaN\.$/),
      runs: 0,
    })
  })
  test('a clock that jumps: the run is repeated, and its fault is kept', async () => {
    let asked = 0
    const clock = { ...clocks, calendar: () => clocks.calendar() + (++asked === 4 ? 3600 : 0) } // the end of the second run
    const { observed } = await bench({}, { clock })
    expect(observed.failed).toHaveLength(1)
    expect(observed.failed[0]!.why).toMatch(/^the clock of this machine was set by 36\d\d\.\d s while it ran$/)
    expect(observed.runs).toHaveLength(12)
  })
  test('a run of zero length, three times', async () => {
    const clock = { ...clocks, monotonic: () => 1 }
    const { fault } = await kept({ arms: { one: writing('word') } }, { clock })
    expect(fault).toBe('The arm "one" in workstation did not count three times: it took no time that the clock can tell: 0 s.')
  })
  test('a disk that is full', async () => {
    let runs = 0
    const fill = {
      ...writing('word'),
      check: () => {
        if (++runs !== 2) return
        const folder = path.join(store, 'bench', readdirSync(path.join(store, 'bench')).find(name => /^tiny-[0-9a-f]{12}$/.test(name))!)
        rmSync(path.join(folder, 'measured.jsonl'))
        symlinkSync('/dev/full', path.join(folder, 'measured.jsonl'))
      },
    }
    await expect(bench({ arms: { one: fill } })).rejects.toThrow('ENOSPC')
  })
  test('a measure that no arm has a step of', async () => {
    const parts = { arms: { one: { ...writing('word'), parts: () => ({ align: { wall: 0.001, cpu: 0 } }) } }, parts: ['align', 'call'] }
    expect((await bench({ ...parts, measures: { aligning: ['align'] } })).observed.runs[0]!.events).toHaveLength(3)
    expect((await kept({ ...parts, measures: { calling: ['call'] } })).fault).toBe(
      'No arm ran a step of the measure "calling": call. Those that ran: align.',
    )
  })
})
test('an arm that needs what is not here is not measured, and one of minutes runs once', async () => {
  const settings = { two: { gpu: 99 }, three: { once: true } }
  const { observed } = await bench({ settings })
  expect(observed.unmeasured).toEqual([
    { arm: 'two', environment: 'workstation', why: expect.stringMatching(/^it takes 99 GPUs, and this machine has (none|\d)$/) },
  ])
  expect(observed.runs.map(({ arm }) => arm).sort()).toEqual(['one', 'one', 'one', 'one', 'three'])
  await expect(bench({ arms: { one: writing('word') }, settings: { one: { cpu: 4096 } } })).rejects.toThrow(
    /^Nothing of tiny can be measured here: it takes 4096 cores, and this machine has \d+\.$/,
  )
})
test('a quick run has three rounds, and leaves out what it says', async () => {
  const { observed } = await bench(
    { quick: { without: ['three'] }, runs: { least: 20 }, claims: [{ of: 'wall', arm: 'three', most: 9 }] },
    {},
    { quick: true },
  )
  expect(Object.keys(observed.definition.arms)).toEqual(['one', 'two'])
  expect(observed).toMatchObject({
    quick: true,
    definition: { runs: { least: 3, most: 3 }, claims: [], outputs: { equal: [['one', 'two']] } },
  })
  expect(observed.runs).toHaveLength(8)
})
describe('two benches at once on one machine', () => {
  const before = process.env.TMPDIR
  beforeEach(() => {
    process.env.TMPDIR = scratch() // the turn is taken in it, and other tests take it too
  })
  afterEach(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  test('the second is told who measures, and the turn is given back', () => {
    const turn = takeTurn()
    expect(() => takeTurn()).toThrow(
      `Another "trireme bench" measures on this machine, process ${process.pid}: the two would measure each other.`,
    )
    turn.end()
    takeTurn().end()
  })
  test('a folder for turns that is not there is said to be so', () => {
    const there = process.env.TMPDIR
    process.env.TMPDIR = path.join(scratch(), 'gone')
    try {
      expect(() => takeTurn()).toThrow(
        /gone\/trireme-bench\.lock cannot be written \(ENOENT\), by which benches take turns\. Give a folder that is there and can be written in TMPDIR\. Nothing was measured\.$/,
      )
    } finally {
      process.env.TMPDIR = there
    }
  })
  test('what a killed bench measured is looked for, as long as it runs', () => {
    const group = path.join(os.tmpdir(), 'trireme-bench.group')
    const turn = takeTurn()
    turn.running(2 ** 22 + 1) // no system has so high a number
    turn.end()
    takeTurn().end()
    const measured = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }) // in a group of its own
    try {
      writeFileSync(group, String(measured.pid))
      expect(() => takeTurn()).toThrow(
        `A "trireme bench" was killed, and what it measured still runs: the group of process ${measured.pid}.`,
      )
    } finally {
      measured.kill('SIGKILL')
    }
    takeTurnAfter(group)
  })
})
function takeTurnAfter(group: string): void {
  rmSync(group)
  takeTurn().end()
  expect(existsSync(path.join(os.tmpdir(), 'trireme-bench.lock'))).toBe(false)
}
