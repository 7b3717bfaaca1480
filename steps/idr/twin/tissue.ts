import { normal, seedOf, uniform } from './hash.ts'
import { clamp } from './noise.ts'

/** An image to draw. Its label shapes the tissue and is in no seed: a patient's nuisances say nothing of it. */
export interface Subject {
  readonly patient: string
  readonly roi: number
  readonly failing: boolean
}
type Colour = readonly [red: number, green: number, blue: number]
/** All that is decided before the first pixel. */
export interface Tissue {
  readonly seed: number
  /** What differs between failing and other hearts. */
  readonly fibrosis: number
  readonly nucleusSize: number
  readonly irregularity: number
  readonly nucleusDensity: number
  readonly disarray: number
  /** What does not: cut, stain, slide, scanner. */
  readonly magnification: number
  /** Direction of the fibres, in half turns. */
  readonly direction: number
  readonly gaps: number
  readonly fibreWidth: number
  readonly striation: number
  readonly eosinUptake: number
  readonly haematoxylinUptake: number
  readonly collagenEosin: number
  readonly blur: number
  readonly background: Colour
  /** Optical density of the stains by channel. */
  readonly eosin: Colour
  readonly haematoxylin: Colour
  readonly haze: number
  readonly vessels: number
  readonly grain: number
}

interface Trait {
  /** Number of the random draw. */
  readonly draw: number
  /** Mean over both classes, and what a failing heart has more than another. */
  readonly mean: number
  readonly effect: number
  /** Standard deviation between patients, and between the regions of one. */
  readonly patients: number
  readonly rois: number
  readonly least: number
  readonly most: number
}
// Tuned by hand until a small network needed colour augmentation to pass a patient AUC of 0.95 on the twin's own test split.
const fibrosis = { draw: 1, mean: 0.42, effect: 0.5, patients: 0.11, rois: 0.16, least: 0, most: 1 }
const nucleusSize = { draw: 2, mean: 1.05, effect: 0.42, patients: 0.09, rois: 0.13, least: 0.6, most: 1.7 }
const irregularity = { draw: 3, mean: 0.32, effect: 0.4, patients: 0.1, rois: 0.12, least: 0, most: 0.8 }
const nucleusDensity = { draw: 4, mean: 0.58, effect: -0.34, patients: 0.1, rois: 0.12, least: 0.15, most: 1 }
const disarray = { draw: 5, mean: 0.42, effect: 0.4, patients: 0.12, rois: 0.16, least: 0, most: 1 }

/** What a region of a patient's heart looks like, by its names and the seed alone. */
export function tissueOf({ patient, roi, failing }: Subject, seed: number): Tissue {
  const ofPatient = seedOf(`P${patient}`, seed)
  const ofRoi = seedOf(`R${patient}/${roi}`, seed)
  const trait = ({ draw, mean, effect, patients, rois, least, most }: Trait) =>
    clamp(mean + ((failing ? 1 : 0) - 0.5) * effect + patients * normal(draw, ofPatient) + rois * normal(draw, ofRoi), least, most)
  /** One of a patient, one of a region: even (p, r) or normal (pn, rn). */
  const p = (draw: number) => uniform(draw, 1, ofPatient)
  const r = (draw: number) => uniform(draw, 1, ofRoi)
  const pn = (draw: number) => normal(draw, ofPatient)
  const rn = (draw: number) => normal(draw, ofRoi)
  const thickness = (0.88 + 0.24 * p(15)) * (0.94 + 0.12 * r(15))
  return {
    seed: ofRoi,
    fibrosis: trait(fibrosis),
    nucleusSize: trait(nucleusSize),
    irregularity: trait(irregularity),
    nucleusDensity: trait(nucleusDensity),
    disarray: trait(disarray),
    magnification: 0.82 + 0.4 * p(10),
    direction: p(11) + 0.06 * rn(11),
    gaps: 0.25 + 1.1 * p(12) + 0.25 * r(12),
    fibreWidth: 16 * (0.9 + 0.2 * p(13)),
    striation: 0.03 + 0.11 * p(14),
    eosinUptake: thickness * (0.8 + 0.44 * p(16)),
    haematoxylinUptake: thickness * (0.8 + 0.45 * p(17)),
    collagenEosin: 0.36 + 0.24 * p(18),
    blur: 0.55 * p(19),
    background: [238 + 14 * p(20), 236 + 14 * p(21), 240 + 13 * p(22)],
    eosin: [0.11 + 0.07 * pn(23) * 0.6, 0.52 + 0.05 * pn(24), 0.26 + 0.06 * pn(25)],
    haematoxylin: [0.66 + 0.07 * pn(26), 0.72 + 0.05 * pn(27), 0.36 + 0.06 * pn(28)],
    haze: 0.03 + 0.1 * p(29),
    vessels: Math.floor(3 * r(30)),
    grain: 3 + 4 * p(31),
  }
}
