import { Presets, SingleBar } from 'cli-progress';
import type { PruneProgress } from '../action/prune/prune.ts';

/** Shows how far a run has come, and ends showing it. */
export interface ShownProgress {
  tell(progress: PruneProgress): void;
  end(): void;
}

/** A bar on a terminal; elsewhere a line for each archive and each tenth of the way. */
export function shownProgress(to: { write(text: string): unknown }): ShownProgress {
  return 'isTTY' in to && to.isTTY === true ? bar(to as unknown as NodeJS.WriteStream) : lines(to);
}

function bar(stream: NodeJS.WriteStream): ShownProgress {
  const shown = new SingleBar(
    {
      stream,
      format: 'pruning {bar} {percentage}% | {value} of {total} | archived {archived} | {eta_formatted} to go',
    },
    Presets.shades_classic,
  );
  let begun = false;
  return {
    tell({ total, deleted, archived }) {
      if (begun) shown.setTotal(total);
      else shown.start(total, deleted, { archived });
      begun = true;
      shown.update(deleted, { archived });
    },
    end: () => shown.stop(),
  };
}

function lines(to: { write(text: string): unknown }): ShownProgress {
  let file: string | undefined;
  let tenths = 0;
  return {
    tell(progress) {
      const { total, deleted } = progress;
      if (progress.file !== file && progress.file !== undefined) to.write(`archived ${progress.file}\n`);
      file = progress.file;
      const now = total === 0 ? 0 : Math.floor((10 * deleted) / total);
      if (now > tenths) to.write(`deleted ${deleted} of ${total}\n`);
      tenths = now;
    },
    end: () => undefined,
  };
}
