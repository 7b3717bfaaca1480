import { spawnSync } from 'node:child_process'
import {
  chmodSync,
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
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'

// What the documents show is what happens. A fenced block is an example by the words after its language:
//
//   ```ts file=pipelines/depth.ts    a file of the reader's project; all of them are type-checked, in one go
//   ```ts from=pipelines/first.ts    part of a file that is there, line by line; "// …" stands for any lines left out
//   ```ts wrong=pipelines/oops.ts    must not compile; the text block that follows is the compiler's message, its last line word for word
//   ```console                       "$ command" lines are run in the project, and what follows each is compared with what it prints
//
// Other languages take `file=` too. In output "…" stands for any text in a line, or for any lines where it stands alone; figures that a
// clock, a disk or a core decides may differ. A command without output is not compared. A status other than 0 is asked for: "$ echo $?".
// The chapters of the tutorial are one project; README, the reference and each how-to have their own. A `sh` block is shown, not run.

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const scratch = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'trireme-docs-')))
const pages = (folder: string) =>
  readdirSync(path.join(root, 'docs', folder))
    .filter(name => name.endsWith('.md'))
    .sort()
    .map(name => `docs/${folder}/${name}`)
const projects: Readonly<Record<string, readonly string[]>> = {
  readme: ['README.md'],
  tutorial: pages('tutorial'),
  reference: pages('reference'),
  ...Object.fromEntries(pages('how-to').map(page => [path.basename(page, '.md'), [page]])),
}

interface Block {
  readonly page: string
  readonly line: number
  readonly language: string
  readonly file: string | undefined
  readonly wrong: string | undefined
  readonly from: string | undefined
  readonly text: string
}
function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = []
  const lines = readFileSync(path.join(root, page), 'utf8').split('\n')
  for (let n = 0; n < lines.length; n++) {
    const [, language, words = ''] = /^```(\w+)(.*)$/.exec(lines[n]!) ?? []
    if (language === undefined) continue
    const end = lines.indexOf('```', n + 1)
    const [file, wrong, from] = ['file', 'wrong', 'from'].map(name => new RegExp(`\\b${name}=(\\S+)`).exec(words)?.[1])
    blocks.push({ page, line: n + 1, language, file, wrong, from, text: lines.slice(n + 1, end).join('\n') })
    n = end
  }
  return blocks
}
const put = (file: string, text: string) => {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `${text}\n`)
}

// Commands as a reader types them, without the seconds that npm takes to find what lies beside it.
const programs: Readonly<Record<string, string>> = {
  trireme: `exec '${process.execPath}' '${root}/dist/cli.js' "$@"`,
  'trireme-bio': `exec '${process.execPath}' '${root}/dist/cli.js' "$@"`,
  npx: 'exec "$@"',
  npm: `case $1 in
install | ci) mkdir -p node_modules; ln -sfn '${root}' node_modules/trireme-bio; touch package-lock.json ;;
start) shift; [ "\${1-}" = -- ] && shift; exec '${process.execPath}' '${root}/scripts/start.mjs' --out "$PWD/results/lambda" --store "$PWD/.trireme" "$@" ;;
*) echo "npm $* is not run here" >&2; exit 64 ;;
esac`,
}
/** Whose commits a reader makes, and that none of this is a job of CI. */
const commits = {
  GIT_AUTHOR_NAME: 'Reader',
  GIT_COMMITTER_NAME: 'Reader',
  EMAIL: 'reader@example.org',
  GITHUB_ACTIONS: '',
  GITHUB_STEP_SUMMARY: '',
}
function bash(folder: string, words: string, before: number) {
  const [state, bin] = [path.join(scratch, '.cwd'), path.join(scratch, '.bin')]
  // Under vitest the environment says so to every vitest below it, and under npm it names this checkout as the project.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV|TRIREME_|FORCE_COLOR)/i.test(name))
  const PATH = [bin, path.join(root, 'node_modules/.bin'), process.env.PATH].join(path.delimiter)
  const script = 'cd -- "$1"; trap \'pwd >"$2"\' EXIT; (exit "$4"); eval "$3"'
  const { status, stdout } = spawnSync('bash', ['-c', `exec 2>&1; ${script}`, 'docs', folder, state, words, String(before)], {
    env: {
      ...{ ...Object.fromEntries(inherited), ...commits, PATH, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
      TMPDIR: scratch, // other tests measure too, and take turns by a file there
    },
    encoding: 'utf8',
  })
  return { status: status ?? 1, output: stdout, folder: readFileSync(state, 'utf8').trimEnd() }
}
/** Text with all that a clock, a disk or the number of cores decides made alike. */
const settled = (text: string, project: string) =>
  text
    .replaceAll(`${project}/`, '')
    .replace(/\b\d{8}-\d{6}-[0-9a-f]{4}\b/g, 'RUN')
    .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/g, 'MOMENT')
    .replace(/\b\d\d:\d\d:\d\d\b/g, 'TIME')
    .replace(/\b(\d+ m )?\d+(\.\d+)? (s|ms|B|KiB|MiB|GiB|cores?)\b/g, 'N $3')
    .replace(/ +/g, ' ')
    .split('\n')
    .map(line => line.trimEnd())
