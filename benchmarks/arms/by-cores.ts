/** Cores by arm. A law of scaling is fitted from four points up; where a machine has fewer cores, so many points are not measured. */
export const cores = { '1 core': 1, '2 cores': 2, '4 cores': 4, '8 cores': 8 } as const
export const settings = { '1 core': { cpu: 1 }, '2 cores': { cpu: 2 }, '4 cores': { cpu: 4 }, '8 cores': { cpu: 8 } } as const
