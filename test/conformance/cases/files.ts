// biome-ignore-all lint/suspicious/noTemplateCurlyInString: words of bash
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { asset, kind, many, named, pipe, plan, responseFile, run, step, word } from 'trireme-bio'
import { z } from 'zod'
import { given } from '../../../core/testing.ts'
import { bash, by, type Case, image, ladder, needs, say, tally, text, upper } from '../case.ts'

const table = kind('table', { extension: '.tsv', companions: ['.idx'] })
const pair = kind('pair', { extension: '' }, { parts: { first: '_1.txt', second: '_2.txt' } })
const archive = kind('archive', { extension: '.tar.gz' })

const index = step({
  name: 'index',
  image,
  inputs: {},
  outputs: { table },
  needs,
  command: ({ table }) => run(...bash('printf "a\\t1\\n" >"$1"; echo "1 row" >"$1.idx"'), table),
})
const look = step({
  name: 'look',
  image,
  inputs: { table, tables: many(table), named: named(table) },
  outputs: { told: text },
  needs,
  command: ({ table, tables, named, told }) =>
    run(...bash('for file; do cat "$file" "$file.idx"; done'), table, tables, ...Object.values(named)).into(told),
})
const deal = step({
  name: 'deal',
  image,
  inputs: {},
  outputs: { pair },
  needs,
  command: ({ pair }) => run(...bash('echo first >"$1"; echo second >"$2"; ls "$3"_* >&2'), pair.first, pair.second, pair.stem),
})
const mates = step({
  name: 'mates',
  image,
  inputs: { pair },
  outputs: { told: text },
  needs,
  command: ({ pair, told }) => run(...bash('cat "$2" "$1" "$3"_1.txt'), pair.first, pair.second, pair.stem).into(told),
})
const greet = step({
  name: 'greet',
  image,
  inputs: {},
  params: { who: z.string() },
  assets: { script: asset(import.meta.url, './assets/greet.sh') },
  outputs: { greeting: text },
  needs,
  command: ({ who, script, greeting }) => run('bash', script, who).into(greeting),
})
const hostile = ['', ' ', "it's", '$(touch /tmp/trireme-canary-lines)', '-n', '%s', '\\n']
/** Reads words from files: `$1` has names and files by turns, `$2` and, after an @, `$3` have files, `$4` has nothing. */
const read = step({
  name: 'read',
  image,
  inputs: { parts: many(text), by: named(text) },
  outputs: { told: text },
  needs: ladder,
  command: ({ parts, by, told, memory }) =>
    run(
      ...bash(
        'while IFS= read -r name && IFS= read -r file; do echo "$name: $(cat "$file")"; done <"$1"; xargs cat <"$2"; wc -l <"${3#@}"; wc -c <"$4"',
      ),
      responseFile(Object.entries(by).flat()),
      responseFile(parts),
      word`@${responseFile([parts, memory.mib(1), ...hostile])}`,
      responseFile([]),
    ).into(told),
})
/** 64 random-looking bytes that no program unpacks, under a name that many would. */
const bytes = Buffer.from(Array.from({ length: 64 }, (_, n) => (n * 167 + 31) % 256))
const passed = step({
  name: 'passed',
  image,
  inputs: { from: archive },
  outputs: { to: archive },
  needs,
  command: ({ from, to }) => run('cp', from, to),
})
const spelled = step({
  name: 'spelled',
  image,
  inputs: { from: archive },
  outputs: { to: text },
  needs,
  command: ({ from, to }) => run(...bash('base64 -w 0 "$1"'), from).into(to),
})
export const files: readonly Case[] = [
  {
    name: 'companions',
    proves: 'A file travels with its companions, alone, in a list, and by name',
    plans: () => {
      const { table } = index({})
      return [plan('companions', { table, out: look({ table, tables: [table, table], named: { 'a name': table } }).told })]
    },
    holds: { out: 'a\t1\n1 row\n'.repeat(4) },
  },
  {
    name: 'parts',
    proves: 'Files that always go together; a command may take their common beginning',
    plans: () => {
      const { pair } = deal({})
      return [plan('parts', { pair, out: mates({ pair }).told })]
    },
    holds: { out: 'second\nfirst\nfirst\n' },
  },
  {
    name: 'sources',
    proves: "A user's files reach steps byte by byte, also those whose names look like archives",
    plans: ({ folder }) => {
      writeFileSync(path.join(folder, 'packed.tar.gz'), bytes)
      writeFileSync(path.join(folder, 'words.txt'), 'no newline at the end')
      const packed = given('packed', archive, path.join(folder, 'packed.tar.gz'))
      const words = given('words', text, path.join(folder, 'words.txt'))
      const { to } = passed({ from: passed({ from: packed }).to })
      return [plan('sources', { to, out: spelled({ from: to }).to, words: upper({ text: words }).shouted })]
    },
    holds: { out: bytes.toString('base64'), words: 'NO NEWLINE AT THE END' },
  },
  {
    name: 'asset',
    proves: 'A script beside the step is brought to where it runs',
    plans: () => [plan('asset', { out: tally({ texts: [greet({ who: 'world' }).greeting, greet({ who: 'again' }).greeting] }).told })],
    holds: { out: '2 files\nHello, world!\nHello, again!\n' },
  },
  {
    name: 'response',
    proves: 'Words of which there are many are given by a file, one a line, as they are',
    plans: () => {
      const [one, two] = [say({ what: 'one' }).said, say({ what: 'two' }).said]
      return [plan('response', { out: read({ parts: [two, one], by: { 'a b': one, b: two } }).told })]
    },
    holds: { out: 'a b: one\nb: two\ntwo\none\n10\n0\n' },
  },
  {
    name: 'surroundings',
    proves: 'Every step sees the same language, time zone and folders, an empty standard input, and none of the variables of who runs it',
    plans: () => {
      const script = [
        'echo "$LC_ALL $TZ $PYTHONHASHSEED"',
        'echo scratch >"$TMPDIR/file"; cat "$HOME/file" "$TMPDIR/file"',
        'echo beside >here.txt; cat here.txt',
        'cat',
        'echo "${TRIREME_CONFORMANCE-not seen}"',
        'ls -d in out',
        'echo "$1 $2"',
      ].join('\n')
      return [plan('surroundings', { out: by('surroundings', `{\n${script}\n} >"$2"`)({ from: say({ what: 'x' }).said }).to })]
    },
    holds: { out: 'C.UTF-8 UTC 0\nscratch\nscratch\nbeside\nnot seen\nin\nout\nin/from.txt out/to.txt\n' },
  },
  {
    name: 'pipes',
    proves: 'Pipes within a step, a sequence, one argument made of several pieces; what a step prints is no output',
    plans: () => {
      const several = step({
        name: 'several',
        image,
        inputs: { text },
        outputs: { to: text },
        needs,
        command: ({ text, to, cpu }) => pipe(['cat', text], ['sed', word`s/$/ on ${cpu} core/`], ['tr', 'a-z', 'A-Z']).into(to),
      })
      return [
        plan('pipes', {
          out: several({ text: by('chatty', 'echo noise; echo more >&2; cp "$1" "$2"')({ from: say({ what: 'p' }).said }).to }).to,
        }),
      ]
    },
    holds: { out: 'P ON 1 CORE\n' },
  },
]
