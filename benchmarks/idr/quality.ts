import path from 'node:path'
import { Store } from 'trireme-bio/local'
import { relabel } from '../../steps/image/relabel.ts'
import type { Benchmark } from '../harness/benchmark.ts'
import { median } from '../harness/statistics.ts'
import { images, programs, trial } from './laboratory.ts'
import { mean, rowOf } from './rows.ts'

const seedsOf = (quick: boolean) => (quick ? [0] : [0, 1, 2, 3, 4])
const goodEnough = 0.975

/** The study's split, whole: 104 patients to train with, 103 scored. What is measured says how the pipeline works, and nothing about real tissue. */
export const quality: Benchmark = {
  name: 'idr-quality',
  about: 'Quality and time to quality on the SYNTHETIC twin of idr0042: five seeds, one thread',
  programs,
  measure: async ({ quick, scratch, log }) => {
    const fresh = await Store.open(path.join(scratch, 'store'))
    const packed = images()
    const trials: Awaited<ReturnType<typeof trial>>[] = []
    for (const seed of seedsOf(quick)) {
      // Trained anew each time: cached trainings would give the CPU seconds of an earlier day.
      const each = await trial(fresh, packed, { seed, monitor: 'test' }, `quality.${seed}`)
      trials.push(each)
      log(`seed ${seed}: patient AUC ${each.report.test.patient.auc.value?.toFixed(4)}, training ${each.cpu.toFixed(1)} CPU s`)
    }
    const { patient, image } = trials[0]!.report.test
    const epochs = trials.map(({ history }) => history.findIndex(line => (line.patient_auc ?? 0) >= goodEnough))
    const spent = trials.map(({ history }, n) => history.slice(0, epochs[n]! + 1).reduce((sum, line) => sum + line.cpu_seconds, 0))
    const aucs = (of: 'patient' | 'image') => trials.map(({ report }) => report.test[of].auc.value ?? 0)
    return {
      timed: {},
      rows: [
        rowOf('patients scored', 'count', [patient.count], { least: 103, most: 103 }),
        rowOf('images scored', 'count', [image.count], { least: 1133, most: 1133 }),
        rowOf('patient AUC, worst seed', 'AUC', aucs('patient'), { least: 0.97 }),
        rowOf('image AUC, worst seed', 'AUC', aucs('image'), { least: 0.9 }),
        rowOf(
          `first epoch with patient AUC ≥ ${goodEnough}, latest seed`,
          'count',
          epochs.map(n => (n < 0 ? 99 : n + 1)),
          { most: 8 },
        ),
        rowOf('training CPU seconds to that epoch, slowest seed', 'seconds', spent, {}, list => Math.max(...list)),
        rowOf(
          'whole training step, CPU seconds, slowest seed',
          'seconds',
          trials.map(({ cpu }) => cpu),
          { most: 60 },
        ),
        rowOf(
          'patches a second in training, 1 thread',
          'a second',
          trials.map(({ history }) => history.at(-1)!.images_per_s),
          {},
          median,
        ),
        rowOf(
          'images a second in validation, 1 thread',
          'a second',
          trials.map(({ validation }) => validation),
          {},
          median,
        ),
      ],
    }
  },
}
/** Negative controls: if these trainings worked, the drawn images would show their class by something other than histology. */
export const controls: Benchmark = {
  name: 'idr-controls',
  about: 'Negative controls on the SYNTHETIC twin: no colour augmentation, labels shuffled over patients',
  programs,
  measure: async ({ quick, store: folder, log }) => {
    const store = await Store.open(folder)
    const packed = images()
    const aucOf = async (of: ReturnType<typeof images>, settings: Parameters<typeof trial>[2], name: string) => {
      const auc = (await trial(store, of, settings, name)).report.test.patient.auc.value ?? 0
      log(`${name}: patient AUC ${auc.toFixed(4)}`)
      return auc
    }
    const plain = []
    for (const augment of ['none', 'd4'] as const) plain.push(await aucOf(packed, { augment }, `plain.${augment}`))
    const shuffled = []
    for (const seed of seedsOf(quick)) shuffled.push(await aucOf(relabel({ packed, seed }).relabelled, { seed }, `shuffled.${seed}`))
    return {
      timed: {},
      rows: [
        rowOf('patient AUC without colour augmentation, the better of none and d4', 'AUC', plain, { most: 0.9 }),
        rowOf('patient AUC with shuffled labels, mean of seeds', 'AUC', shuffled, { least: 0.4, most: 0.6 }, mean),
      ],
    }
  },
}
