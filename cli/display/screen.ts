import { readFileSync } from 'node:fs'
import { csi } from '../../core/terminal.ts'
import { isColoured, type Paint, painter } from './colour.ts'
import { shownText } from './print.ts'

const [hideCursor, showCursor, eraseRight, noWrap, wrap] = [`${csi}?25l`, `${csi}?25h`, `${csi}K`, `${csi}?7l`, `${csi}?7h`]
/** Everything from the end of this line on. Never sent at the first place of the screen, where some terminals keep what is erased. */
const eraseBelow = `${csi}J`
type Terminal = Pick<NodeJS.WriteStream, 'write' | 'on' | 'off' | 'rows' | 'columns' | 'isTTY'>

/**
 * A few lines that are drawn again and again at the end of a terminal.
 *
 * The cursor waits at the start of the first of them, not below the last. A terminal that changes its width breaks lines anew, but keeps the
 * cursor at its character: from there everything below is ours, however many lines it has become, and one sequence erases it. While the
 * lines are written the terminal cuts what is too wide, so that their number is known.
 */
export class Screen {
  readonly paint: Paint
  readonly #stream: Terminal
  readonly #frame: () => string
  readonly #coloured: boolean
  #open = true
  #drawn = false
  readonly #timer: NodeJS.Timeout
  /** @param frame the lines of this moment */
  constructor(stream: Terminal, frame: () => string) {
    this.#stream = stream
    this.#frame = frame
    this.paint = painter(stream)
    this.#coloured = isColoured(stream)
    stream.on('resize', this.#draw)
    process.on('SIGTSTP', this.#leave).on('SIGCONT', this.#draw)
    process.on('exit', this.#erase)
    // Five times a second looks smooth, and a step of one second is still seen.
    this.#timer = setInterval(this.#draw, 200)
    this.#timer.unref()
  }
  get size(): { readonly rows: number; readonly columns: number } {
    return { rows: this.#stream.rows ?? 24, columns: this.#stream.columns ?? 80 }
  }
  /** Writes a line above the others, which stays. */
  above(line: string): void {
    this.#erase()
    this.#stream.write(`${shownText(line, this.#coloured)}\n`)
    this.#draw()
  }
  /** Leaves the terminal as it was found. */
  close(): void {
    clearInterval(this.#timer)
    this.#erase()
    this.#open = false
    this.#stream.off('resize', this.#draw)
    process.off('SIGTSTP', this.#leave).off('SIGCONT', this.#draw).off('exit', this.#erase)
  }
  readonly #draw = (): void => {
    if (!this.#open || inBackground()) return
    const lines = shownText(this.#frame(), this.#coloured).split('\n')
    const up = lines.length > 1 ? `${csi}${lines.length - 1}A` : ''
    this.#stream.write(`${hideCursor}\r${noWrap}${lines.map(line => line + eraseRight).join('\n')}${eraseBelow}${wrap}\r${up}`)
    this.#drawn = true
  }
  readonly #erase = (): void => {
    if (this.#open && this.#drawn) this.#stream.write(`\r ${eraseBelow}\r${eraseRight}${showCursor}`)
    this.#drawn = false
  }
  /** Ctrl-Z: what the shell writes then must find nothing of ours. */
  readonly #leave = (): void => {
    this.#erase()
    process.kill(process.pid, 'SIGSTOP') // a handler of SIGTSTP keeps the signal from stopping us
  }
}

/** Whether the shell has given the terminal to others, as after `bg`. Known on Linux; elsewhere it is taken to be ours. */
function inBackground(): boolean {
  try {
    const [, , group, , , foreground] = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(foreground) > 0 && foreground !== group
  } catch {
    return false
  }
}
