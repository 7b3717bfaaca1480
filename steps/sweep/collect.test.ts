import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { checkpoint, history, metrics, modelSummary, packedImages, splitReport } from 'trireme-bio/kinds'
import { gallery } from 'trireme-bio/steps/metrics/gallery'
import { best } from 'trireme-bio/steps/sweep/best'
import { packedFiles } from 'trireme-bio/steps/tiny-images'
import { given, made } from 'trireme-bio/testing'
import { describe, expect, it } from 'vitest'
import { parseTable } from '../image-table.ts'
import { ranked, type Trial, varying } from '../leaderboard.ts'
import { predictionsOf, report } from '../metrics/classifier.script.ts'
import { collect } from './collect.ts'

const at = mkdtempSync(path.join(os.tmpdir(), 'trireme-sweep-'))
const packs = {
  two: packedFiles(at, 'two', { validation: true }),
  many: packedFiles(at, 'many', { validation: true, classes: 5, groups: 6 }),
}
type Pack = keyof typeof packs
/** Predictions for the tiny images: right to a degree, the more the better. */
function judged(quality: number, validated: number, pack: Pack = 'two') {
  const rows = parseTable(readFileSync(packs[pack].table, 'utf8'))
  if (typeof rows === 'string') throw new Error(rows)
  const classes = [...new Set(rows.toSorted((a, b) => a.label - b.label).map(row => row.class))]
  const lines = rows.flatMap(({ image, group, label, class: name, split, scored }, n) => {
    if (split === 'train') return []
    const good = split === 'test' ? quality : validated
    const weights = classes.map((_, number) => good * Number(number === label) + (1 - good) * (((n * 37 + number * 61) % 100) / 100 + 0.01))
    const total = weights.reduce((sum, each) => sum + each)
    return [[image, group, label, name, split, Number(scored), ...weights.map(each => (each / total).toFixed(9))].join('\t')]
  })
  const head = ['image', 'group', 'label', 'class', 'split', 'scored', ...classes.map(name => `probability:${name}`)].join('\t')
  return report(predictionsOf([head, ...lines].join('\n')), 0.5, 'patient')
}
function trial(name: string, quality: number, validated: number, lr: number, pack: Pack = 'two'): Trial {
  const metrics = judged(quality, validated, pack)
  const summary = {
    ...{
      architecture: 'nirschl',
      parameters: 13554,
      weights: `${name}${'0'.repeat(64)}`.slice(0, 64),
      classes: metrics.classes,
      from: null,
    },
    ...{ trained_on: { images: 16, groups: 8, names: ['train-0', 'train-1'] }, validation_names: ['validation-0'] },
    ...{ options: { model: 'nirschl', lr, device: 'cpu', threads: 1 }, versions: { torch: '1.13' } },
    validation: { seconds: 0.1, images_per_s: 100 },
  }
  const line = { epoch: 1, loss: 0.5, seconds: 2, cpu_seconds: 2, images_per_s: 50, data_wait: 0.1 }
  const shown = { validation_loss: 0.6, image_auc: 0.7, group_auc: 0.8, balanced_accuracy: 0.7 }
  return {
    name,
    metrics,
    summary,
    history: [
      { ...line, ...shown },
      { ...line, ...shown, epoch: 2, loss: 0.4 },
    ],
  }
}
const trials: readonly Trial[] = [trial('lucky', 0.9, 0.2, 0.1), trial('<solid>', 0.6, 0.8, 0.01)]
const told = { groups: 'patient', note: 'SYNTHETIC' }
function refs(all: readonly Trial[] = trials) {
  const file = (name: string, n: number, text: string) => {
    const place = path.join(at, `${n}-${name}`)
    writeFileSync(place, text)
    return place
  }
  const checks = ['Of 40 pairs of images none show the same.', 'Two <b>images</b> are | equal.']
  const each = <T>(of: (trial: Trial, n: number) => T) => Object.fromEntries(all.map((trial, n) => [trial.name, of(trial, n)]))
  return {
    metrics: each((trial, n) => given(`m${n}`, metrics, file('metrics.json', n, JSON.stringify(trial.metrics)))),
    summaries: each((trial, n) => given(`s${n}`, modelSummary, file('summary.json', n, JSON.stringify(trial.summary)))),
    histories: each((trial, n) =>
      given(`h${n}`, history, file('history.jsonl', n, trial.history.map(line => JSON.stringify(line)).join('\n'))),
    ),
    split: given('split', splitReport, file('split.json', 0, JSON.stringify({ checks }))),
    checkpoints: each((_, n) => given(`c${n}`, checkpoint, file('model.pt', n, `PK\x03\x04 weights ${n}`))),
  }
}

