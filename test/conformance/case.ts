import { kind, many, mib, type Needs, pipe, run, step } from 'trireme-bio'
import { z } from 'zod'
import type { Plan } from '../../core/graph/plan.ts'

/** A tiny pipeline that every target must treat alike. */
export interface Case {
  readonly name: string
  /** What it proves, in words: a row of docs/reference/conformance.md. */
  readonly proves: string
  /** Plans that are run one after another in one store. */
  readonly plans: (at: Surroundings) => readonly Plan[]
  /** What a result of the last plan holds, by its name: what a reader expects without a look at the golden. */
  readonly holds?: Readonly<Record<string, string>>
  /** Words that the messages of failures must hold. */
  readonly says?: readonly string[]
  /** What a target must have for it; one that has not is skipped, with the reason. */
  readonly asks?: Ability
}
/** What not every target has: links between steps, early cut-off by content, a limit of memory that ends a step. */
export type Ability = 'streams' | 'cut-off' | 'memory limits'
export interface Surroundings {
  /** Folder for input files of the case. */
  readonly folder: string
  /** File to which a step writes its process id to come under a limit of memory, where the target sets none itself; else empty. */
  readonly confine: string
}

export const image = 'base'
export const text = kind('text', { extension: '.txt' })
/** Half a core, so that a small cluster runs several at a time. */
export const needs: Needs = { cpu: 0.5, memory: mib(64) }
/** By its memory a step may tell its attempts apart: 64 MiB at the first, 128 at the second. */
export const ladder: Needs = { cpu: 0.5, memory: [mib(64), mib(128)] }
/** A fixed script; values are its words, `$1` and so on. */
export const bash = (script: string) => ['bash', '-euc', script, 'step'] as const

export const say = step({
  name: 'say',
  image,
  inputs: {},
  params: { what: z.string() },
  outputs: { said: text },
  needs,
  tag: ({ what }) => what.split(/\s/)[0]!,
  command: ({ what, said }) => run('printf', '%s\n', what).into(said),
})
export const upper = step({
  name: 'upper',
  image,
  inputs: { text },
  outputs: { shouted: text },
  needs,
  command: ({ text, shouted }) => pipe(['cat', text], ['tr', 'a-z', 'A-Z']).into(shouted),
})
/** How many, and then what they hold. */
export const tally = step({
  name: 'tally',
  image,
  inputs: { texts: many(text) },
  outputs: { told: text },
  needs,
  command: ({ texts, told }) => run(...bash('echo "$# files"; for file; do cat "$file"; done'), texts).into(told),
})
/** A file for each line that is not empty, named by its number. */
export const lines = step({
  name: 'lines',
  image,
  inputs: { text },
  outputs: { files: many(text) },
  needs,
  command: ({ text, files }) =>
    run(
      ...bash('n=0; while IFS= read -r line; do n=$((n + 1)); [ -z "$line" ] || printf "%s\\n" "$line" >"$2/$n.txt"; done <"$1"'),
      text,
      files,
    ),
})
interface Extras {
  readonly needs?: Needs
  readonly streams?: readonly ('from' | 'to')[]
  readonly stopsEarly?: readonly 'from'[]
  readonly retry?: { readonly times: number; readonly exits: readonly number[] }
}
/** A step of one file by a script: `$1` is read, `$2` written, `$3` is the memory granted in MiB. */
export const by = (name: string, script: string, extras: Extras = {}) =>
  step({
    name,
    image,
    inputs: { from: text },
    outputs: { to: text },
    needs,
    ...extras,
    command: ({ from, to, memory }) => run(...bash(script), from, to, memory.mib(1)),
  })
