import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { checkpoint, history, metrics, modelSummary, packedImages } from 'trireme-bio/kinds'
import { gallery } from 'trireme-bio/steps/metrics/gallery'
import { best } from 'trireme-bio/steps/sweep/best'
import { packedFiles } from 'trireme-bio/steps/tiny-images'
import { given, made } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { ranked, varying } from '../leaderboard.ts'
import { report, rowsOf } from '../metrics/patients.script.ts'
import { collect } from './collect.ts'

const at = mkdtempSync(path.join(os.tmpdir(), 'trireme-sweep-'))
const packed = packedFiles(at, 'images')
/** Predictions for the tiny images: right to a degree, the more the better. */
function judged(quality: number, heldOut: number) {
  const [, ...lines] = readFileSync(packed.index, 'utf8').trimEnd().split('\n')
  const rows = lines.map((line, n) => {
    const [image, patient, , label, split, scored] = line.split('\t')
    const noise = ((n * 37) % 100) / 100
    const good = split === 'test' ? quality : heldOut
    return [
      image,
      patient,
      label,
      scored,
      split === 'test' ? split : 'holdout',
      (good * Number(label) + (1 - good) * noise).toFixed(6),
    ].join('\t')
  })
  return report(rowsOf(['image\tpatient\tlabel\tscored\tsplit\tprobability', ...rows].join('\n')), 0.5)
}
function trial(name: string, quality: number, heldOut: number, lr: number) {
  const summary = {
    ...{
      architecture: 'nirschl',
      parameters: 13554,
      weights: `${name}${'0'.repeat(64)}`.slice(0, 64),
      holdout: [],
      trained_on: { images: 16, patients: 8, names: ['train-0', 'train-1'] },
    },
    ...{ options: { model: 'nirschl', lr, device: 'cpu', threads: 1, monitor: 'holdout' }, versions: { torch: '1.13' } },
    validation: { seconds: 0.1, images_per_s: 100 },
  }
  const line = { epoch: 1, loss: 0.5, seconds: 2, cpu_seconds: 2, images_per_s: 50, data_wait: 0.1, patient_auc: 0.8 }
  return { name, metrics: judged(quality, heldOut), summary, history: [line, { ...line, epoch: 2, loss: 0.4 }] }
}
const trials = [trial('lucky', 0.9, 0.2, 0.1), trial('<solid>', 0.6, 0.8, 0.01)]
function refs(all = trials) {
  const file = (name: string, n: number, text: string) => {
    const place = path.join(at, `${n}-${name}`)
    writeFileSync(place, text)
    return place
  }
  const each = <T>(of: (trial: (typeof trials)[number], n: number) => T) =>
    Object.fromEntries(all.map((trial, n) => [trial.name, of(trial, n)]))
  return {
    metrics: each((trial, n) => given(`m${n}`, metrics, file('metrics.json', n, JSON.stringify(trial.metrics)))),
    summaries: each((trial, n) => given(`s${n}`, modelSummary, file('summary.json', n, JSON.stringify(trial.summary)))),
    histories: each((trial, n) =>
      given(`h${n}`, history, file('history.jsonl', n, trial.history.map(line => JSON.stringify(line)).join('\n'))),
    ),
    checkpoints: each((_, n) => given(`c${n}`, checkpoint, file('model.pt', n, `PK\x03\x04 weights ${n}`))),
  }
}

