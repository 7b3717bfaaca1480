import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pack } from 'tar-stream'
import { imageArchive, imageSheet } from 'trireme-bio/kinds'
import { given, made, scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { sheet } from './sheet.ts'

const tarOf = async (places: readonly string[]) => {
  const file = path.join(scratch(), 'images.tar')
  const out = pack()
  for (const name of places) out.entry({ name }, 'x')
  out.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of out) chunks.push(chunk as Buffer)
  writeFileSync(file, Buffer.concat(chunks))
  return given('archive', imageArchive, file)
}
const sheetOf = (text: string) => {
  const file = path.join(scratch(), 'sheet.csv')
  writeFileSync(file, text)
  return given('sheet', imageSheet, file)
}
type Asked = Omit<Parameters<typeof sheet>[0], 'sheet' | 'archive'>
const outcome = async (text: string | undefined, places: readonly string[], asked: Asked = {}) => {
  const { table, told } = await made(sheet({ sheet: text === undefined ? [] : [sheetOf(text)], archive: await tarOf(places), ...asked }))
  return { rows: readFileSync(table.path, 'utf8').trimEnd().split('\n'), told: told === undefined ? '' : readFileSync(told.path, 'utf8') }
}
const six = ['a1.png', 'a2.png', 'a3.png', 'b1.png', 'b2.png', 'b3.png']
const lines = six.map((name, n) => `${name};${name[0]};p${n >> 1};${['train', 'val', 'test'][n >> 1]}\n`)

it('reads a sheet against the images of an archive', async () => {
  const asked = { imageColumn: 'the image', labelColumn: 'class', groupColumn: 'patient', splitColumn: 'part', positive: 'a' }
  expect(await outcome(`the image;class;patient;part\n${lines.join('')}`, six, asked)).toEqual({
    rows: [
      'image\tgroup\tlabel\tclass\tsplit\tscored',
      ...six.map((name, n) => `${name}\tp${n >> 1}\t${n < 3 ? 1 : 0}\t${name[0]}\t${['train', 'validation', 'test'][n >> 1]}\t1`),
    ],
    told: 'Parts of images: "val" was read as validation (2 images).\n',
  })
})
it('reads classes from folders where there is no sheet, and tells nothing where there is nothing to tell', async () => {
  const { rows, told } = await outcome(undefined, ['cat/1.png', 'cat/2.png', 'dog/1.png', 'dog/2.png'])
  expect([rows[1], rows[4], told]).toEqual(['cat/1.png\tcat/1.png\t0\tcat\t\t1', 'dog/2.png\tdog/2.png\t1\tdog\t\t1', ''])
})
it('leaves out what is absent and classes that are not wanted, where it is asked to, and says so', async () => {
  const text = `image;label\n${six.map(name => `${name};-${name[0]}, both\n`).join('')}gone.png;-a, both\nother.png;todo\n`
  const { rows, told } = await outcome(text, six, { absent: 'leave-out', classes: ['-b, both', '-a, both'] })
  expect(rows.slice(1).map(row => row.split('\t')[0])).toEqual(six)
  expect(told.split('\n')).toEqual([
    'Left out, since --classes does not name its class: 1 image ("todo").',
    'Left out, since it is not there: 1 image of the sheet ("gone.png").',
    '',
  ])
})
it('shows twenty faults at the end of a run, and how many more there are', async () => {
  const rows = Array.from({ length: 2000 }, (_, n) => `none${n}.png;a;p;\n`)
  const message: string = await outcome(`image;label;group;split\n${lines.join('')}${rows.join('')}`, six).catch(error => error.message)
  expect(message).toContain('    The sheet has 2,000 faults:\n      Line 8: there is no image "none0.png".\n')
  expect(message).toContain('      Line 27: there is no image "none19.png".\n      … and 1,980 more.')
})
