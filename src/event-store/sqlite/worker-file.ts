/**
 * The file of a worker's compiled module. Under a test runner the caller is TypeScript source, which a worker thread
 * cannot load: the build's output stands beside it.
 */
export function workerFile(callerUrl: string, name: string): URL {
  const url = new URL(`./${name}.js`, callerUrl);
  return new URL(url.href.replace(/\/src\/((event-store\/sqlite|projections)\/[^/]*)$/, '/dist/$1'));
}