it('ranks on the validation part where there is one, else on the test', () => {
  expect(ranked(trials)).toMatchObject({ by: 'validation', trials: [{ name: '<solid>' }, { name: 'lucky' }] })
  const none = trials.map(each => ({ ...each, metrics: { ...each.metrics, validation: null } }))
  expect(ranked(none)).toMatchObject({ by: 'test', trials: [{ name: 'lucky' }, { name: '<solid>' }] })
  expect(varying(trials)).toEqual(['lr'])
})
it('ranks only what was judged on the same images and classes', () => {
  const [first, second] = [trials[0]!, trials[1]!]
  const other = { ...second, summary: { ...second.summary, validation_names: ['train-1', 'train-2'] } }
  expect(() => ranked([first, other], 'patient')).toThrow(
    'The configurations "lucky" and "<solid>" have different patients for validation (1 and 2), so that their figures cannot be compared. Give all the same table of images.',
  )
  const fewer = { ...second, metrics: { ...second.metrics, groups: second.metrics.groups.slice(1) } }
  expect(() => ranked([first, fewer])).toThrow('have different images for the test (14 and 12)')
  expect(() => ranked([first, trial('many', 0.5, 0.5, 0.1, 'many')])).toThrow('have different classes (2 and 5)')
})
describe('the leaderboard', () => {
  it('is a table, a page and curves', async () => {
    const { checkpoints: _, split: __, ...inputs } = refs()
    const { table, page, curves, rocs } = await made(collect({ ...inputs, ...told, title: 'A & B' }))
    const [head, first] = readFileSync(table.path, 'utf8').split('\n')
    expect(head).toMatch(/^rank,name,lr,validation_patient_auc,validation_image_auc,test_patient_auc,test_patient_auc_95,/)
    expect(head).toContain(',sensitivity,sensitivity_95,specificity,specificity_95,balanced_accuracy,balanced_accuracy_95,f1,threshold,')
    expect(first).toMatch(/^1,<solid>,0\.01,/)
    const html = readFileSync(page.path, 'utf8')
    expect(html).toContain('<h1>A &#38; B</h1>')
    expect(html).toContain('<p class="note">SYNTHETIC</p>')
    expect(html).toContain('Ranked on the patients of the validation part. Those of the test had no say in it.')
    expect(html).toContain('Test: 7 patients (4 plain and 3 bluish), 14 images; 1 patient more judged and left out of all figures.')
    expect(html).toContain('judged as')
    expect(html).not.toContain('<solid>')
    const learning = readFileSync(curves.path, 'utf8')
    expect(learning).not.toMatch(/>1\.\d/) // no area is above 1, and no axis says it could be
    for (const title of ['Loss of training', 'Loss of the validation part', 'AUC by patient, validation part'])
      expect(learning).toContain(title)
    expect(readFileSync(rocs.path, 'utf8')).toContain('ROC, images of the test')
  })
  it('says that the first place is too good where the test chose it', async () => {
    const none = trials.map(each => ({ ...each, metrics: { ...each.metrics, validation: null } }))
    const { checkpoints: _, split: __, ...inputs } = refs(none)
    const { page, table } = await made(collect({ ...inputs, ...told }))
    expect(readFileSync(page.path, 'utf8')).toContain(
      'Ranked on the patients of the test, since there is no validation part: the figures of the first place are too good, as it won by luck too.',
    )
    expect(readFileSync(table.path, 'utf8')).not.toContain('validation')
  })
  it('of many classes has their confusion, and the figures of each', async () => {
    const { checkpoints: _, split: __, ...inputs } = refs([trial('five', 0.4, 0.4, 0.1, 'many')])
    const { table, page, rocs } = await made(collect({ ...inputs, ...told }))
    expect(readFileSync(table.path, 'utf8').split('\n')[0]).toMatch(
      /^rank,name,validation_patient_auc,validation_image_auc,test_patient_auc,test_patient_auc_95,test_image_auc,test_image_auc_95,balanced_accuracy,balanced_accuracy_95,f1,brier,/,
    )
    const html = readFileSync(page.path, 'utf8')
    expect(html.match(/<th>tint 4<\/th>/g)).toHaveLength(2)
    expect(html).toContain('<h2>Classes by patient</h2>')
    expect(readFileSync(rocs.path, 'utf8')).toContain('tint 4')
  })
  it('refuses files whose names do not agree', async () => {
    const { metrics, summaries, histories } = refs()
    await expect(made(collect({ metrics, summaries, histories: { lucky: histories.lucky! } }))).rejects.toThrow(
      'should have the same names',
    )
  })
})
describe('the card', () => {
  const cardOf = async (all: readonly Trial[], said: object = {}) => {
    const { card } = await made(best({ ...refs(all), ...told, ...said }))
    return readFileSync(card.path, 'utf8')
  }
  it('is of the model in the first place, and says what it is good for', async () => {
    const said = { about: 'Tiny images.', positive: 'more blue', licence: 'CC0', limits: 'Not for art.' }
    const { model, card, judged, summary } = await made(best({ ...refs(), ...told, ...said }))
    expect(readFileSync(model.path, 'latin1')).toContain('weights 1')
    expect(JSON.parse(readFileSync(summary.path, 'utf8')).weights).toMatch(/^<solid>/)
    expect(JSON.parse(readFileSync(judged.path, 'utf8')).test.group.count).toBe(7)
    const text = readFileSync(card.path, 'utf8')
    for (const each of [
      '> **SYNTHETIC**',
      'trained with torch 1.13 from random weights.',
      'First of 2 configurations, chosen on the validation part',
      'Tiny images.\nTheir licence: CC0.\nThe positive class is bluish: more blue. The other is plain.',
      'Trained on 16 images of 8 patients; validation part: 16 images of 8 patients; tested on 14 images of 7 patients.',
      '- By their names, none of the 2 training, 1 validation and 8 test patients is in two parts; whether two names are one patient was not checked.',
      '- Of 40 pairs of images none show the same.\n- Two \\<b\\>images\\</b\\> are \\| equal.',
      'Judged, and in none of the figures: 1 patient (test-7: bluish ',
      '## Limits\n\n- Not for art.\n- Its quality was measured on the test images above and on no others.',
    ])
      expect(text).toContain(each)
  })
  it('says only what is known', async () => {
    const text = await cardOf(trials, { note: '' })
    expect(text).toContain(
      'What the images are was not told (--data-about).\nTheir licence was not told.\nThe positive class is bluish. The other is plain.',
    )
    expect(text).not.toMatch(/heart|tissue|stain|laborator|scanner|medical|health|illness|Label 1/i)
  })
  it('says where the weights began', async () => {
    const from = { sha256: 'ab'.repeat(32), licence: 'MIT', source: 'https://x/<b>' }
    expect(await cardOf([{ ...trials[1]!, summary: { ...trials[1]!.summary, from } }])).toContain(
      "from weights of the user's own (SHA-256 `abababababababab`, licence: MIT, source: https://x/\\<b\\>).",
    )
  })
  it('of many classes has the figures and errors of each', async () => {
    const text = await cardOf([trial('five', 0.4, 0.4, 0.1, 'many')])
    expect(text).toContain('Classes: "plain", "bluish", "tint 2", "tint 3", "tint 4".')
    expect(text).toContain('| class, judged as | plain | bluish | tint 2 | tint 3 | tint 4 |')
    expect(text).toContain('| class | count | AUC | recall | precision | F1 |')
    expect(text).toContain('Each is judged as its most probable class.')
    expect(text).not.toContain('positive')
  })
  it('refuses a group in two parts', async () => {
    const names = ['test-1', 'train-1']
    const leaking = { ...trials[1]!, summary: { ...trials[1]!.summary, trained_on: { images: 16, groups: 2, names } } }
    await expect(cardOf([leaking])).rejects.toThrow(
      'The patient "test-1" is in two parts, so that the figures are too good. Correct the table of images, and train anew.',
    )
  })
})
describe('the gallery', () => {
  const pixels = { pixels: packs.two.pixels, index: packs.two.index }
  it('shows the most confidently wrong groups', async () => {
    const inverted = { ...trials[0]!, metrics: judged(0.05, 0.5) }
    const { metrics: files } = refs([inverted])
    const { page } = await made(gallery({ metrics: files.lucky!, images: given('images', packedImages, pixels), count: 2, ...told }))
    const html = readFileSync(page.path, 'utf8')
    expect(html.match(/<h2>Patient /g)).toHaveLength(2)
    expect(html.match(/data:image\/jpeg;base64,/g)).toHaveLength(4)
    const { group, label, judged: as, probabilities } = inverted.metrics.groups[0]!
    const names = ['plain', 'bluish']
    const shown = (number: number) => `${names[number]} (${(probabilities[number]! * 100).toFixed(1)} %)`
    expect(html).toContain(`Patient ${group}: ${shown(label)}, judged ${shown(as)}</h2>`)
  })
  it('shows images where nothing is told by group', async () => {
    const images = judged(0.05, 0.5)
    const alone = {
      ...trials[0]!,
      metrics: { ...images, whyNoGroup: 'Why.', groups: images.groups.map(each => ({ ...each, images: each.images.slice(0, 1) })) },
    }
    const { metrics: files } = refs([alone])
    const { page } = await made(gallery({ metrics: files.lucky!, images: given('images', packedImages, pixels), count: 1, ...told }))
    const html = readFileSync(page.path, 'utf8')
    expect(html).toContain('<h1>Most confidently wrong images</h1>')
    expect(html).toContain(`<h2>Image ${alone.metrics.groups[0]!.images[0]}: `)
  })
})
it('takes names for text, in the card and in the table, whatever a program would make of them', async () => {
  const name = '=HYPERLINK("https://x") | [a](javascript:b) <script>'
  const { checkpoints, split, ...inputs } = refs([{ ...trials[1]!, name }])
  const { table } = await made(collect({ ...inputs, title: '' }))
  expect(readFileSync(table.path, 'utf8').split('\n')[1]).toMatch(/^1,"'=HYPERLINK\(""https:\/\/x""\) \| \[a\]\(javascript:b\) <script>",/)
  const said = { about: '<img src=x>\n# Title', positive: '*x*', groups: '<i>' }
  const { card } = await made(best({ ...inputs, checkpoints, split, ...said }))
  const text = readFileSync(card.path, 'utf8')
  expect(text).toContain('# Model card: \\=HYPERLINK("https://x") \\| \\[a\\](javascript:b) \\<script\\>\n')
  expect(text).toContain('\\<img src=x\\> # Title\n')
  expect(text).toContain('bluish: \\*x\\*.')
  expect(text).not.toMatch(/(?<!\\)<i/)
})
