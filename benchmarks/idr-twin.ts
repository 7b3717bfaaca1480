import { comparison } from 'trireme-bio/benchmarks'
import { figure, figures } from './arms/figures.ts'
import { compiled } from './harness/places.ts'

/** Digest of the pixels of all images, one after another. */
const promised = 'f787f00e172b8fd4c567b179f6c86b93510027628b26c93f8f42fc4b0c71f496'

export const idrTwin = comparison({
  name: 'idr-twin',
  about: 'Drawing the SYNTHETIC twin of idr0042, 2,299 images: cost, the same bytes, and that colour alone does not tell the classes',
  arms: {
    drawing: {
      command: ({ quick }) => ({ argv: [...compiled('benchmarks/arms/draw-twin.js'), ...(quick ? ['12'] : [])] }),
      check: at => {
        const drawn = String(figures(at).sha256)
        if (drawn !== promised && !at.quick) throw new Error(`The digest of all pixels is ${drawn}; promised is ${promised}.`)
      },
    },
  },
  quality: {
    image: { about: 'CPU an image', unit: 'ms', read: at => figure(at, 'cpuMsPerImage') },
    // A negative control.
    colour: { about: 'Patient AUC by mean red, green and blue alone', read: at => figure(at, 'meanColourAuc'), ceiling: 0.75 },
  },
  outputs: { read: at => ({ pixels: String(figures(at).sha256) }) },
  runs: { least: 3, most: 6 },
  claims: [
    { quality: 'image', arm: 'drawing', take: 'median', most: 17 },
    { quality: 'colour', arm: 'drawing', take: 'most', most: 0.75 },
  ],
})
