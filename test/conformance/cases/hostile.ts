import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { each, many, named, plan, run, step, word } from 'trireme-bio'
import { z } from 'zod'
import { given } from '../../../core/testing.ts'
import { bash, type Case, image, needs, say, tally, text } from '../case.ts'
import { hostile, hostileNames } from '../hostile.ts'

/** Fails where a word was executed: what it would have made lies in one of the folders that it could have been run in. */
const unharmed =
  'for at in . .. ../.. tmp in out / /tmp /w "$HOME"; do for canary in "$at"/trireme-canary*; do [ ! -e "$canary" ] || exit 99; done; done; '
const words = step({
  name: 'words',
  image,
  inputs: {},
  params: { words: z.array(z.string()), n: z.number() },
  outputs: { out: text },
  needs,
  tag: ({ words }) => words[0]!,
  command: ({ words, out }) => run(...bash(`out=$1; shift; printf '%s\\0' "$@" >"$out"; ${unharmed}`), out, ...words),
})
/** Without a shell, and as parts of arguments. */
const plain = step({
  name: 'plain',
  image,
  inputs: {},
  params: { words: z.array(z.string()) },
  outputs: { out: text },
  needs,
  command: ({ words, out }) => run('printf', '[%s]', ...words.map(each => word`--option=${each}`)).into(out),
})
/** Files of any name, in a list and by name; what it reads is told to be whole by what they hold. */
const gather = step({
  name: 'gather',
  image,
  inputs: { files: many(text), named: named(text) },
  outputs: { out: text },
  needs,
  command: ({ files, named, out }) => run(...bash(`${unharmed}cat "$@"`), files, ...Object.values(named)).into(out),
})
/** A list whose files have the names that it is given. */
const naming = step({
  name: 'naming',
  image,
  inputs: {},
  params: { names: z.array(z.string()) },
  outputs: { files: many(text) },
  needs,
  command: ({ names, files }) =>
    run(...bash(`at=$1; shift; for name; do printf '%s\\n' "$name" >"$at/$name.txt"; done; ${unharmed}`), files, ...names),
})
const some = <T>(all: readonly T[], n: number) => all.slice(n * 50, n * 50 + 50)
const ten = Array.from({ length: 10 }, (_, n) => n)

export const hostiles: readonly Case[] = [
  {
    name: 'hostile-words',
    proves: '500 hostile strings as words and tags: byte-equal, and none of them executed',
    plans: () => [
      plan(
        'hostile $(touch trireme-canary-plan) {{workflow.name}}',
        Object.fromEntries(ten.map(n => [`out${n}`, words({ words: some(hostile, n), n }).out])),
      ),
    ],
    holds: Object.fromEntries(
      ten.map(n => [
        `out${n}`,
        some(hostile, n)
          .map(each => `${each}\0`)
          .join(''),
      ]),
    ),
  },
  {
    name: 'hostile-options',
    proves: 'The same 500 as parts of arguments, with no shell between',
    plans: () => [plan('hostile-options', Object.fromEntries(ten.map(n => [`out${n}`, plain({ words: some(hostile, n) }).out])))],
    holds: Object.fromEntries(
      ten.map(n => [
        `out${n}`,
        some(hostile, n)
          .map(each => `[--option=${each}]`)
          .join(''),
      ]),
    ),
  },
  {
    name: 'hostile-sources',
    proves: "500 hostile names of a user's files, in lists, and as the names by which files are given",
    plans: ({ folder }) => {
      const sources = hostileNames.map((name, n) => {
        const url = path.join(folder, `${name}.txt`)
        writeFileSync(url, `${n}\n`)
        return given(name, text, url)
      })
      const named = { [hostile[7]!]: sources[0]!, [hostile[11]!]: sources[1]!, '': sources[2]! }
      return [plan('hostile-sources', Object.fromEntries(ten.map(n => [`out${n}`, gather({ files: some(sources, n), named }).out])))]
    },
    holds: Object.fromEntries(
      ten.map(n => [
        `out${n}`,
        `${some(
          hostileNames.map((_, m) => m),
          n,
        ).join('\n')}\n0\n1\n2\n`,
      ]),
    ),
  },
  {
    name: 'hostile-lists',
    proves: '500 hostile names of files that steps write into lists, in natural order',
    plans: () => [
      plan(
        'hostile-lists',
        Object.fromEntries(ten.map(n => [`out${n}`, tally({ texts: naming({ names: some(hostileNames, n) }).files }).told])),
      ),
    ],
  },
  {
    name: 'hostile-each',
    proves: 'A branch for each of 8 files of hostile names: labels and keys as planned',
    plans: () => {
      const { files } = naming({ names: hostileNames.filter((_, n) => n % 63 === 0).slice(0, 8) })
      const { out } = each(files, text => ({ out: tally({ texts: [text, say({ what: 'beside' }).said] }).told }))
      return [plan('hostile-each', { out, told: tally({ texts: out }).told })]
    },
  },
]
