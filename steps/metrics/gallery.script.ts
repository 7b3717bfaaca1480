import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { escaped } from '../charts.ts'
import { parsePacked } from '../image-table.ts'
import { unitWord } from '../leaderboard.ts'
import { readNpyHeader } from '../npy.ts'
import { Fault, main } from '../script.ts'
import { loadSharp } from '../sharp.ts'
import { capital, plural, several } from '../words.ts'
import type { JudgedUnit, Report } from './classifier.script.ts'

/** Side of a picture on the page, in pixels: eleven of them fit into a wide window. */
const side = 125
/** Pictures of one group: two rows. A group may be a plate of thousands. */
const most = 22

await main(async () => {
  const text = { type: 'string', default: '' } as const
  const options = { metrics: text, pixels: text, index: text, count: text, groups: text, note: text, page: text }
  const { values } = parseArgs({ options })
  const report: Report = JSON.parse(readFileSync(values.metrics, 'utf8'))
  const { classes, groups, threshold } = report
  const rows = parsePacked(readFileSync(values.index, 'utf8'))
  if (typeof rows === 'string') throw new Fault(`The index ${rows}.`)
  const places = new Map(rows.map(({ image }, n) => [image, n]))
  const sharp = loadSharp(import.meta.url)
  const file = openSync(values.pixels, 'r')
  try {
    const start = Buffer.alloc(4096)
    readSync(file, start, 0, start.length, 0)
    const header = readNpyHeader(start)
    if (typeof header === 'string') throw new Fault(`The pixels file ${header}.`)
    const [, height = 0, width = 0] = header.shape
    const picture = async (image: string) => {
      const place = places.get(image)
      if (place === undefined) throw new Fault(`The metrics name the image "${image}", which is not among the packed ones.`)
      const pixels = Buffer.alloc(height * width * 3)
      readSync(file, pixels, 0, pixels.length, header.offset + place * pixels.length)
      const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
        .resize(side)
        .jpeg({ quality: 80 })
        .toBuffer()
      return `<img width="${side}" alt="${escaped(image)}" title="${escaped(image)}" src="data:image/jpeg;base64,${jpeg.toString('base64')}">`
    }
    const word = unitWord(report, values.groups)
    const wrong = groups.filter(({ judged, label }) => judged !== label)
    const section = async ({ group, label, judged, probabilities, images }: JudgedUnit) => {
      const name = word === 'image' ? images[0]! : group
      const [real, as] = [label, judged].map(number => `${classes[number]} (${(100 * probabilities[number]!).toFixed(1)} %)`)
      const heading = `${capital(word)} ${name}: ${real}, judged ${as}`
      const left = images.length > most ? `<p>${most} of its ${several(images.length, 'image')}.</p>\n` : ''
      return `<h2>${escaped(heading)}</h2>\n${left}${(await Promise.all(images.slice(0, most).map(picture))).join('\n')}`
    }
    const sections: string[] = []
    for (const unit of wrong.slice(0, Number(values.count))) sections.push(await section(unit))
    const rule = threshold === null ? '' : ` at a threshold of ${threshold.toFixed(3)}`
    const count =
      wrong.length === 0
        ? `No ${word} of the test is judged wrongly.`
        : `${wrong.length} of the test's ${several(groups.length, word)} are judged wrongly${rule}; the most confident errors first.`
    const title = `Most confidently wrong ${plural(word)}`
    writeFileSync(
      values.page,
      `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title>
<style>body{font:14px sans-serif;margin:2em}h2{font-size:15px;margin:1.4em 0 .4em;overflow-wrap:anywhere}.note{background:#fff3cd;padding:8px}</style>
<h1>${escaped(title)}</h1>
${values.note === '' ? '' : `<p class="note">${escaped(values.note)}</p>\n`}<p>${escaped(count)}</p>
${sections.join('\n')}
</html>
`,
    )
  } finally {
    closeSync(file)
  }
})
