import { useEffect, useRef } from 'preact/hooks';
import { keyNeeded, signedIn, signOut } from '../client.ts';
import { clock } from '../format.ts';
import { askAgain, asOf, trouble } from '../live.ts';
import { choose, href, route } from '../route.ts';
import { brand, brands, current } from '../scope.ts';
import { nextTheme, theme } from '../theme.ts';
import { pages } from '../views/pages.ts';

const themeNames = { auto: 'as the system', light: 'light', dark: 'dark' } as const;
const themeSigns = { auto: '◐', light: '☀', dark: '☾' } as const;

export function Header() {
  return (
    <header class="top">
      <a class="logo" href={href('overview')}>
        <Grape />
        <span>Grapevine</span>
      </a>
      <div class="top-right">
        {brands.value.length > 1 && keyNeeded.value === 'no' ? (
          <BrandChoice />
        ) : (
          <span class="brand-name">{current.value?.name}</span>
        )}
        <button type="button" class="icon" onClick={nextTheme} title={`Colours: ${themeNames[theme.value]}`}>
          <span aria-hidden="true">{themeSigns[theme.value]}</span>
          <span class="unseen">Colours: {themeNames[theme.value]}</span>
        </button>
        {signedIn() && keyNeeded.value === 'no' && (
          <button type="button" class="button" onClick={signOut}>
            Sign out
          </button>
        )}
      </div>
    </header>
  );
}

function BrandChoice() {
  return (
    <label class="choice">
      <span class="unseen">Brand</span>
      <select value={brand.value} onChange={(event) => choose({ brand: event.currentTarget.value })}>
        {brands.value.map((one) => (
          <option key={one.brand_id} value={one.brand_id}>
            {one.name || one.brand_id}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Navigation() {
  const nav = useRef<HTMLElement>(null);
  const { page: here } = route.value;
  // On a phone it scrolls, and the page one is on is to be seen.
  useEffect(() => {
    const link = nav.current?.querySelector<HTMLElement>('[aria-current]');
    if (nav.current && link)
      nav.current.scrollLeft = link.offsetLeft - (nav.current.clientWidth - link.offsetWidth) / 2;
  }, [here]);
  return (
    <nav class="nav" aria-label="Pages" ref={nav}>
      <ul>
        {pages.map(({ page, title }) => (
          <li key={page}>
            <a href={href(page)} aria-current={here === page ? 'page' : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Whether the numbers are fresh; said once for the whole page. */
export function Status() {
  const problem = trouble.value;
  if (problem)
    return (
      <div class="status status-trouble" role="status">
        <span class="dot" aria-hidden="true" />
        {problem.title}. The numbers are of {asOf.value ? clock(asOf.value) : 'an earlier moment'}.
        <button type="button" class="button" onClick={askAgain}>
          Try again
        </button>
      </div>
    );
  return (
    <div class="status">
      <span class="dot" aria-hidden="true" />
      {asOf.value ? (
        <span>
          Live · as of <time dateTime={asOf.value.toISOString()}>{clock(asOf.value)}</time>
        </span>
      ) : (
        'Connecting'
      )}
    </div>
  );
}

function Grape() {
  return (
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <path d="M16 9c0-4 3-6 7-6-1 4-3 6-7 6Z" class="leaf" />
      <g class="berries">
        <circle cx="10" cy="13" r="4.2" />
        <circle cx="18.5" cy="13" r="4.2" />
        <circle cx="14.2" cy="19.5" r="4.2" />
        <circle cx="22.7" cy="19.5" r="4.2" />
        <circle cx="18.5" cy="26" r="4.2" />
      </g>
    </svg>
  );
}
