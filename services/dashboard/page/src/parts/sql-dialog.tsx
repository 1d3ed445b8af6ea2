import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

const shown = signal<{ title: string; sql: string } | undefined>(undefined);
export function showSql(title: string, sql: string): void {
  shown.value = { title, sql };
}

/** The query behind a panel, to be copied and changed. One dialog for the whole page. */
export function SqlDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const copied = useRef<HTMLButtonElement>(null);
  const what = shown.value;
  useEffect(() => {
    if (what && !dialog.current?.open) dialog.current?.showModal();
  }, [what]);
  useEffect(() => {
    const close = () => dialog.current?.close();
    addEventListener('hashchange', close); // it belongs to the page that was left
    return () => removeEventListener('hashchange', close);
  }, []);
  const copy = async () => {
    await navigator.clipboard.writeText(what?.sql ?? '').then(
      () => say('Copied'),
      () => say('Select the text and copy it'),
    );
  };
  const say = (text: string) => {
    if (copied.current) copied.current.textContent = text;
  };
  return (
    <dialog
      ref={dialog}
      class="sql"
      aria-labelledby="sql-title"
      onClose={() => {
        shown.value = undefined;
        say('Copy');
      }}
    >
      <h2 id="sql-title">{what?.title}: the query</h2>
      <p class="muted">
        Run it with <code>grapevine query</code>, or in any tool that speaks to ClickHouse.
      </p>
      <section class="sql-text" aria-label="SQL" tabIndex={0}>
        <pre>{what?.sql}</pre>
      </section>
      <div class="sql-foot">
        <button type="button" class="button button-strong" ref={copied} onClick={copy}>
          Copy
        </button>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
