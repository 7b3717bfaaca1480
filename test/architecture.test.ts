import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { mentions } from '../cli/project/import-closure.ts'

// Who may import whom. The rooms, and why each is kept from the others, are in the README under "The house".

const root = fileURLToPath(new URL('..', import.meta.url))
const rooms = ['core', 'containers', 'steps', 'pipelines', 'datasets', 'benchmarks', 'cli'] as const
type Room = (typeof rooms)[number]
/** Other rooms, and libraries, that a room's modules may import. `node` is any of Node's own modules. */
const rules: Readonly<Record<Room, { readonly rooms: readonly Room[]; readonly libraries: readonly string[] }>> = {
  core: {
    rooms: [],
    libraries: [
      'node',
      '@standard-schema/spec',
      'leven',
      'semver',
      'yaml',
      'zod',
      '@kubernetes/client-node',
      '@aws-sdk/client-s3',
      'hpagent',
    ],
  },
  containers: { rooms: [], libraries: [] },
  steps: {
    rooms: ['core', 'containers'],
    libraries: [
      'zod',
      'node',
      'csv-parse/sync',
      'jstat',
      'leven',
      'sax',
      'sharp',
      'smol-toml',
      'tar-stream',
      'tar/header',
      'tar/pax',
      'yauzl',
    ],
  },
  pipelines: { rooms: ['core', 'steps'], libraries: ['zod'] },
  datasets: { rooms: ['core', 'steps', 'pipelines'], libraries: ['node', 'tar-stream'] },
  benchmarks: {
    rooms: ['core', 'containers', 'steps', 'pipelines', 'datasets'],
    libraries: ['node', 'zod', 'yaml', 'tinybench', 'jstat', 'csv-stringify/sync'],
  },
  cli: {
    rooms: ['core', 'containers', 'steps', 'pipelines', 'datasets', 'benchmarks'],
    libraries: ['node', 'commander', 'csv-parse/sync', 'jiti', 'node-diff3', 'semver', 'sharp', 'tar-stream', 'undici', 'yaml', 'zod'],
  },
}
const names: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).exports
/** The source file that an import stands for; undefined for a library. */
function target(imported: string, from: string): string | undefined {
  if (imported.startsWith('.')) return path.relative(root, path.resolve(root, path.dirname(from), imported))
  if (!/^trireme-bio(\/|$)/.test(imported)) return undefined
  const name = `.${imported.slice('trireme-bio'.length)}`
  for (const [pattern, entry] of Object.entries(names)) {
    if (typeof entry !== 'object' || entry === null || !('trireme-source' in entry)) continue
    const [before = '', after] = pattern.split('*')
    const fits = after === undefined ? name === pattern : name.startsWith(before) && name.endsWith(after)
    if (fits) return path.normalize(String(entry['trireme-source']).replace('*', name.slice(before.length)))
  }
  throw new Error(`${from} imports ${imported}, which package.json does not export.`)
}
const isTest = (file: string) => /\.test\.ts$/.test(file)
const roomOf = (file: string): Room | undefined => (file === 'cli.ts' ? 'cli' : rooms.find(room => file.startsWith(`${room}/`)))
const libraryOf = (imported: string) => (imported.startsWith('node:') ? 'node' : imported)

/** Without comments, whose examples import too. */
const code = (file: string) => readFileSync(path.join(root, file), 'utf8').replace(/^\s*(\/\*\*?[\s\S]*?\*\/|\/\/.*)$/gm, '')
const sourcesIn = (room: Room) => {
  const folder = path.join(root, room)
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => `${room}/${name}`) : []
}
/** Hold the modules of a new project, and of new steps, as text. */
const templates = ['cli/project/template.ts', 'cli/project/template-images.ts', 'cli/project/starts.ts']
const files = ['cli.ts', ...rooms.flatMap(sourcesIn)].filter(file => file.endsWith('.ts') && !isTest(file) && !templates.includes(file))
interface Import {
  readonly from: string
  readonly imported: string
  readonly to: string | undefined
}
const importsOf = (file: string, text: string): readonly Import[] =>
  mentions(text).imports.map(imported => ({ from: file, imported, to: target(imported, file) }))
const imports = files.flatMap(file => importsOf(file, code(file)))
const lines = (found: readonly Import[]) => found.map(({ from, imported }) => `${from} imports ${imported}`)

