import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { memberOf, oneStep, pod } from '../../test/inside/trial.ts'
import { jobFile, quote } from './job.ts'

const own = [
  ...[
    '',
    ' ',
    '  two  spaces ',
    "it's",
    '"',
    '""',
    '\\',
    '\\\\',
    "\\'",
    '`touch pwned`',
    '$(touch pwned)',
    '$' + '{x:-$(touch pwned)}',
    '$((1+1))',
  ],
  ...[
    '$HOME',
    '$$',
    '$!',
    '$?',
    '$(E)',
    '$$(VAR)',
    '{{x}}',
    '{{=1+1}}',
    '{{workflow.name}}',
    '{',
    '}',
    '{a,b}',
    '{1..3}',
    '~',
    '~root',
    '*',
    '?',
  ],
  ...[
    '[a-z]*',
    '!!',
    '!1',
    '#',
    ' # x',
    ';',
    '; touch pwned;',
    '&',
    '&&',
    '|',
    '||',
    '>',
    '>pwned',
    '<',
    '<<EOF',
    '(',
    ')',
    '$(',
    '`',
    "$'\\x41'",
  ],
  ...[
    '-n',
    '-e',
    '--',
    '-',
    '--help',
    '-c',
    '=',
    'a=b',
    'PATH=x',
    '\n',
    '\n\n',
    'a\nb',
    'a\n',
    '\nmember 1 x\n',
    '\t',
    '\r',
    '\r\n',
    'a\r\nb',
  ],
  ...[
    '%s',
    '%n',
    '\\n',
    '\\0',
    '\u0001',
    '\u0002',
    '\u0001\u0001',
    '\u007f',
    '\u0001\u007f',
    '\u0007',
    '\u0008',
    '\u001b[31mred\u001b[0m',
    '\u000b\u000c',
  ],
  ...[
    'ünïcödé',
    '日本語',
    '😀',
    '\u2028',
    '\u2029',
    '\u200b',
    '\ufeff',
    '\ue000',
    '\u0080',
    '\u00a0',
    'e\u0301',
    '\u202egnp.exe',
    "'",
    "''",
    "'\\''",
  ],
  ...[
    'done',
    'fi',
    'exit',
    'job',
    'member',
    'x'.repeat(100_000),
    'gi|9626243|ref|NC_001416.1|',
    'HLA-A*01:01:01:01',
    '../../etc/passwd',
    '/dev/null',
  ],
]
/** As many again, made of the characters that have a meaning to somebody, by a fixed rule. */
function made(count: number): readonly string[] {
  const alphabet = [...'\'"`$\\(){}[]<>|&;*?!#~=%^-+ \t\n\rab0\u0001\u007fé😀', '$(touch pwned)', '{{', '}}', '\r\n', "'\\''"]
  let seed = 42
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((seed / 2 ** 31) * below)
  }
  return Array.from({ length: count }, () => Array.from({ length: 1 + next(24) }, () => alphabet[next(alphabet.length)]).join(''))
}
const hostile = [...own, ...made(500 - own.length)]

test('500 hostile words arrive byte by byte, alone and in pipes, and nothing of them is run', async () => {
  expect(hostile.length).toBe(500)
  const expected = Buffer.concat(hostile.map(word => Buffer.from(`${word}\0`)))
  const show = ['bash', '-c', 'printf "%s\\0" "$@"', 'bash', ...hostile]
  const plain = oneStep({ argv: show, stdout: 'out/sum.txt', outputs: [{ port: 'sum', files: ['sum.txt'] }] })
  const piped = oneStep({
    argv: [],
    rungs: [{ argv: [[['true', ...hostile]], [show, ['cat'], ['bash', '-c', 'cat', ...hostile]]] }],
    stdout: 'out/sum.txt',
    outputs: [{ port: 'sum', files: ['sum.txt'] }],
  })
  for (const job of [plain, { ...piped, title: hostile.join('') }]) {
    const told = await pod(job)
    expect([told.stderr, told.status]).toEqual(['', 0])
    expect(readFileSync(path.join(told.root, 'out/1/sum.txt')).equals(expected)).toBe(true)
    expect(existsSync(path.join(told.root, 'pwned')) || existsSync(path.join(told.root, '1/pwned'))).toBe(false)
  }
})
test('a program of a name that means something to bash is the one on the disk', async () => {
  const told = await pod(oneStep({ argv: ['echo', '-n', 'x'], stdout: 'out/sum.txt', outputs: [{ port: 'sum', files: ['sum.txt'] }] }))
  expect(told.read('out/1/sum.txt')).toBe('x')
  for (const name of ['member', 'exit', 'eval', 'source', '-c', '$(touch pwned)']) {
    const told = await pod(oneStep({ argv: [name, 'true'] }))
    expect([name, told.status]).toEqual([name, 1])
    expect(told.read('report/1.log')).toMatch(/not found|No such file/)
  }
})
test('a word with NUL is refused, since no program can be given one', () => {
  expect(() => quote('a\0b')).toThrow('A word of a command holds a NUL character, which no program can be given: "a\\u0000b".')
})
test('the job is a file that people can read', () => {
  const member = memberOf(1, [], {
    step: 'samtools-sort',
    inputs: [
      { from: 'producer', to: 'in/bam.bam', mount: 'a', file: 'aligned.bam' },
      { from: 'several', to: 'in/more', suffixes: ['.bam'], of: [{ kind: 'list', mount: 'b', port: 'parts', optional: true }] },
    ],
    outputs: [{ port: 'sorted', files: ['sorted.bam', 'sorted.bam.bai'] }],
    rungs: [
      { argv: [[['samtools', 'sort', "it's", { list: 'in/more', suffix: '.bam' }, '-'], ['cat']]] },
      { argv: [[['samtools', 'sort']]] },
    ],
    limits: [60, 120],
    stdout: 'out/sorted.bam',
    transient: [69],
    tries: 2,
  })
  expect(jobFile({ title: 'sort', chains: [{ members: [member], links: [] }] })).toBe(`job '1' 'sort'
chain
member '1' 'samtools-sort'
  input 'producer' 'in/bam.bam' 'a' 'aligned.bam' ''
  several 'in/more' '.bam'
    one 'list' 'b' 'parts' 'optional'
  leaves 'sorted' 'sorted.bam' 'sorted.bam.bai'
  stdout 'out/sorted.bam'
  transient '2' '69'
  limits '60' '120'
  rung
    run 'samtools' 'sort' 'it'\\''s'
    files 'in/more' '.bam'
    more '-'
    into 'cat'
  rung
    run 'samtools' 'sort'
`)
})
