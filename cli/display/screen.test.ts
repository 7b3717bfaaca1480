import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { scratch } from '../../core/testing.ts'
import { failure, painter } from './colour.ts'

describe('colours', () => {
  const red = (stream: { readonly isTTY?: boolean; hasColors?(): boolean }, env: NodeJS.ProcessEnv) =>
    painter(stream, env)('red', 'x') !== 'x'
  const terminal = { isTTY: true, hasColors: () => true }
  test.each([
    ['on a terminal', terminal, {}, true],
    ['not in a pipe', {}, {}, false],
    ['not where NO_COLOR is set', terminal, { NO_COLOR: '1' }, false],
    ['where it is empty', terminal, { NO_COLOR: '' }, true],
    ['in a pipe where FORCE_COLOR is set', {}, { FORCE_COLOR: '1' }, true],
    ['not where that is 0', terminal, { FORCE_COLOR: '0' }, false],
    ['not on a dumb terminal', terminal, { TERM: 'dumb' }, false],
    ['not on one without colours', { isTTY: true, hasColors: () => false }, {}, false],
  ])('%s', (_, stream, env, coloured) => expect(red(stream, env)).toBe(coloured))
  test('the first line of a failure', () => {
    expect(failure((colour, text) => `<${colour}>${text}`, 'It failed.\n  why')).toBe('<red>It failed.\n  why')
  })
})

// In a real terminal, where one is installed: tmux breaks long lines anew when it is resized, as most do today. Its screen is full before:
// of a half empty one it loses the place of the cursor, whatever is drawn.
const tmux = (socket: string, ...words: string[]) => spawnSync('tmux', ['-S', socket, ...words], { encoding: 'utf8' }).stdout
const screen = fileURLToPath(new URL('./screen.ts', import.meta.url))
const root = path.join(path.dirname(screen), '../..')
const program = `
import { writeFileSync } from 'node:fs'
import { Screen } from ${JSON.stringify(screen)}
writeFileSync(process.argv[2], String(process.pid))
let n = 0
const frame = () => ['a', 'b', 'c'].map(name => \`  \${name} \${'running '.repeat(9)}\`).join('\\n') + '\\n' + \`total \${++n}\`
const screen = new Screen(process.stdout, frame)
setTimeout(() => screen.above('first stays'), 300)
setTimeout(() => screen.above('second stays ' + '第'.repeat(50)), 600)
process.on('SIGUSR2', () => { screen.close(); console.log('over'); process.exit() })
setTimeout(() => {}, 60_000)
`
describe('in a terminal', () => {
  /** What is on the screen, once it has the words. */
  async function shown(socket: string, words: RegExp): Promise<string> {
    for (let n = 0; ; n++) {
      const text = tmux(socket, 'capture-pane', '-p', '-S', '-50')
      if (words.test(text) || n === 100) return text
      await sleep(100)
    }
  }
  test('no line is left after a resize, Ctrl-Z, fg, bg, and the end', { timeout: 60_000 }, async () => {
    const folder = scratch()
    writeFileSync(path.join(folder, 'program.ts'), program)
    execFileSync(path.join(root, 'node_modules/.bin/esbuild'), [
      path.join(folder, 'program.ts'),
      '--bundle',
      '--platform=node',
      '--format=esm',
      `--outfile=${path.join(folder, 'program.mjs')}`,
      '--log-level=error',
    ])
    const socket = path.join(folder, 's')
    spawnSync('tmux', ['-S', socket, '-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '40', 'bash --norc --noprofile -i'])
    try {
      const type = (...keys: string[]) => tmux(socket, 'send-keys', ...keys)
      const size = (columns: number) => tmux(socket, 'resize-window', '-x', String(columns), '-y', '40')
      /** Rows of steps, and of totals. */
      const frames = (text: string) => [text.match(/running.*$/gm)?.length ?? 0, text.match(/^total \d+/gm)?.length ?? 0]
      type("PS1='prompt> '; clear; seq 60", 'Enter')
      await shown(socket, /60\nprompt>/)
      type(`${process.execPath} ${folder}/program.mjs ${folder}/pid`, 'Enter')
      const running = await shown(socket, /second stays[\s\S]*total/)
      expect(running).toMatch(/first stays\nsecond stays 第+\n第+\n {2}a running/)
      expect(frames(running)).toEqual([3, 1])
      for (const columns of [30, 60, 24, 100]) {
        size(columns)
        await sleep(700)
        const after = await shown(socket, /total/)
        expect([columns, ...frames(after)]).toEqual([columns, 3, 1])
        expect(after).toContain('first stays')
      }
      type('C-z')
      const stopped = await shown(socket, /Stopped[\s\S]*prompt>/)
      expect(frames(stopped)).toEqual([0, 0])
      type('fg', 'Enter')
      expect(frames(await shown(socket, /fg\n[\s\S]*total/))).toEqual([3, 1])
      type('C-z')
      await shown(socket, /Stopped[\s\S]*fg[\s\S]*Stopped[\s\S]*prompt> *\n*$/)
      type('bg', 'Enter')
      await sleep(700)
      expect(frames(await shown(socket, /bg\n/))).toEqual([0, 0]) // the terminal is the shell's
      type('fg', 'Enter')
      await shown(socket, /total/)
      process.kill(Number(readFileSync(path.join(folder, 'pid'), 'utf8')), 'SIGUSR2')
      const over = await shown(socket, /^over\nprompt>/m)
      expect(frames(over)).toEqual([0, 0])
      expect(over).toContain('first stays')
      expect(tmux(socket, 'display-message', '-p', '#{cursor_flag}').trim()).toBe('1') // the cursor is shown again
    } finally {
      tmux(socket, 'kill-server')
    }
  })
})
