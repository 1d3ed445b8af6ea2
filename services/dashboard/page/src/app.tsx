import { useEffect, useRef } from 'preact/hooks';
import { keyNeeded } from './client.ts';
import { useLive } from './live.ts';
import { Header, Navigation, Status } from './parts/shell.tsx';
import { SignIn } from './parts/sign-in.tsx';
import { SqlDialog } from './parts/sql-dialog.tsx';
import { Skeleton, Trouble } from './parts/states.tsx';
import { choose, place, route } from './route.ts';
import { type Brand, brands, current } from './scope.ts';
import { pageOf } from './views/pages.ts';

export function App() {
  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('main h1')?.focus()}>
        Skip to the content
      </button>
      <Header />
      {keyNeeded.value === 'no' ? <Inside /> : <SignIn />}
      <SqlDialog />
    </>
  );
}

function Inside() {
  const live = useLive<{ brands: Brand[] }>('brands', 10_000);
  const known = live.body.value?.brands;
  useEffect(() => {
    if (known) brands.value = known;
  }, [known]);
  return (
    <div class="shell">
      <Navigation />
      <main id="content" tabIndex={-1}>
        {!known && (live.problem.value ? <Trouble problem={live.problem.value} /> : <Skeleton height={320} />)}
        {known?.length === 0 && <NoBrand />}
        {known && known.length > 0 && !current.value && <StrangeBrand brands={known} />}
        {known && current.value && <Page key={`${current.value.brand_id}/${place.value}`} />}
        <Status />
      </main>
    </div>
  );
}

/** The page of the address. The heading takes the focus when the page changes, so that a screen reader says where it is. */
function Page() {
  const { page, id } = route.value;
  const { title, View } = pageOf(page, id);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Grapevine`;
    if (visited > 0) {
      scrollTo(0, 0);
      heading.current?.focus({ preventScroll: true });
    }
    visited += 1;
  }, [title]);
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <View id={id} />
    </>
  );
}
let visited = 0;

/** An address that somebody shared must not show another brand's numbers. */
function StrangeBrand({ brands }: { brands: Brand[] }) {
  return (
    <div class="state">
      <strong>There is no such brand here</strong>
      <p>The address names a brand that this key does not read. There is:</p>
      <ul>
        {brands.map(({ brand_id, name }) => (
          <li key={brand_id}>
            <button type="button" onClick={() => choose({ brand: brand_id })}>
              {name || brand_id}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function NoBrand() {
  return (
    <div class="state">
      <strong>No brand yet</strong>
      <p>
        Send the record of a brand and its events:{' '}
        <code>npx grapevine run events.ndjson --reference reference.yaml</code>, or start the sample with{' '}
        <code>npm start</code>. This page fills by itself.
      </p>
    </div>
  );
}
