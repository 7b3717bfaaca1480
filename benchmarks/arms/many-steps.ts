// Independent steps through the library, as a user's own program would run them: node many-steps.js COUNT STORE
import path from 'node:path'
import { kind, mib, plan, run, step, tool } from 'trireme-bio'
import { readyTools, runLocally, Store } from 'trireme-bio/local'
import { z } from 'zod'

const shell = tool({
  name: 'bash',
  homepage: 'https://www.gnu.org/software/bash/',
  licence: 'GPL-3.0-or-later',
  version: { argv: ['bash', '--version'], match: /version (\d+\.\d+\.\d+)/ },
  accepts: '>=4',
  debian: 'bash',
  conda: 'conda-forge::bash=5.2.*',
})
const make = step({
  name: 'make-file',
  about: 'Create a file',
  edam: ['operation_2409'],
  tools: [shell],
  image: 'base',
  inputs: {},
  params: { number: z.int() },
  outputs: { made: kind('text', { extension: '.txt' }, {}) },
  needs: { cpu: 1, memory: mib(1) },
  tag: ({ number }) => String(number),
  command: ({ made, number }) => run('sh', '-c', 'echo "$1" >"$2"', 'sh', number, made),
})
const [, , count = '1000', folder = '.trireme'] = process.argv
const whole = plan('many-steps', { made: Array.from({ length: Number(count) }, (_, number) => make({ number }).made) })
const store = await Store.open(folder)
const versions = await readyTools(whole, path.join(store.root, 'tools.json'))
const { failures } = await runLocally(whole, { store, versions, run: `run-${process.pid}`, cpu: 2 })
if (failures[0] !== undefined) throw new Error(failures[0])