test('there is something to look at', () => {
  expect(files.length).toBeGreaterThan(50)
  expect(imports.length).toBeGreaterThan(200)
  expect(importsOf('steps/a/b.ts', "import { x } from 'trireme-bio/kinds'\nimport '../c.ts'")).toEqual([
    { from: 'steps/a/b.ts', imported: 'trireme-bio/kinds', to: 'steps/kinds.ts' },
    { from: 'steps/a/b.ts', imported: '../c.ts', to: 'steps/c.ts' },
  ])
})
test('every import leads to a file', () => {
  expect(lines(imports.filter(({ to }) => to !== undefined && !existsSync(path.join(root, to))))).toEqual([])
})
describe.each(rooms)('%s', room => {
  const own = imports.filter(({ from }) => roomOf(from) === room)
  test('imports only the rooms it may', () => {
    const allowed = [room, ...rules[room].rooms]
    expect(lines(own.filter(({ to }) => to !== undefined && !allowed.includes(roomOf(to) as Room)))).toEqual([])
  })
  test('imports only the libraries it may', () => {
    const allowed = rules[room].libraries
    expect(lines(own.filter(({ to, imported }) => to === undefined && !allowed.includes(libraryOf(imported))))).toEqual([])
  })
})

/**
 * The rooms of core and of the command line, by floor: a module imports from its own room and from rooms of lower floors. `argo/*` are rooms
 * of the target for Argo; the doors, index.ts and testing.ts, are what others import.
 */
