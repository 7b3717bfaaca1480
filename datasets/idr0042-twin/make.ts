import { plan, source } from 'trireme-bio'
import { csv } from 'trireme-bio/kinds'
import { roster } from '../../steps/idr/roster.ts'
import { patients } from '../idr0042/patients.ts'

/** The tables of the twin, as refs: `table({ ...tables(), train: 16, test: 16, rois: 3 })`. */
export const tables = () => roster({ patients: source('patients', csv, patients) })
export const make = () => plan('idr0042-twin', tables())