const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
/** A line as a pattern, with "…" for any text. */
const pattern = (line: string) => new RegExp(`^${line.split('…').map(literal).join('.*')}$`)
/** The first line of what is shown that was not printed where it should be; undefined when all is as shown. */
function difference(shown: readonly string[], printed: readonly string[]): string | undefined {
  let at = 0
  let free = false
  for (const line of shown) {
    if (line.trim() === '…') {
      free = true
      continue
    }
    const found = printed.findIndex((each, n) => n >= at && (free || n === at) && pattern(line).test(each))
    if (found < 0) return line
    at = found + 1
    free = false
  }
  return free || at >= printed.length ? undefined : `(the end; printed further: ${printed[at]})`
}
/** The first line of an excerpt that is not in the file, in its place; undefined when all are. */
function excerpt(text: string, folders: readonly string[], file: string): string | undefined {
  const place = folders.map(folder => path.join(folder, file)).find(place => existsSync(place))
  if (place === undefined) return `there is no ${file}`
  const shown = text.split('\n').map(line => (line.trim() === '// …' ? '…' : line.trim()))
  const lines = readFileSync(place, 'utf8').split('\n')
  return difference(
    ['…', ...shown, '…'],
    lines.map(line => line.trim()),
  )
}
interface Command {
  readonly words: string
  readonly shown: readonly string[]
  readonly line: number
}
function commandsOf({ text, line }: Block): readonly Command[] {
  const commands: { words: string; shown: string[]; line: number }[] = []
  for (const [n, each] of text.split('\n').entries()) {
    const last = commands.at(-1)
    if (each.startsWith('$ ')) commands.push({ words: each.slice(2), shown: [], line: line + n + 1 })
    else if (last?.words.endsWith('\\')) last.words = `${last.words}\n${each}`
    else last?.shown.push(each)
  }
  return commands
}
const trimmed = (lines: readonly string[]) => {
  const last = lines.findLastIndex(line => line !== '')
  const first = lines.findIndex(line => line !== '')
  return first < 0 ? [] : lines.slice(first, last + 1)
}