const floors: Readonly<Record<'core' | 'cli', readonly (readonly string[])[]>> = {
  core: [
    ['proxy.ts', 'secrets.ts', 'terminal.ts'],
    ['cancellable.ts', 'errors.ts', 'events.ts', 'files.ts', 'left-behind.ts', 'notices.ts'],
    ['vocabulary', 'store'],
    ['graph', 'kubernetes'],
    ['define', 'environment', 'host'],
    ['run'],
    ['inside', 'bucket'],
    ['pods'],
    ['targets/target.ts'],
    ['targets/text.ts', 'targets/local', 'targets/container', 'targets/argo/settings.ts'],
    ['targets/argo/compile'],
    ['targets/argo/follow'],
    ['targets/argo/setup'],
    ['targets/argo/target.ts'],
    ['targets/registry.ts'],
    ['targets/environment.ts'],
    ['index.ts', 'testing.ts', 'targets/index.ts'],
  ],
  cli: [
    ['help-terms.ts', 'display'],
    ['project', 'history'],
    ['arguments', 'machine', 'results'],
    ['inputs'],
    ['run'],
    ['bundle'],
    ['actions', 'bench'],
    ['commands'],
    ['program.ts'],
    ['candidates.ts'],
  ],
}
const roomWithin = (file: string): string => {
  const [room = '', ...parts] = file.split('/')
  const depth = parts[0] !== 'targets' ? 1 : parts[1] === 'argo' ? 3 : 2
  return room === 'cli.ts' ? 'program.ts' : parts.slice(0, depth).join('/')
}
describe.each(['core', 'cli'] as const)('the floors of %s', house => {
  const floorOf = new Map(floors[house].flatMap((rooms, floor) => rooms.map(room => [room, floor] as const)))
  const own = imports.filter(({ from, to }) => from.startsWith(`${house}/`) && to?.startsWith(`${house}/`))
  test('every module is in a room', () => {
    const modules = files.filter(file => file.startsWith(`${house}/`))
    expect(modules.filter(file => !floorOf.has(roomWithin(file)))).toEqual([])
  })
  test('a room imports only rooms of lower floors', () => {
    const wrong = own.filter(({ from, to = '' }) => {
      const [room, other] = [roomWithin(from), roomWithin(to)]
      return room !== other && (floorOf.get(room) ?? 0) <= (floorOf.get(other) ?? 0)
    })
    expect(lines(wrong)).toEqual([])
  })
  test('every room says in a line what may live there', () => {
    const rooms = [...floorOf.keys()].filter(room => !room.endsWith('.ts')).map(room => room.replace(/^targets\/argo\/.*/, 'targets/argo'))
    const silent = rooms.filter(room => !/^.{20,240}\n$/.test(readFileSync(path.join(root, house, room, 'README.md'), 'utf8')))
    expect(silent).toEqual([])
  })
  test('the README has the same table', () => {
    const [, text = ''] = readFileSync(path.join(root, 'README.md'), 'utf8').split(`| rooms of \`${house}/\` |`)
    const rows = text.split('\n\n')[0]!.split('\n').slice(2)
    const shown = rows.map(row => [...row.matchAll(/`([\w-]+\.ts|[\w-]+(?=\/`))/g)].map(([, name = '']) => name))
    // Rooms within targets/ share a line there.
    const met = new Set<string>()
    const expected = floors[house].map(rooms => {
      const names = new Set(rooms.map(room => room.split('/')[0]!).filter(name => !met.has(name)))
      for (const name of names) met.add(name)
      return names
    })
    expect(shown.map(names => new Set(names.filter(name => met.has(name))))).toEqual(expected.filter(({ size }) => size > 0))
  })
  test('a reader meets at most 16 rooms on one level', () => {
    expect(
      new Set([...floorOf.keys()].filter(room => !room.endsWith('.ts') || room.includes('/')).map(room => room.split('/')[0])).size,
    ).toBeLessThanOrEqual(16)
  })
})
test('no target imports another; who wants one asks the registry, which loads it', () => {
  const targetIn = (file: string) => /^core\/targets\/([^/]+)\//.exec(file)?.[1]
  const own = imports.filter(({ from }) => targetIn(from) !== undefined)
  expect(new Set(own.map(({ from }) => targetIn(from))).size).toBeGreaterThan(2)
  expect(lines(own.filter(({ from, to = '' }) => targetIn(to) !== undefined && targetIn(to) !== targetIn(from)))).toEqual([])
})
test('nobody compares a target with a name: what it can is asked', () => {
  const targets = readdirSync(path.join(root, 'core/targets'), { withFileTypes: true }).flatMap(each =>
    each.isDirectory() ? each.name : [],
  )
  const name = `['"](${targets.join('|')})['"]`
  const comparing = new RegExp(`[!=]==? *${name}|${name} *[!=]==?|\\bcase ${name}`)
  expect(comparing.test("environment.target !== 'local'")).toBe(true)
  expect(files.filter(file => comparing.test(code(file)))).toEqual([])
})
test('only the rooms made for it speak to clusters and object stores', () => {
  const clients = imports.filter(({ imported }) => /^@(kubernetes|aws-sdk)\//.test(imported))
  expect(lines(clients.filter(({ from }) => !/^core\/(kubernetes|bucket)\//.test(from)))).toEqual([])
})
/** Modules that write files other than by `writeWhole`, each with its reason. */
const writers: Readonly<Record<string, string>> = {
  'core/store/whole-file.ts': 'it is the one that writes whole files',
  'core/store/sealed.ts': 'adds lines to files that are read line by line',
  'core/store/store.ts': 'a record in a folder that is renamed into its place as one, and synced with it',
  'cli/history/record.ts': 'adds events, a line each, and syncs them when the run ends',
  'cli/bench/gate.ts': 'adds to the summary of a job of CI, whose file it is',
  'cli/results/publish.ts': 'results of any size: part, sync, rename, many at a time',
  'cli/results/compiled.ts': 'thousands of objects: part, sync, rename, all together',
  'cli/project/changes.ts': 'contents beside their places, which a record written first takes back',
  'cli/project/types.ts': "the compiler's settings and verdict, in a cache",
  'core/run/attempt.ts': 'words of a failed step, in its work folder, for people',
  'core/run/work-folder.ts': 'a work folder is private to an attempt, and made anew',
  'core/targets/container/runner.ts': 'likewise',
  'core/bucket/transfer.ts': 'likewise; what comes from a bucket is compared with its digest',
  'core/targets/argo/follow/task-failure.ts': "a failed pod's log, in its work folder",
  'core/targets/argo/setup/trial.ts': 'a trial in a folder for temporary files',
}
test('small files are written whole, and are on the disk: nobody writes them in their places', () => {
  const writing = /\b(write|append|copy)File(Sync)?\(|\bcreateWriteStream\(/
  expect(
    ['writeFileSync(file, text)', 'await writeFile(x)', 'cp(createWriteStream(to))', 'writeWhole(a)'].map(each => writing.test(each)),
  ).toEqual([true, true, true, false])
  const found = files.filter(file => /^(cli|core|benchmarks\/harness)\//.test(file) && writing.test(code(file)))
  expect(found.sort()).toEqual(Object.keys(writers).sort())
})
test('the command line writes through one room, which lets no secret and no control of a terminal through', () => {
  const writing = /process\.std(out|err)\.write|console\.\w+\(/
  const own = ['cli/display/screen.ts', 'cli/display/print.ts', 'cli/machine/image-builds/materials.ts'] // the last holds a script
  const found = files.filter(file => /^(cli|core)/.test(file) && !own.includes(file) && writing.test(code(file)))
  expect(found).toEqual(['core/notices.ts', 'cli/actions/logs.ts']) // the latter a log in a pipe, as it is
})
const isStep = (file: string) => /^steps\/[^/]+\/[^/]+\.ts$/.test(file) && !file.endsWith('.script.ts')
test('a step can be copied out alone: it imports the library by name, and no other step', () => {
  const own = imports.filter(({ from }) => isStep(from))
  expect(lines(own.filter(({ imported, to = '' }) => imported.startsWith('.') || isStep(to)))).toEqual([])
  expect(lines(own.filter(({ imported, to }) => to === undefined && imported !== 'zod'))).toEqual([])
})
test('a step does not choose where it runs', () => {
  expect(lines(imports.filter(({ from, to }) => roomOf(from) === 'steps' && to?.startsWith('core/targets')))).toEqual([])
})
test('pipelines import steps by relative path, so that both can be copied together', () => {
  const own = imports.filter(({ from, to }) => roomOf(from) === 'pipelines' && to !== undefined && isStep(to))
  expect(lines(own.filter(({ imported }) => !imported.startsWith('.')))).toEqual([])
  expect(lines(imports.filter(({ from, to }) => roomOf(from) === 'pipelines' && to?.startsWith('core/targets')))).toEqual([])
})
test('core is imported through its doors only, by steps and pipelines', () => {
  const own = imports.filter(({ from, to }) => ['steps', 'pipelines', 'datasets'].includes(roomOf(from) ?? '') && to?.startsWith('core/'))
  expect(lines(own.filter(({ imported }) => imported.startsWith('.')))).toEqual([])
})
test('tests are imported by nobody', () => {
  expect(lines(imports.filter(({ to }) => to !== undefined && (isTest(to) || to.startsWith('test/'))))).toEqual([])
})
test('no module imports itself by a roundabout way, not even for a type', () => {
  const edges = new Map(files.map(file => [file, importsOf(file, code(file)).flatMap(({ to }) => to ?? [])]))
  const done = new Set<string>()
  const cycle = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of edges.get(file) ?? []) {
      const found = cycle(next, [...path, file])
      if (found) return found
    }
    done.add(file)
    return undefined
  }
  expect(files.map(file => cycle(file, [])).find(found => found !== undefined)).toBeUndefined()
})

/** Names that stand in several modules, each with its reason. */
const sharedNames: Readonly<Record<string, string>> = {
  register: 'each command of the command line has one, and program.ts calls them all',
  settings: 'each target has its own, of one form',
}
test('a name at the top of a module means one thing in core and cli', () => {
  const places = new Map<string, string[]>()
  for (const file of files.filter(file => /^(core|cli)\//.test(file)))
    for (const [, name = ''] of code(file).matchAll(
      /^(?:export )?(?:default )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/gm,
    ))
      places.set(name, [...new Set([...(places.get(name) ?? []), file])])
  const several = [...places].filter(([name, files]) => files.length > 1 && !Object.hasOwn(sharedNames, name))
  expect(Object.fromEntries(several)).toEqual({})
})
test('the top level holds what the house names, and nothing that a run left there', () => {
  const { stdout, status } = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
  expect(status).toBe(0)
  const names = new Set(stdout.split('\n').flatMap(file => (file === '' ? [] : [file.split('/')[0]!])))
  const folders = ['.ci', 'bin', 'docs', 'environments', 'scripts', 'test', ...rooms]
  const files = ['.gitignore', 'CITATION.cff', 'LICENSE', 'README.md', 'biome.json', 'cli.ts', 'package-lock.json', 'package.json']
  const settings = ['tsconfig.build.json', 'tsconfig.json', 'vitest.config.ts']
  expect([...names].sort()).toEqual([...folders, ...files, ...settings].sort())
})
