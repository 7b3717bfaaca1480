import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { escaped } from '../charts.ts'
import { parseTable } from '../image-table.ts'
import { readNpyHeader } from '../npy.ts'
import { Fault, main } from '../script.ts'
import { loadSharp } from '../sharp.ts'
import type { Patient, Report } from './patients.script.ts'

/** Side of a picture on the page, in pixels: eleven of them fit into a wide window. */
const side = 125

await main(async () => {
  const text = { type: 'string', default: '' } as const
  const { values } = parseArgs({ options: { metrics: text, pixels: text, index: text, count: text, note: text, page: text } })
  const { patients, threshold }: Report = JSON.parse(readFileSync(values.metrics, 'utf8'))
  const rows = parseTable(readFileSync(values.index, 'utf8'))
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
    const wrong = patients.filter(({ probability, label }) => probability > threshold !== (label === 1))
    const section = async ({ patient, label, probability, images }: Patient) =>
      `<h2>Patient ${escaped(patient)}: ${label === 1 ? 'positive' : 'negative'}, judged ${(100 * probability).toFixed(1)} % positive</h2>\n${(await Promise.all(images.map(picture))).join('\n')}`
    const sections: string[] = []
    for (const patient of wrong.slice(0, Number(values.count))) sections.push(await section(patient))
    const count =
      wrong.length === 0
        ? 'No patient of the test is judged wrongly.'
        : `${wrong.length} of ${patients.length} test patients are judged wrongly at a threshold of ${threshold.toFixed(3)}; the most confident errors first.`
    writeFileSync(
      values.page,
      `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Most confidently wrong</title>
<style>body{font:14px sans-serif;margin:2em}h2{font-size:15px;margin:1.4em 0 .4em}.note{background:#fff3cd;padding:8px}</style>
<h1>Most confidently wrong patients</h1>
${values.note === '' ? '' : `<p class="note">${escaped(values.note)}</p>\n`}<p>${count}</p>
${sections.join('\n')}
</html>
`,
    )
  } finally {
    closeSync(file)
  }
})
