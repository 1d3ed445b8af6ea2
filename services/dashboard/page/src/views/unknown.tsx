import { href } from '../route.ts';

export function Unknown() {
  return (
    <div class="state">
      <p>There is nothing at this address.</p>
      <a class="button" href={href('overview')}>
        Go to the overview
      </a>
    </div>
  );
}
