import { effect, signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';
const themes: readonly Theme[] = ['auto', 'light', 'dark'];
const kept = localStorage.getItem('grapevine.theme');
const system = matchMedia('(prefers-color-scheme: dark)');

export const theme = signal<Theme>(themes.find((name) => name === kept) ?? 'auto');
/** What is shown now: charts draw themselves again when it changes. */
export const shown = signal<'light' | 'dark'>('light');

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'auto';
}

export function applyTheme(): void {
  const settle = () => {
    shown.value = theme.value === 'auto' ? (system.matches ? 'dark' : 'light') : theme.value;
    document.documentElement.dataset.theme = shown.value;
  };
  system.addEventListener('change', settle);
  effect(() => {
    localStorage.setItem('grapevine.theme', theme.value);
    settle();
  });
}
