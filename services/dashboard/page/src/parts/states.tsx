import type { ComponentChildren } from 'preact';
import type { Problem } from '../client.ts';
import { askAgain } from '../live.ts';
import { choose } from '../route.ts';
import { period } from '../scope.ts';

export function Skeleton({ height = 160 }: { height?: number }) {
  return (
    <div class="skeleton" style={{ minHeight: `${height}px` }} role="status">
      <span class="unseen">Loading</span>
    </div>
  );
}

export function Trouble({ problem }: { problem: Problem }) {
  if (problem.retry_after_s !== undefined)
    return (
      <div class="state" role="status">
        <strong>{problem.title}</strong>
        <p>So many events take minutes the first time. The numbers appear here by themselves.</p>
      </div>
    );
  return (
    <div class="state state-trouble" role="alert">
      <strong>{problem.title}</strong>
      <p>{problem.detail}</p>
      <button type="button" class="button" onClick={askAgain}>
        Try again
      </button>
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return (
    <div class="state">
      <p>{children}</p>
      {period.value !== 'all' && (
        <button
          type="button"
          class="button"
          onClick={() => choose({ period: undefined, from: undefined, to: undefined })}
        >
          Show all time
        </button>
      )}
    </div>
  );
}

/** A number, or a dash that says why there is none. */
export function Figure({ text, why = 'nothing to divide by' }: { text: string; why?: string }) {
  return text === '–' ? (
    <span class="none" title={why}>
      –<span class="unseen"> ({why})</span>
    </span>
  ) : (
    <span>{text}</span>
  );
}
