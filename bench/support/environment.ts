import { cpus, release, totalmem, type } from 'node:os';

/** On what a benchmark ran. */
export interface Environment {
  /** `20.20.2` */
  node: string;
  cpus: number;
  cpu: string;
  memoryGiB: number;
  os: string;
  /** Left out where the benchmark has none. */
  mariadb?: string;
  redis?: string;
}

export function readEnvironment(services: { mariadb?: string; redis?: string }): Environment {
  const all = cpus();
  return {
    node: process.versions.node,
    cpus: all.length,
    cpu: all[0]?.model.trim() || 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    ...services,
  };
}

/** Node's major version: `20` */
export function majorOf({ node }: Pick<Environment, 'node'>): string {
  return node.split('.')[0] ?? '';
}

export function environmentText({ node, cpus: count, cpu, memoryGiB, os, mariadb, redis }: Environment): string {
  const services = [mariadb && `MariaDB ${mariadb}`, redis && `Redis ${redis}`].filter(Boolean);
  return [`Node ${node}`, `${count} CPUs (${cpu})`, `${memoryGiB} GiB`, os, ...services].join(', ');
}
