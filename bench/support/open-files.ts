/** A prefix for children that open many sockets: raises the limit of open files, or says that it cannot. */
export function withOpenFiles(count: number): string[] {
  const complaint = `this benchmark needs ${count} open files in one process: raise the hard limit (ulimit -Hn)`;
  return ['sh', '-c', `ulimit -n ${count} || { echo '${complaint}' >&2; exit 1; }; exec "$@"`, 'sh'];
}
