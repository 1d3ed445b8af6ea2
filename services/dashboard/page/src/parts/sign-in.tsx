import { useState } from 'preact/hooks';
import { keyNeeded, signIn } from '../client.ts';

export function SignIn() {
  const [text, setText] = useState('');
  const refused = keyNeeded.value === 'refused';
  return (
    <main class="sign-in">
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) signIn(text);
        }}
      >
        <h1 tabIndex={-1}>Sign in</h1>
        <p class="muted">
          This dashboard opens with a key of your brand. Whoever runs Grapevine makes one with{' '}
          <code>grapevine keys</code>; it begins with <code>gv_</code>.
        </p>
        <label for="key">Key</label>
        <input
          id="key"
          type="password"
          autocomplete="current-password"
          required
          value={text}
          aria-invalid={refused}
          aria-describedby="key-note"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <p id="key-note" class={refused ? 'fault' : 'muted'} role={refused ? 'alert' : undefined}>
          {refused
            ? 'This key is not known, or was taken back. Check it, or ask for a new one.'
            : 'It is kept in this tab only, until you close it.'}
        </p>
        <button type="submit" class="button button-strong">
          Open
        </button>
      </form>
    </main>
  );
}
