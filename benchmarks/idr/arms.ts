import type { Configuration } from '../../pipelines/configurations.ts'

/** Two networks, on the processor and on a GPU, with 32 bits and with half of them where that does (AMP). */
export const byDevice = (nirschl: Partial<Configuration>, resnet18: Partial<Configuration>) => ({
  'nirschl, fp32, CPU': { ...nirschl, model: 'nirschl', device: 'cpu' } as const,
  'nirschl, AMP, CPU': { ...nirschl, model: 'nirschl', device: 'cpu', amp: 'bfloat16' } as const,
  'nirschl, fp32, CUDA': { ...nirschl, model: 'nirschl', device: 'cuda' } as const,
  'nirschl, AMP, CUDA': { ...nirschl, model: 'nirschl', device: 'cuda', amp: 'float16' } as const,
  'resnet18, fp32, CPU': { ...resnet18, model: 'resnet18', device: 'cpu' } as const,
  'resnet18, AMP, CPU': { ...resnet18, model: 'resnet18', device: 'cpu', amp: 'bfloat16' } as const,
  'resnet18, fp32, CUDA': { ...resnet18, model: 'resnet18', device: 'cuda' } as const,
  'resnet18, AMP, CUDA': { ...resnet18, model: 'resnet18', device: 'cuda', amp: 'float16' } as const,
})
const gpu = { gpu: 1 } as const
export const gpuArms = { 'nirschl, fp32, CUDA': gpu, 'nirschl, AMP, CUDA': gpu, 'resnet18, fp32, CUDA': gpu, 'resnet18, AMP, CUDA': gpu }

/** Trainings of a sweep, alike but for their seeds. */
export const seeds = (count: number) => ({
  holdout: 0,
  sweep: { base: { epochs: 3, patches: 12 }, grid: { seed: Array.from({ length: count }, (_, seed) => seed) } },
})
