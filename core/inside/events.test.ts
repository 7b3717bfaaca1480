import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { chainScript } from './scripts.ts'

// The bash of Debian 12 may lose the newline of a line that arrives just as the time of a `read -t` runs out. A chain that then waited for the
// rest of that line would wait for ever.
const event = /^part=''.*\nevent\(\) \{[\s\S]*?^\}/m.exec(chainScript())![0]
function told(script: string) {
  const words = ['-c', `${event}\nf=$(mktemp -u); mkfifo "$f"; exec 8<>"$f"; rm "$f"; ${script}`]
  const { stdout, stderr, signal } = spawnSync('bash', words, { encoding: 'utf8', timeout: 20_000 })
  return { stdout, stderr, signal }
}
const fine = (stdout: string) => ({ stdout, stderr: '', signal: null })
const hear = 'event 0.2 && echo "<$line>" || echo nothing;'

test('what a member tells is heard whole: at once, in pieces, and without its newline', () => {
  expect(told(`echo '0 0 - 1 0 0 .' >&8; ${hear} ${hear}`)).toEqual(fine('<0 0 - 1 0 0 .>\nnothing\n'))
  expect(told(`printf '0 0 - 1 0 0 .' >&8; ${hear} echo '1 0 - 1 0 0 .' >&8; ${hear}`)).toEqual(fine('<0 0 - 1 0 0 .>\n<1 0 - 1 0 0 .>\n'))
  expect(told(`printf '0 0 - 1' >&8; ${hear} echo ' 0 0 .' >&8; ${hear} ${hear}`)).toEqual(fine('nothing\n<0 0 - 1 0 0 .>\nnothing\n'))
  // the newline comes after all, by itself: it is no line
  expect(told(`printf '0 0 - 1 0 0 .' >&8; ${hear} echo >&8; ${hear} echo '1 3 - 1 0 0 .' >&8; ${hear}`)).toEqual(
    fine('<0 0 - 1 0 0 .>\nnothing\n<1 3 - 1 0 0 .>\n'),
  )
})
