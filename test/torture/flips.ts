import { chmodSync, cpSync, lstatSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expected } from '../../cli/history/expected.ts'
import { sweep } from '../../cli/history/free-space.ts'
import { remember, remembered } from '../../cli/history/recipes.ts'
import { eventsOf, Recorder, runsOf } from '../../cli/history/record.ts'
import { TriremeError } from '../../core/errors.ts'
import type { Event } from '../../core/events.ts'
import { keys as keysOf, versionFrom } from '../../core/graph/key.ts'
import { nearestRecipe } from '../../core/graph/key-difference.ts'
import { filesOf, type Placed } from '../../core/graph/place.ts'
import { readyTools } from '../../core/host/tools.ts'
import { each, kind, many, mib, optional, plan, type Ref, run, source, step, tool } from '../../core/index.ts'
import { readLines, readSealed } from '../../core/store/sealed.ts'
import { Store } from '../../core/store/store.ts'
import { runLocally } from '../../core/targets/local/index.ts'

// A small store with every kind of entry, and what becomes of it when a byte of one of its files is lost or changed.

const text = kind('text', { extension: '.txt' })
const common = { image: 'i', needs: { cpu: 1, memory: mib(64) } }
const sort = tool({
  name: 'sort',
  homepage: 'https://www.gnu.org/software/coreutils/',
  licence: 'GPL-3.0-or-later',
  version: { argv: ['sort', '--version'], match: /^sort .*?(\d+\.\d+)/m },
  accepts: '*',
})
const first = (note: string) =>
  step({
    ...common,
    name: 'first',
    inputs: { from: text },
    outputs: { to: text },
    streams: ['to'],
    command: ({ from, to }) => run('sh', '-c', `: ${note}; cat "$1"`, 'sh', from).into(to),
  })
const copy = (name: string) =>
  step({
    ...common,
    name,
    inputs: { from: text },
    outputs: { to: text },
    streams: ['from', 'to'],
    command: ({ from, to }) => run('cat', from).into(to),
  })
