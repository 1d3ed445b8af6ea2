import { register } from 'tsx/esm/api';

register();
await import('../services/cli/main.ts');
