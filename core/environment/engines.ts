/** Programs that run containers, in the order in which they are looked for. */
export const engines = ['podman', 'docker', 'apptainer'] as const
export type Engine = (typeof engines)[number]