const parts = step({
  ...common,
  name: 'parts',
  tools: [sort],
  inputs: { from: text },
  outputs: { parts: many(text), rest: optional(text), made: text, also: text },
  command: ({ from, ...out }) =>
    run(
      ...[
        'sh',
        '-c',
        'for n in 1 2 10; do echo "$n" | sort - "$1" >"$2/$n.txt"; done; echo r >"$3"; echo made >"$4"; echo also >"$5"',
        'sh',
      ],
      ...[from, out.parts, out.rest, out.made, out.also],
    ),
})
const leavesOut = step({
  ...common,
  name: 'leaves-out',
  inputs: { from: text },
  outputs: { here: text, gone: optional(text) },
  command: ({ from, here, gone }) => run('sh', '-c', 'cp "$1" "$2"; : "$3"', 'sh', from, here, gone),
})
const joined = step({
  ...common,
  name: 'joined',
  inputs: { from: many(text) },
  outputs: { all: text },
  command: ({ from, all }) => run('cat', from).into(all),
})
/** @param note changes the first step, and nothing of what it writes: what follows is found by its content */
function results(given: Ref<typeof text>, note: string) {
  const begun = first(note)({ from: given }).to
  const list = parts({ from: copy('second')({ from: copy('piped')({ from: begun }).to }).to })
  const { ends } = each(list.parts, one => ({ ends: copy('end')({ from: one }).to }))
  const { here, gone } = leavesOut({ from: list.made })
  return { begun, list: list.parts, rest: list.rest, also: list.also, here, gone, all: joined({ from: ends }).all }
}
/** What became of a store with one damaged file: nothing, steps that ran again, an error in words. The other two must not be. */
export interface Verdict {
  readonly outcome: 'no matter' | 'made again' | 'refused' | 'believed' | 'crashed'
  /** What it told otherwise than the undamaged store, or an error. */
  readonly words?: string
}
export class FragileStore {
  readonly root: string
  readonly #folder: string
  #whole: Readonly<Record<string, string>> = {}
  #steps = 0
  constructor(folder: string) {
    this.#folder = folder
    this.root = path.join(folder, 'store')
  }
  /** Makes it by two runs, with the records of the command line; the second finds by their content what the first has made. */
  async make(): Promise<void> {
    writeFileSync(path.join(this.#folder, 'input.txt'), '3\n')
    await new Promise(done => setTimeout(done, 150)) // a digest is remembered where the last change is a while ago
    for (const note of ['one', 'two']) await this.#run(note)
    const { whole } = this
    cpSync(this.root, whole, { recursive: true })
    this.restore()
    const { told, started } = await this.#run('two')
    if (started > 0) throw new Error('the undamaged store is not believed')
    this.#whole = told
  }
  get whole(): string {
    return path.join(this.#folder, 'whole')
  }
  /** Small files of the store, by their names below it. */
  get files(): readonly string[] {
    return readdirSync(this.whole, { recursive: true, encoding: 'utf8' })
      .filter(name => lstatSync(path.join(this.whole, name)).isFile() && lstatSync(path.join(this.whole, name)).size <= 1 << 14)
      .sort()
  }
  /** As it was made: whatever a damaged byte has caused is undone. */
  restore(): void {
    rmSync(this.root, { recursive: true, force: true })
    cpSync(this.whole, this.root, { recursive: true })
    // Records are younger than the files that they describe.
    for (const name of this.files) if (name.endsWith('/record.json')) utimesSync(path.join(this.root, name), new Date(), new Date())
  }
  /** Gives it the form that versions before this one gave to a store: records and lines without digests. */
  age(): void {
    for (const name of this.files) {
      const file = path.join(this.whole, name)
      const lines = () => readLines(file).map(line => ({ ...line, ...('record' in line && { record: undefined }) }))
      chmodSync(file, 0o644)
      if (name.endsWith('/record.json')) writeFileSync(file, `${JSON.stringify({ ...readSealed(file)?.value, format: 1 }, null, 1)}\n`)
      if (name.endsWith('.jsonl') && !name.endsWith('events.jsonl'))
        writeFileSync(
          file,
          lines()
            .map(line => `${JSON.stringify(line)}\n`)
            .join(''),
        )
    }
    this.restore()
  }
  /** What is told of the store with other bytes in one of its files. */
  async damaged(name: string, bytes: Uint8Array): Promise<Verdict> {
    this.restore()
    const file = path.join(this.root, name)
    chmodSync(file, 0o644) // read-only to all but root
    writeFileSync(file, bytes)
    try {
      const { told, started } = await this.#run('two')
      const other = Object.keys(this.#whole).filter(what => what in told && told[what] !== this.#whole[what])
      if (other.length > 0) return { outcome: 'believed', words: other.map(what => `${what} is ${told[what]}`).join('; ') }
      return { outcome: started > 0 ? 'made again' : 'no matter' }
    } catch (cause) {
      if (cause instanceof TriremeError) return { outcome: 'refused', words: cause.message }
      return { outcome: 'crashed', words: cause instanceof Error ? String(cause.stack) : String(cause) }
    }
  }
  /** Looks at the store as the commands do, runs, and looks again. */
  async #run(note: string): Promise<{ readonly told: Readonly<Record<string, string>>; readonly started: number }> {
    const store = await Store.open(this.root)
    const url = path.join(this.#folder, 'input.txt')
    const given = source('given', text, { '': { url, sha256: await store.sources.of(url) } })
    const whole = plan('fragile', results(given, note))
    const versions = await readyTools(whole, path.join(this.root, 'tools.json'))
    const keys = keysOf(versionFrom(versions))
    const told: Record<string, string> = { source: given.node.kind }
    const tell = (what: string, value: unknown) => {
      told[what] = JSON.stringify(value)
    }
    const run = `run-${note}-${this.#steps++}`
    const recorder = new Recorder(store, { id: run, pipeline: 'fragile', command: ['run'], arguments: {}, out: undefined })
    const events: Event[] = []
    const before = await runsOf(store)
    const known = await remembered(
      store,
      before.map(({ id }) => id),
    )
    for (const node of whole.nodes)
      if (node.kind === 'step') nearestRecipe({ recipe: keys.recipe(node), params: node.params }, known.values())
    await expected(store)
    await sweep(store, { last: 1, bytes: 1 }, true)
    await store.begin(run)
    const on = (event: Event) => {
      events.push(event)
      recorder.sink(event)
    }
    let made = await runLocally(whole, { store, run, versions, cpu: 2, on })
    // Content is compared before it is copied out, since a disk flips bits without a trace in the files' times.
    for (const entry of made.entries.values()) {
      const fault = await store.fault(entry)
      if (fault !== undefined) store.setAside(entry.record.key, fault)
    }
    if (store.faults.size > 0) made = await runLocally(whole, { store, run, versions, cpu: 2, on })
    store.end(run, false)
    recorder.end(made.state)
    remember(whole, keys, store, run, events)
    for (const { id } of await runsOf(store)) await eventsOf(store, id)
    tell('versions', [...versions])
    tell(
      'source',
      Object.values(given.node.kind === 'source' ? given.node.files : {}).map(({ sha256 }) => sha256),
    )
    tell('state', [made.state, made.failures])
    for (const [name, placed] of Object.entries(made.results)) tell(name, contents(placed))
    for (const [label, { record }] of made.entries) {
      const { params, argv, tools, outputs, step } = record
      tell(`record of ${label}`, { params, argv, tools, outputs, step })
    }
    return { told, started: events.filter(({ event }) => event === 'started').length }
  }
}
const contents = (placed: Placed | readonly (Placed | undefined)[] | undefined): unknown =>
  placed === undefined ? null : 'path' in placed ? filesOf(placed).map(file => readFileSync(file, 'utf8')) : placed.map(contents)
