import { each, kind, many, mib, pipeline, run, type Step, step } from 'trireme-bio'

// A step that does what a file tells it, in all the ways that a step can be called. The file is the attack: `bash in/attack.txt in/from.txt
// out/made.txt`. Whatever the way, all is well when the result "made" holds the word `made`.

export const text = kind('text', { extension: '.txt' })
const image = 'plain'
const needs = { cpu: 0.5, memory: mib(128) }
const attackers = { attack: text, from: text }

const attacker = step({
  name: 'attacker',
  image,
  inputs: attackers,
  outputs: { made: text },
  streams: ['made'],
  needs,
  command: ({ attack, from, made }) => run('bash', attack, from, made),
})
const retried = step({
  name: 'retried',
  image,
  inputs: attackers,
  outputs: { made: text },
  needs,
  retry: { times: 1, exits: [75] },
  command: ({ attack, from, made, resume }) => run('bash', attack, from, made, resume),
})
const printer = step({
  name: 'printer',
  image,
  inputs: attackers,
  outputs: { made: text },
  needs,
  command: ({ attack, from, made }) => run('bash', attack, from).into(made),
})
const lister = step({
  name: 'lister',
  image,
  inputs: attackers,
  outputs: { made: many(text) },
  needs,
  command: ({ attack, from, made }) => run('bash', attack, from, made),
})
const reader = step({
  name: 'reader',
  image,
  inputs: { from: text },
  outputs: { made: text },
  streams: ['from'],
  needs,
  command: ({ from, made }) => run('cat', from).into(made),
})
/** Reads by a link what the attack, in the place of a reader, may have replaced. */
const second = step({
  name: 'second',
  image,
  inputs: { attack: text, from: text },
  outputs: { made: text },
  streams: ['from'],
  needs,
  command: ({ attack, from, made }) => run('bash', attack, from, made),
})
const plain = step({
  name: 'plain',
  image,
  inputs: { from: text },
  outputs: { copy: text },
  streams: ['copy'],
  needs,
  command: ({ from, copy }) => run('cat', from).into(copy),
})
const all = step({
  name: 'all',
  image,
  inputs: { from: many(text) },
  outputs: { made: text },
  needs,
  command: ({ from, made }) => run('cat', from).into(made),
})
const two = step({
  name: 'two',
  image,
  inputs: { from: text },
  outputs: { files: many(text) },
  needs,
  command: ({ from, files }) => run('bash', '-c', 'cp "$1" "$2/1.txt"; cp "$1" "$2/2.txt"', 'bash', from, files),
})
type Attacker = Step<typeof attackers, {}, { made: typeof text }>
const alone = (name: string, by: Attacker) => pipeline({ name, inputs: attackers, build: given => ({ made: by(given).made }) })

/** One step. */
export const single = alone('single', attacker)
/** One step that may be tried again, and keeps checkpoints in `$3`. */
export const retry = alone('retry', retried)
/** One step whose standard output is its result. */
export const printed = alone('printed', printer)
/** The attack writes a list, `$2` is its folder. */
export const list = pipeline({ name: 'list', inputs: attackers, build: given => ({ made: all({ from: lister(given).made }).made }) })
/** The attack writes into a pipe, which a second step reads at the same time. */
export const chain = pipeline({ name: 'chain', inputs: attackers, build: given => ({ made: reader({ from: attacker(given).made }).made }) })
/** The same, and what passes is a result as well. */
export const teed = pipeline({
  name: 'teed',
  inputs: attackers,
  build: given => {
    const { made: copied } = attacker(given)
    return { copied, made: reader({ from: copied }).made }
  },
})
/** The attack reads from a pipe. */
export const reading = pipeline({
  name: 'reading',
  inputs: attackers,
  build: ({ attack, from }) => ({ made: second({ attack, from: plain({ from }).copy }).made }),
})
/** The attack runs for each file of a list, twice. */
export const branches = pipeline({
  name: 'branches',
  inputs: attackers,
  build: ({ attack, from }) => ({
    made: all({ from: each(two({ from }).files, item => ({ made: attacker({ attack, from: item }).made })).made }).made,
  }),
})