/** A folder with the package in it, and what a project's own tests need. */
function outfit(folder: string): void {
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true })
  symlinkSync(root, path.join(folder, 'node_modules/trireme-bio'))
  for (const name of ['zod', 'vitest', '@types'])
    symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name))
}
beforeAll(() => {
  if (!existsSync(path.join(root, 'dist/cli.js')))
    throw new Error('dist/ is not built, and the examples run it. Run "npm run build" first.')
  outfit(scratch)
  for (const [name, text] of Object.entries(programs)) {
    put(path.join(scratch, '.bin', name), `#!/bin/sh\n${text}`)
    chmodSync(path.join(scratch, '.bin', name), 0o755)
  }
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('every link between documents leads somewhere', () => {
  const all = ['README.md', ...['tutorial', 'how-to', 'reference', 'decisions'].flatMap(pages)]
  const headings = (page: string) =>
    [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )
  const broken = all.flatMap(page =>
    [...readFileSync(path.join(root, page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      const [file = '', anchor] = link.split('#')
      if (/^\w+:/.test(link)) return []
      const target = file === '' ? path.join(root, page) : path.join(root, path.dirname(page), file)
      const there = existsSync(target) && (anchor === undefined || headings(target).includes(anchor))
      return there ? [] : [`${page}: ${link}`]
    }),
  )
  expect(broken).toEqual([])
})
const rooms = ['core', 'containers', 'steps', 'pipelines', 'datasets', 'benchmarks', 'environments', 'cli', 'test', 'scripts', 'docs']
const below = (folder: string) =>
  existsSync(path.join(root, folder)) ? readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }) : []
const known = ['cli.ts', ...rooms.flatMap(room => below(room).map(name => `${room}/${name}`))]
const fileNames = new Set(known.map(file => path.basename(file)))
/**
 * Files and folders of the repository that a text names: paths that begin with a room, and modules and scripts by their name alone. Those with
 * a placeholder (`TOOL/VERB.ts`, `<name>`) are forms of paths, and left out.
 */
const namedIn = (text: string) =>
  [...text.matchAll(/(?<![\w./@*-])(?:[\w-]+\/[^\s`'"(),;|]*|[\w-]+(?:\.\w+)?\.(?:ts|sh)\b)/g)]
    .map(([found]) => found.replace(/[.:]+$|#.*$/, ''))
    .filter(found => !found.includes('/') || rooms.includes(found.split('/')[0]!))
    .filter(found => !/\b(TOOL|VERB|NAME)\b|[<>…$]/.test(found))
/** Whether it is a file or a folder, a module without its extension, or a pattern that matches one of them. */
const leadsSomewhere = (found: string): boolean => {
  if (!found.includes('/')) return fileNames.has(found)
  const wanted = new RegExp(`^${found.replace(/\/$/, '').split('*').map(literal).join('[^/]*')}(\\.ts)?$`)
  return rooms.includes(found.replace(/\/$/, '')) || known.some(file => wanted.test(file))
}
/** What is of a reader's project, what commands write, and what is put together from several files. */
const elsewhere = [
  'pipelines/first.ts',
  'pipelines/profiles.ts',
  'trireme.config.ts',
  'containers/images.lock',
  'containers/sbom',
  'pod.sh',
  'command.sh',
]
const astray = (texts: readonly (readonly [page: string, text: string])[]) =>
  texts.flatMap(([page, text]) =>
    namedIn(text)
      .filter(found => !elsewhere.includes(found) && !leadsSomewhere(found))
      .map(found => `${page}: ${found}`),
  )
test('what looks for paths finds them', () => {
  expect(namedIn('core/a.ts, cli/b/ and c.ts; see steps/*/d.ts#e. No/path, TOOL/VERB.ts, ../f.ts, e.g.')).toEqual([
    'core/a.ts',
    'cli/b/',
    'c.ts',
    'steps/*/d.ts',
  ])
  expect(['core/', 'core/run/', 'steps/samtools/sort', 'steps/*/sort.ts', 'scheduler.ts'].filter(each => !leadsSomewhere(each))).toEqual([])
  expect(['cli/terms.ts', 'steps/*/none.ts', 'core/none/', 'podjob.ts'].filter(leadsSomewhere)).toEqual([])
})
test('every path of the repository that a document names is there', () => {
  const words = ['README.md', ...['tutorial', 'how-to', 'reference', 'decisions'].flatMap(pages)].flatMap(page => {
    const prose = readFileSync(path.join(root, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '')
    return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => [page, code] as const)
  })
  expect(words.length).toBeGreaterThan(1000)
  expect(astray(words)).toEqual([])
})
test('every path of the repository that a comment names is there', () => {
  const comments = known
    .filter(file => /\.(ts|mjs|sh|py|yaml)$/.test(file) && !/golden|results|test\//.test(file))
    .flatMap(file => {
      const text = readFileSync(path.join(root, file), 'utf8')
      return [...text.matchAll(/(?:^|\s)(?:\/\/|\/?\*\*?|#) (.*)$/gm)].map(([, comment = '']) => [file, comment] as const)
    })
  expect(comments.length).toBeGreaterThan(1000)
  expect(astray(comments)).toEqual([])
})
test('every TypeScript example compiles, and the wrong ones say what they are shown to say', () => {
  const folder = path.join(scratch, 'types')
  const wrong: { file: string; message: string; where: string }[] = []
  for (const [project, all] of Object.entries(projects)) {
    const home = path.join(folder, project)
    expect(bash(scratch, `trireme init '${home}'`, 0)).toMatchObject({ status: 0 })
    for (const page of all)
      for (const [n, block] of blocksOf(page).entries()) {
        if (block.from !== undefined) expect(excerpt(block.text, [home, root], block.from), `${page}:${block.line}`).toBeUndefined()
        const file = block.file ?? block.wrong
        if (block.language === 'ts' && !page.startsWith('docs/reference/'))
          expect(file ?? block.from, `${page}:${block.line} is an example that nothing checks`).toBeDefined()
        if (file === undefined || block.language !== 'ts') continue
        expect(existsSync(path.join(home, file)), `${page}:${block.line} writes ${file} again`).toBe(false)
        put(path.join(home, file), block.text)
        if (block.wrong === undefined) continue
        const message = blocksOf(page)[n + 1]!.text.trim().split('\n').at(-1)!.trim()
        wrong.push({ file: `${project}/${file}`, message, where: `${page}:${block.line}` })
      }
  }
  const [first] = Object.keys(projects)
  put(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: `./${first}/tsconfig.json`, include: ['*/pipelines', '*/steps', '*/benchmarks'] }),
  )
  const { stdout } = spawnSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const errors = stdout.split(/\n(?=\S)/).filter(text => text.trim() !== '')
  const of = (file: string) => errors.filter(text => text.startsWith(`${file}(`))
  expect(errors.filter(text => !wrong.some(({ file }) => text.startsWith(`${file}(`)))).toEqual([])
  for (const { file, message, where } of wrong) expect(of(file).join('\n'), where).toContain(message)
})

test('what a workflow of CI runs is run here too', () => {
  const all = Object.values(projects).flat().flatMap(blocksOf)
  const workflows = all.filter(({ file }) => file?.startsWith('.github/workflows/'))
  expect(workflows.length).toBeGreaterThan(0)
  for (const { page, text } of workflows) {
    const { jobs } = parse(text) as { jobs: Readonly<Record<string, { steps: readonly { run?: string }[] }>> }
    const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []))
    const here = all
      .filter(block => block.page === page && block.language === 'console')
      .flatMap(block => commandsOf(block).map(({ words }) => words))
    expect(runs.filter(run => run !== 'npm ci' && !here.includes(run))).toEqual([])
    expect(runs.length).toBeGreaterThan(1)
  }
})

describe.each(Object.entries(projects))('%s', (project, all) => {
  const home = path.join(scratch, 'runs', project)
  let folder = home
  let status = 0
  beforeAll(() => mkdirSync(home, { recursive: true }))
  test.each(all)(
    '%s',
    page => {
      for (const block of blocksOf(page)) {
        if (block.file !== undefined) put(path.join(folder, block.file), block.text)
        if (block.language !== 'console') continue
        const commands = commandsOf(block)
        for (const [n, { words, shown, line }] of commands.entries()) {
          const ran = bash(folder, words, status)
          if (ran.status !== 0 && commands[n + 1]?.words !== 'echo $?')
            throw new Error(`${page}:${line}: "${words}" ended with status ${ran.status}:\n${ran.output}`)
          const missing =
            trimmed(shown).length === 0
              ? undefined
              : difference(trimmed(settled(shown.join('\n'), folder)), trimmed(settled(ran.output, folder)))
          if (missing !== undefined) throw new Error(`${page}:${line}: "${words}" did not print\n  ${missing}\nIt printed\n${ran.output}`)
          status = ran.status
          folder = ran.folder
        }
      }
    },
    240_000,
  ) // a page may run what measures
})