it('ranks on held-out patients where there are any, else on the test and says so', () => {
  expect(ranked(trials)).toMatchObject({ by: 'holdout', trials: [{ name: '<solid>' }, { name: 'lucky' }] })
  const none = trials.map(each => ({ ...each, metrics: { ...each.metrics, holdout: null } }))
  expect(ranked(none)).toMatchObject({ by: 'test', trials: [{ name: 'lucky' }, { name: '<solid>' }] })
  expect(varying(trials)).toEqual(['lr'])
  const other = { ...trials[1]!, summary: { ...trials[1]!.summary, holdout: ['train-1', 'train-2'] } }
  expect(() => ranked([trials[0]!, other])).toThrow(
    'The configurations "lucky" and "<solid>" have different patients held out (0 and 2), so that their figures cannot be compared. Give all the same holdout and the same images.',
  )
  const fewer = { ...trials[1]!, metrics: { ...trials[1]!.metrics, patients: trials[1]!.metrics.patients.slice(1) } }
  expect(() => ranked([trials[0]!, fewer])).toThrow('have different patients tested with (7 and 6)')
})
it('collects a table, a page and curves', async () => {
  const { checkpoints: _, ...inputs } = refs()
  const { table, page, curves, rocs } = await made(collect({ ...inputs, title: 'A & B', note: 'SYNTHETIC' }))
  const [head, first] = readFileSync(table.path, 'utf8').split('\n')
  expect(head).toMatch(/^rank,name,lr,holdout_patient_auc,holdout_image_auc,test_patient_auc,test_patient_auc_95,/)
  expect(first).toMatch(/^1,<solid>,0\.01,/)
  const html = readFileSync(page.path, 'utf8')
  expect(html).toContain('<h1>A &#38; B</h1>')
  expect(html).toContain('<p class="note">SYNTHETIC</p>')
  expect(html).toContain('The test patients had no say in it.')
  expect(html).toContain('1 more patients were judged and left out')
  expect(html).not.toContain('<solid>')
  expect(readFileSync(curves.path, 'utf8')).toContain('Patient AUC, holdout patients')
  expect(readFileSync(rocs.path, 'utf8')).toContain('ROC, images of the test')
})
it('takes the model in the first place, and says in its card what it is good for', async () => {
  const { model, card, judged, summary } = await made(best({ ...refs(), data: 'Tiny images.', positive: 'bluish', note: 'SYNTHETIC' }))
  expect(readFileSync(model.path, 'latin1')).toContain('weights 1')
  expect(JSON.parse(readFileSync(summary.path, 'utf8')).weights).toMatch(/^<solid>/)
  expect(JSON.parse(readFileSync(judged.path, 'utf8')).test.patient.count).toBe(7)
  const text = readFileSync(card.path, 'utf8')
  for (const said of [
    '> **SYNTHETIC**',
    'First of 2 configurations, chosen on training patients that were held out',
    'Tiny images.\nLabel 1 is bluish.',
    'By their names, none of the 2 training, 0 held-out and 8 test patients is in two parts; whether two names are one person was not checked.',
    'test-7',
    '## Limits',
    'No medical device',
  ])
    expect(text).toContain(said)
})
it('says on the card only what it knows', async () => {
  const { card } = await made(best({ ...refs(), positive: 'bluish' }))
  const text = readFileSync(card.path, 'utf8')
  expect(text).toContain('What the images are was not told (--data).\nLabel 1 is bluish.')
  expect(text).not.toMatch(/heart|tissue|public data set|one laboratory|No patient is in two parts/i)
  const leaking = {
    ...trials[1]!,
    summary: { ...trials[1]!.summary, trained_on: { images: 16, patients: 2, names: ['test-1', 'train-1'] } },
  }
  await expect(made(best({ ...refs([leaking]) }))).rejects.toThrow(
    'The patient "test-1" is in two parts, so that the figures are too good. Correct the table of images, and train anew.',
  )
})
it('shows the most confidently wrong patients', async () => {
  const inverted = { ...trials[0]!, metrics: judged(0.05, 0.5) }
  const { metrics: files } = refs([inverted])
  const { page } = await made(gallery({ metrics: files.lucky!, images: given('images', packedImages, { ...packed }), count: 2 }))
  const html = readFileSync(page.path, 'utf8')
  expect(html.match(/<h2>Patient /g)).toHaveLength(2)
  expect(html.match(/data:image\/jpeg;base64,/g)).toHaveLength(4)
  const first = inverted.metrics.patients[0]!
  expect(html).toContain(
    `Patient ${first.patient}: ${first.label === 1 ? 'positive' : 'negative'}, judged ${(first.probability * 100).toFixed(1)} % positive`,
  )
})
it('refuses files whose names do not agree', async () => {
  const { metrics, summaries, histories } = refs()
  await expect(made(collect({ metrics, summaries, histories: { lucky: histories.lucky! } }))).rejects.toThrow('should have the same names')
})
it('takes names for text, in the card and in the table, whatever a program would make of them', async () => {
  const name = '=HYPERLINK("https://x") | [a](javascript:b) <script>'
  const { checkpoints, ...inputs } = refs([{ ...trials[1]!, name }])
  const { table } = await made(collect({ ...inputs, title: '' }))
  expect(readFileSync(table.path, 'utf8').split('\n')[1]).toMatch(/^1,"'=HYPERLINK\(""https:\/\/x""\) \| \[a\]\(javascript:b\) <script>",/)
  const { card } = await made(best({ ...inputs, checkpoints, data: '<img src=x>\n# Title', positive: '*x*', note: '' }))
  const text = readFileSync(card.path, 'utf8')
  expect(text).toContain('# Model card: \\=HYPERLINK("https://x") \\| \\[a\\](javascript:b) \\<script\\>\n')
  expect(text).toContain('\\<img src=x\\> # Title\nLabel 1 is \\*x\\*.')
})
