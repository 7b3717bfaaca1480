import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { byNature } from './natural-order.ts'

const names = [
  '10.txt',
  '9.txt',
  'a10b2.txt',
  'a10b10.txt',
  'a9.txt',
  '007.txt',
  '7.txt',
  'Z.txt',
  'é.txt',
  'z.txt',
  '-n.txt',
  'a b.txt',
  '🧬.txt',
  '\uffee.txt',
  "it's.txt",
  '.hidden.txt',
  '123456789012345678901234.txt',
]

test('numbers count, and nothing else than bytes does', () => {
  expect([...names].sort(byNature)).toEqual([
    '-n.txt',
    '.hidden.txt',
    '007.txt',
    '7.txt',
    '9.txt',
    '10.txt',
    '123456789012345678901234.txt',
    'Z.txt',
    'a b.txt',
    'a9.txt',
    'a10b2.txt',
    'a10b10.txt',
    "it's.txt",
    'z.txt',
    'é.txt',
    '\uffee.txt',
    '🧬.txt',
  ])
})
test('it is the order that bash and sort can make', () => {
  const script = `for name; do
    key= rest=$name
    while [[ $rest =~ ^([^0-9]*)([0-9]+)(.*)$ ]]; do
      digits=\${BASH_REMATCH[2]}
      while ((\${#digits} < 20)); do digits=0$digits; done
      key+=\${BASH_REMATCH[1]}$digits rest=\${BASH_REMATCH[3]}
    done
    printf '%s\\n' "$key$rest/$name"
  done | sort`
  const told = execFileSync('bash', ['-c', script, 'order', ...names], { env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' })
  const order = told
    .trimEnd()
    .split('\n')
    .map(line => line.slice(line.lastIndexOf('/') + 1))
  expect(order).toEqual([...names].sort(byNature))
})
